//! RK0603 and RK0604: what was put into files of the user's.

use super::findings::Findings;
use super::project::Subject;
use super::unreadable;
use crate::edit;
use crate::lockfile::LockedFile;
use crate::plan::{State, block_states, by_file};
use crate::types::{Code, FileKind, Files, LOCK, Level};

/// The bytes that blocks are looked for in, each time. No project comes near; it bounds what a lock can cost.
const MOST_SEARCHED: usize = 32 << 20;

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let mut searched = 0;
    let files = subject.lock.modules.iter().flat_map(|m| by_file(&m.files));
    for blocks in files.filter(|records| records[0].kind == FileKind::Block) {
        for block in blocks {
            compared_whole(block, findings);
        }
        let path = &blocks[0].path;
        let size = subject.project.text(path).ok().flatten();
        searched += size.map_or(0, |text| text.len()) * blocks.len();
        if searched > MOST_SEARCHED {
            let reason = "too much text to look for so many blocks in";
            let finding = unreadable(findings.root, path.as_str(), reason);
            findings.add(finding);
            continue;
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
    match code {
        // Which one is the user's to say.
        Code::BlockDoubled => {
            let fix = format!("take out all but one in {}", finding.file());
            findings.add(finding.fix(fix));
        }
        _ => findings.add_fixed_here(finding, "lock --overwrite"),
    }
}

fn name(record: &LockedFile) -> &str {
    record.name.as_deref().unwrap_or_default()
}
