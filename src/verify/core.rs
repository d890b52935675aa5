//! RK0107: whether RapidKit Core manages the project too. Where it does, only our own corner of `.rapidkit/` is judged, so
//! nobody may make that up.

use super::findings::Findings;
use super::project::Subject;
use crate::plan::is_core;
use crate::types::{CORE_PROJECT, Code, LOCK, Level};

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let says = |core: bool| {
        if core {
            "a project of RapidKit Core's"
        } else {
            "no project of RapidKit Core's"
        }
    };
    match is_core(subject.project) {
        Ok(actual) if actual == subject.lock.core => {}
        Ok(actual) => {
            let path = if actual { CORE_PROJECT } else { LOCK };
            let finding = findings
                .about(Code::LockCore, Level::Finding, path)
                .expected(format!("{}, as the lock says", says(subject.lock.core)))
                .actual(says(actual));
            findings.add_fixed_here(finding, "lock --overwrite");
        }
        Err(problem) => {
            let finding = super::unreadable(findings.root, CORE_PROJECT, &problem.message);
            findings.add(finding);
        }
    }
}
