//! RK0603 and RK0604: what was put into files of the user's.

use super::findings::Findings;
use super::project::Subject;
use crate::edit;
use crate::plan::{State, state_of};
use crate::types::{Code, FileKind, LOCK, Level};

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    for record in subject.records(FileKind::Block) {
        let path = record.path.as_str();
        let name = record.name.as_deref().unwrap_or_default();
        let text = record.text.as_deref().unwrap_or_default();
        if !edit::is_compared_whole(record.path.file_name(), text) {
            let finding = findings
                .about(Code::LockNotCanonical, Level::Finding, LOCK)
                .expected("only what is compared")
                .actual(format!(
                    "the block `{name}` of {path} holds what is not: a comment, a lone bracket, other white space"
                ))
                .fix_path("git restore --");
            findings.add(finding);
        }
        let (code, actual) = match state_of(subject.project, record) {
            Ok(State::Unchanged) => continue,
            Ok(State::Doubled) => (Code::BlockDoubled, "more than one".to_owned()),
            Ok(_) => (Code::BlockMissing, "none".to_owned()),
            Err(problem) => (Code::BlockMissing, problem.message),
        };
        let finding = findings
            .about(code, Level::Warning, path)
            .expected(format!("one block `{name}`"))
            .actual(actual);
        findings.add_fixed_here(finding, "lock --overwrite");
    }
}
