//! One project, check by check.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::Path;

use rayon::prelude::*;

use super::findings::Findings;
use super::{
    Checked, Kind, Setting, accepted, baseline, blocks, core, extra, facts, lock, paths, render,
    secrets, signature, transaction, unreadable, vendor,
};
use crate::lockfile::{Lock, LockedFile, LockedModule};
use crate::project::{Found, Look, Project};
use crate::signature::Namespace;
use crate::types::{Code, FileKind, Finding, LOCK, Level, Problem, ProjectPath, shown};

/// What every check may look at.
pub(super) struct Subject<'a> {
    pub project: &'a Project,
    pub setting: &'a Setting<'a>,
    pub lock: &'a Lock,
    /// The lock's modules and what the module at hand renders for each; `None` if it is another version.
    pub modules: Vec<Rerendered<'a>>,
    /// All that lies below `.rapidkit/`, recorded files hashed.
    pub found: &'a [Found],
}

pub(super) struct Rerendered<'a> {
    pub locked: &'a LockedModule,
    pub rendering: Option<Result<render::Again, Problem>>,
}

impl Subject<'_> {
    /// The lock's records of a kind.
    pub fn records(&self, kind: FileKind) -> impl Iterator<Item = &LockedFile> {
        self.lock
            .modules
            .iter()
            .flat_map(|module| &module.files)
            .filter(move |file| file.kind == kind)
    }
}

type Check = fn(&Subject, &mut Findings);

/// Every check of a project whose lock can be read.
const CHECKS: &[Check] = &[
    core::check,
    vendor::check,
    extra::check,
    render::check,
    facts::check,
    accepted::generated,
    accepted::seeds,
    blocks::check,
    paths::check,
    secrets::check,
    baseline::check,
];

pub(super) fn check(directory: &Path, root: &Path, setting: &Setting) -> (Checked, Vec<Finding>) {
    let mut checked = Checked {
        root: match shown(root) {
            text if text.is_empty() => ".".to_owned(),
            text => text,
        },
        kind: Kind::Project,
        modules: Vec::new(),
        signer: None,
    };
    let mut findings = Findings::new(root, setting.release);
    let path = directory.join(root);
    let path = match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => &path,
    };
    let project = match Project::open(path) {
        Ok(project) => project,
        Err(problem) => {
            findings.add(unreadable(root, "", &problem.message));
            return (checked, findings.sorted());
        }
    };
    let rapidkit = ProjectPath::existing(".rapidkit").unwrap_or_else(|_| ProjectPath::root());
    let other = match project.look(&rapidkit) {
        Look::File { .. } => Some("a file"),
        Look::Other(what) => Some(what),
        Look::Directory | Look::Absent => None,
    };
    if let Some(what) = other {
        let finding = findings
            .about(Code::VendorNotAFile, Level::Finding, ".rapidkit")
            .expected("a directory")
            .actual(what)
            .fix_path("git restore --");
        findings.add(finding);
        return (checked, findings.sorted());
    }
    transaction::check(&project, &mut findings);
    checked.signer = signature::check(&project, LOCK, Namespace::Lock, setting, &mut findings);
    if let Some(lock) = lock::read(&project, &mut findings) {
        checked.modules = lock.modules.iter().map(describe).collect();
        // By their bytes: to compare paths segment by segment takes as long as to hash files.
        let recorded: HashSet<&OsStr> = lock
            .modules
            .iter()
            .flat_map(|module| &module.files)
            .filter(|file| file.kind == FileKind::Vendor)
            .map(|file| OsStr::new(file.path.as_str()))
            .collect();
        let found = project.survey(&rapidkit, &|path| recorded.contains(path.as_os_str()));
        let subject = Subject {
            project: &project,
            setting,
            lock: &lock,
            modules: lock
                .modules
                .iter()
                .map(|locked| Rerendered {
                    locked,
                    rendering: render::again(setting.templates, locked),
                })
                .collect(),
            found: &found,
        };
        let found = CHECKS.par_iter().map(|check| {
            let mut findings = Findings::new(root, setting.release);
            check(&subject, &mut findings);
            findings
        });
        findings.extend(found.collect());
    }
    (checked, findings.sorted())
}

fn describe(locked: &LockedModule) -> String {
    crate::types::shown_text(&format!(
        "{} {} in {}",
        locked.module, locked.version, locked.target
    ))
}
