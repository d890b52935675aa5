//! RK08: what an interrupted run left, and an upgrade that waits.

use super::findings::Findings;
use crate::plan::{DESCRIPTION, PENDING};
use crate::project::{Look, Project, Recovered, STAGING};
use crate::types::{Code, Files as _, Level, ProjectPath};

pub(super) fn check(project: &Project, findings: &mut Findings) {
    let waiting = ProjectPath::existing(PENDING).map(|path| project.exists(&path));
    if !matches!(waiting, Ok(Ok(false))) {
        let finding = findings
            .about(Code::Waiting, Level::Finding, PENDING)
            .expected("nothing there")
            .actual("an upgrade whose conflicts are not resolved");
        let described = ProjectPath::existing(DESCRIPTION).map(|path| project.look(&path));
        match described {
            Ok(Look::Absent) => {
                let finding = finding.fix_path("see what you need of it, then rm -r --");
                findings.add(finding);
            }
            _ => findings.add_fixed_here(finding, "upgrade --continue"),
        }
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
    match ProjectPath::existing(STAGING).map(|path| project.look(&path)) {
        // Of all that write, what has nothing to write itself where no answer changes: it accepts no edit and undoes none.
        Ok(Look::Directory) => findings.add_fixed_here(finding, "reconfigure --yes"),
        _ => findings.add(finding.fix_path("rm --")),
    }
}
