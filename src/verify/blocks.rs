//! RK0603 and RK0604: what was put into files of the user's.

use super::findings::Findings;
use super::project::Subject;
use crate::edit;
use crate::lockfile::LockedFile;
use crate::plan::{State, block_states, by_file};
use crate::types::{Code, FileKind, LOCK, Level};

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let files = subject.lock.modules.iter().flat_map(|m| by_file(&m.files));
    for blocks in files.filter(|records| records[0].kind == FileKind::Block) {
        for block in blocks {
            compared_whole(block, findings);
        }
        match block_states(subject.project, blocks) {
            Ok(states) => {
                for (block, state) in blocks.iter().zip(states) {
                    match state {
                        State::Unchanged => {}
                        State::Doubled => {
                            stands(block, Code::BlockDoubled, "more than one", findings);
                        }
                        _ => stands(block, Code::BlockMissing, "none", findings),
                    }
                }
            }
            Err(problem) => {
                for block in blocks {
                    stands(block, Code::BlockMissing, &problem.message, findings);
                }
            }
        }
    }
}

fn compared_whole(record: &LockedFile, findings: &mut Findings) {
    let text = record.text.as_deref().unwrap_or_default();
    if edit::is_compared_whole(record.path.file_name(), text) {
        return;
    }
    let finding = findings
        .about(Code::LockNotCanonical, Level::Finding, LOCK)
        .expected("only what is compared")
        .actual(format!(
            "the block `{}` of {} holds what is not: a comment, a lone bracket, other white space",
            name(record),
            record.path
        ))
        .fix_path("git restore --");
    findings.add(finding);
}

fn stands(record: &LockedFile, code: Code, actual: &str, findings: &mut Findings) {
    let finding = findings
        .about(code, Level::Warning, record.path.as_str())
        .expected(format!("one block `{}`", name(record)))
        .actual(actual);
    findings.add_fixed_here(finding, "lock --overwrite");
}

fn name(record: &LockedFile) -> &str {
    record.name.as_deref().unwrap_or_default()
}
