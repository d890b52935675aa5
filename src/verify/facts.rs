//! RK0503: what was read off the project when it was generated still holds.

use super::findings::Findings;
use super::project::Subject;
use crate::plan::{framework, target};
use crate::types::{Code, Level};

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    for locked in &subject.lock.modules {
        // What is unknown cannot be rendered, which is reported.
        let Ok(framework) = framework(&locked.framework) else {
            continue;
        };
        let Ok(target) = target(framework, locked) else {
            continue;
        };
        let about = |findings: &Findings| {
            findings.about(Code::FactsDiffer, Level::Warning, locked.target.as_str())
        };
        let facts = match framework.pre_generation(subject.project, &target) {
            Ok(facts) => facts,
            Err(problem) => {
                let finding = about(findings)
                    .expected(format!("an application of {}", locked.framework))
                    .actual(problem.to_string());
                findings.add_fixed_here(finding, "upgrade");
                continue;
            }
        };
        for (name, recorded) in &locked.facts {
            let now = facts.get(name);
            if now != Some(recorded) {
                let now = now.map_or("nothing".to_owned(), ToString::to_string);
                let finding = about(findings)
                    .expected(format!("{name}: {recorded}"))
                    .actual(format!("{name}: {now}"));
                findings.add_fixed_here(finding, "upgrade");
            }
        }
    }
}
