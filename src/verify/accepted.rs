//! RK06: files of the project, against what the lock accepted. Line endings do not count: the user's own checkout may
//! convert those.

use super::findings::Findings;
use super::project::Subject;
use crate::lockfile::LockedFile;
use crate::plan::{State, normalised, state_of};
use crate::project::Look;
use crate::types::{Code, FileKind, Files, Level};

pub(super) fn generated(subject: &Subject, findings: &mut Findings) {
    for record in subject.records(FileKind::Generated) {
        let path = record.path.as_str();
        match subject.project.look(&record.path) {
            Look::Absent => {
                if let Some(accepted) = record.accepted {
                    let finding = findings
                        .about(Code::GeneratedMissing, Level::Warning, path)
                        .expected(format!("sha256 {accepted}"))
                        .actual("nothing")
                        .fix_path("git restore --");
                    findings.add(finding);
                }
            }
            Look::Directory => not_a_file(path, "a directory", findings),
            Look::Other(what) => not_a_file(path, what, findings),
            Look::File { executable } => {
                if record.accepted.is_some() && executable != record.executable {
                    let says = |executable: bool| match executable {
                        true => "executable",
                        false => "not executable",
                    };
                    let finding = findings
                        .about(Code::GeneratedExecutable, Level::Warning, path)
                        .expected(says(record.executable))
                        .actual(says(executable));
                    findings.add_fixed_here(finding, "lock --overwrite");
                }
                content(subject, record, findings);
            }
        }
    }
}

fn content(subject: &Subject, record: &LockedFile, findings: &mut Findings) {
    let path = record.path.as_str();
    let state = match state_of(subject.project, record) {
        Ok(state) => state,
        Err(problem) => return not_a_file(path, &problem.message, findings),
    };
    let (code, expected) = match (state, record.accepted) {
        (State::Edited, Some(accepted)) => (Code::GeneratedChanged, format!("sha256 {accepted}")),
        (State::Returned, _) => (Code::GeneratedReturned, "nothing there".to_owned()),
        _ => return,
    };
    let text = subject.project.text(&record.path).ok().flatten();
    let actual = text.map_or("unreadable".to_owned(), |text| {
        format!("sha256 {}", normalised(&text))
    });
    let finding = findings
        .about(code, Level::Warning, path)
        .expected(expected)
        .actual(actual);
    findings.add_fixed_here(finding, "lock --overwrite");
}

fn not_a_file(path: &str, what: &str, findings: &mut Findings) {
    let finding = findings
        .about(Code::GeneratedNotAFile, Level::Warning, path)
        .expected("a regular file with text")
        .actual(what)
        .fix_path("git restore --");
    findings.add(finding);
}

/// A seed is the user's alone: only that it is there.
pub(super) fn seeds(subject: &Subject, findings: &mut Findings) {
    for record in subject.records(FileKind::Seed) {
        if subject.project.look(&record.path) == Look::Absent {
            let finding = findings
                .about(Code::SeedMissing, Level::Warning, record.path.as_str())
                .expected("a file")
                .actual("nothing");
            findings.add_fixed_here(finding, "lock --overwrite");
        }
    }
}
