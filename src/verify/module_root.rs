//! RK04: a module in its root.

use std::path::{Path, PathBuf};

use super::findings::Findings;
use super::{Checked, Kind, Setting, baseline, signature};
use crate::module::{Module, SUMS, Sums, from_directory, is_read_by_generation};
use crate::project::Project;
use crate::signature::Namespace;
use crate::types::{Code, ContentHash, Finding, Level, ProjectPath, shown};

pub(super) fn check(directory: &Path, root: &Path, setting: &Setting) -> (Checked, Vec<Finding>) {
    let mut checked = Checked {
        root: match shown(root) {
            text if text.is_empty() => ".".to_owned(),
            text => text,
        },
        kind: Kind::Module,
        modules: Vec::new(),
        signer: None,
    };
    let mut findings = Findings::new(root, setting.release);
    let path = match directory.join(root) {
        path if path.as_os_str().is_empty() => PathBuf::from("."),
        path => path,
    };
    if let Ok(project) = Project::open(&path) {
        checked.signer =
            signature::check(&project, SUMS, Namespace::Module, setting, &mut findings);
    }
    if let Some(module) = held_against_sums(&path, &mut findings) {
        let manifest = &module.manifest;
        checked.modules = vec![crate::types::shown_text(&format!(
            "{} {}",
            manifest.slug.value, manifest.version.value
        ))];
        baseline::module(&path, &module, setting, &mut findings);
    }
    (checked, findings.sorted())
}

/// Reads the module and holds its files against its sums.
pub(super) fn held_against_sums(path: &Path, findings: &mut Findings) -> Option<Module> {
    let module = load(path, findings)?;
    if let Some(recorded) = &module.recorded {
        compare(&module.actual, recorded, findings);
    }
    Some(module)
}

/// Reads the module. Faulty sums are a finding of their own and keep nothing else from being checked.
fn load(path: &Path, findings: &mut Findings) -> Option<Module> {
    let invalid = |findings: &mut Findings, problem: &crate::types::Problem| {
        let finding = findings
            .about(Code::ModuleInvalid, Level::Finding, "module.yaml")
            .expected("a module that can be read")
            .actual(problem.to_string());
        match path.join("module.yaml").exists() {
            true => findings.add_fixed_here(finding, "vet"),
            false => findings.add(finding.fix_path("git restore --")),
        }
    };
    let mut files = match from_directory(path) {
        Ok(files) => files,
        Err(problem) => {
            invalid(findings, &problem);
            return None;
        }
    };
    let sums: ProjectPath = SUMS.parse().ok()?;
    let fault = match files.get(&sums).map(|bytes| std::str::from_utf8(bytes)) {
        None => Some("nothing".to_owned()),
        Some(Err(_)) => Some("not UTF-8".to_owned()),
        Some(Ok(text)) => Sums::parse(SUMS, text).err().map(|problem| {
            let label = problem.location.as_ref().map(|at| at.label.clone());
            format!("{problem}: {}", label.unwrap_or_default())
        }),
    };
    if let Some(actual) = fault {
        files.remove(&sums);
        let finding = findings
            .about(Code::SumsMissing, Level::Finding, SUMS)
            .expected("the hash of every file of the module")
            .actual(actual);
        findings.add_fixed_here(finding, "lock --overwrite");
    }
    match Module::load(files) {
        Ok(module) => Some(module),
        Err(problem) => {
            invalid(findings, &problem);
            None
        }
    }
}

fn compare(actual: &Sums, recorded: &Sums, findings: &mut Findings) {
    if (&actual.module, &actual.version) != (&recorded.module, &recorded.version) {
        let finding = findings
            .about(Code::SumsVersion, Level::Finding, SUMS)
            .expected(format!("{} {}", actual.module, actual.version))
            .actual(format!("{} {}", recorded.module, recorded.version));
        findings.add_fixed_here(finding, "lock --overwrite");
    }
    for path in actual.difference(recorded) {
        let hash = |hash: Option<&ContentHash>| {
            hash.map_or("nothing".to_owned(), |hash| format!("sha256 {hash}"))
        };
        let (code, command) = match is_read_by_generation(&path) {
            true if actual.version == recorded.version => (Code::VersionDrift, "vet --bump patch"),
            _ => (Code::SumsMismatch, "lock --overwrite"),
        };
        let finding = findings
            .about(code, Level::Finding, path.as_str())
            .expected(hash(recorded.hashes.get(&path)))
            .actual(hash(actual.hashes.get(&path)));
        findings.add_fixed_here(finding, command);
    }
}
