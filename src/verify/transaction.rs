//! RK08: what an interrupted run left.

use super::findings::Findings;
use crate::project::{Project, Recovered, STAGING};
use crate::types::{Code, Level};

pub(super) fn check(project: &Project, findings: &mut Findings) {
    let (code, actual) = match project.pending() {
        None => return,
        Some(Recovered::Finished) => (Code::Interrupted, "a run that has committed"),
        Some(Recovered::Discarded) => (Code::LeftOver, "a run that has not committed"),
    };
    let finding = findings
        .about(code, Level::Finding, STAGING)
        .expected("nothing there")
        .actual(actual);
    findings.add_fixed_here(finding, "add --yes");
}
