//! RK01: the lock itself.

use super::findings::Findings;
use crate::lockfile::{FORMAT, Lock, LockFault};
use crate::project::{Look, Project};
use crate::types::{Code, Files, LOCK, Level, Problem, ProjectPath};

/// Reads the lock. `None` if nothing can be held against it.
pub(super) fn read(project: &Project, findings: &mut Findings) -> Option<Lock> {
    let path = ProjectPath::existing(LOCK).ok()?;
    match project.look(&path) {
        Look::File { .. } => {}
        Look::Absent => {
            let finding = findings
                .about(Code::LockMissing, Level::Finding, LOCK)
                .expected("a lock")
                .actual("nothing")
                .fix_path("git restore --");
            findings.add(finding);
            return None;
        }
        Look::Directory => return not_a_file(findings, "a directory"),
        Look::Other(what) => return not_a_file(findings, what),
    }
    let text = match project.text(&path) {
        Ok(text) => text?,
        Err(problem) => {
            return not_a_file(findings, &problem.message);
        }
    };
    let lock = match Lock::read(&text) {
        Ok(lock) => lock,
        Err(error) => {
            fault(findings, error.fault, &error.problem);
            return None;
        }
    };
    let records: usize = lock.modules.iter().map(|module| module.files.len()).sum();
    if records == 0 || lock.modules.iter().any(|module| module.files.is_empty()) {
        let finding = findings
            .about(Code::LockEmpty, Level::Finding, LOCK)
            .expected("at least one record a module")
            .actual("none")
            .fix_path("git restore --");
        findings.add(finding);
    }
    Some(lock)
}

fn not_a_file(findings: &mut Findings, what: &str) -> Option<Lock> {
    let finding = findings
        .about(Code::LockUnreadable, Level::Finding, LOCK)
        .expected("a regular file of text")
        .actual(what)
        .fix_path("git restore --");
    findings.add(finding);
    None
}

fn fault(findings: &mut Findings, fault: LockFault, problem: &Problem) {
    let (code, expected) = match fault {
        LockFault::TooLarge => (
            Code::LockUnreadable,
            "at most 4 MiB, 10,000 records and 64 blocks in a file".to_owned(),
        ),
        LockFault::ConflictMarkers => (Code::LockConflict, "a merge that is resolved".to_owned()),
        LockFault::Format => (Code::LockFormat, format!("format {FORMAT}")),
        LockFault::NotCanonical => (Code::LockNotCanonical, "what rapidkit-pg writes".to_owned()),
        LockFault::UnsafePath => (
            Code::UnsafePath,
            "paths below the project's root".to_owned(),
        ),
    };
    let label = problem.location.as_ref().map(|at| at.label.as_str());
    let label = label.filter(|label| !label.is_empty());
    let actual = match label {
        Some(label) => format!("{problem}: {label}"),
        None => problem.to_string(),
    };
    let finding = findings
        .about(code, Level::Finding, LOCK)
        .expected(expected)
        .actual(actual);
    match fault {
        LockFault::ConflictMarkers => {
            let finding = finding.fix_path("git checkout --ours --");
            findings.add_fixed_here(finding, "lock --overwrite");
        }
        _ => findings.add(finding.fix_path("git restore --")),
    }
}
