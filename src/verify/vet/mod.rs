//! `vet`: what can be known of a module without generating anything, and with `--deep` what its own suite sees.

mod deep;
mod documents;
mod hooks;
mod secrets;
mod templates;
mod variables;

use std::path::Path;

use super::findings::Findings;
use super::{Checked, Kind, Report, module_root};
use crate::module::Module;
use crate::plan::Templates;
use crate::types::{Code, Level, Problem};
use templates::Trial;

/// What every check may look at.
struct Subject<'a> {
    module: &'a Module,
    templates: &'a Templates<'a>,
    /// Every rendering that was tried and worked.
    trials: &'a [Trial],
}

type Check = fn(&Subject, &mut Findings);

/// Every check of a module whose templates compile.
const CHECKS: &[Check] = &[
    documents::changelog,
    documents::pages,
    hooks::check,
    secrets::check,
    variables::undeclared,
    variables::unused,
];

/// Vets the module whose root is `directory`; `deep`: its suite is run, too.
///
/// # Errors
/// There is no module.
pub fn vet(directory: &Path, deep: bool) -> Result<Report, Problem> {
    if !directory.join("module.yaml").is_file() {
        return Err(Problem::input("no module here: there is no module.yaml")
            .help("run this in a module's root, or name it: `rapidkit-pg -C DIR vet`"));
    }
    let root = Path::new("");
    // A module is released or it is not: there are no warnings to let pass.
    let mut findings = Findings::new(root, false);
    let mut modules = Vec::new();
    if let Some(module) = module_root::held_against_sums(directory, &mut findings) {
        let manifest = &module.manifest;
        modules.push(format!(
            "{} {}",
            manifest.slug.value, manifest.version.value
        ));
        match Templates::new(&module) {
            Ok(templates) => {
                let trials = templates::check(&templates, &mut findings);
                let subject = Subject {
                    module: &module,
                    templates: &templates,
                    trials: &trials,
                };
                for check in CHECKS {
                    check(&subject, &mut findings);
                }
                if deep {
                    deep::check(directory, &module, &mut findings);
                }
            }
            Err(problem) => fails(&mut findings, &problem, "a template that parses"),
        }
    }
    Ok(Report {
        checked: vec![Checked {
            root: ".".to_owned(),
            kind: Kind::Module,
            modules,
            signer: None,
        }],
        findings: findings.sorted(),
    })
}

fn fails(findings: &mut Findings, problem: &Problem, expected: &str) {
    let at = problem.location.as_deref();
    let label = at.map_or("", |at| at.label.as_str());
    let path = at.map_or("module.yaml", |at| at.path.as_str());
    let finding = findings
        .about(Code::TemplateFails, Level::Finding, path)
        .expected(expected)
        .actual(format!("{problem}: {label}"));
    findings.add(finding);
}
