//! RK08: what an interrupted run left, and an upgrade that waits.

use super::findings::Findings;
use crate::plan::PENDING;
use crate::project::{Project, Recovered, STAGING};
use crate::types::{Code, Files as _, Level, ProjectPath};

pub(super) fn check(project: &Project, findings: &mut Findings) {
    let waiting = ProjectPath::existing(PENDING).map(|path| project.exists(&path));
    if !matches!(waiting, Ok(Ok(false))) {
        let finding = findings
            .about(Code::Waiting, Level::Finding, PENDING)
            .expected("nothing there")
            .actual("an upgrade whose conflicts are not resolved");
        findings.add_fixed_here(finding, "upgrade --continue");
    }
    let (code, actual) = match project.pending() {
        None => return,
        Some(Recovered::Finished) => (Code::Interrupted, "a run that has committed"),
        Some(Recovered::Discarded) => (Code::LeftOver, "a run that has not committed"),
    };
    let finding = findings
        .about(code, Level::Finding, STAGING)
        .expected("nothing there")
        .actual(actual);
    findings.add(finding.fix("run the command that was interrupted again"));
}
