//! Holds projects and modules against their locks, their sums, their signatures and a second rendering. Writes nothing.
//!
//! Each check is one function in a file of its own; [`project::CHECKS`] lists them.

mod accepted;
mod baseline;
mod blocks;
mod core;
mod extra;
mod facts;
mod find;
mod findings;
mod lock;
mod module_root;
mod paths;
mod project;
mod render;
mod secrets;
mod signature;
mod transaction;
mod vanished;
mod vendor;
mod vet;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::module::Module;
use crate::plan::Templates;
use crate::types::{Code, Finding, Level, Problem};

pub use signature::Trust;
pub use vet::vet;

/// What is asked of a verification.
pub struct Setting<'a> {
    /// Warnings are findings, and what could not be checked is no success.
    pub release: bool,
    /// What projects are rendered from a second time.
    pub templates: &'a Templates<'a>,
    /// Whom signatures are believed; without, they are only mentioned.
    pub trust: Option<&'a Trust>,
    /// A git revision that versions must not fall behind.
    pub baseline: Option<String>,
}

/// What was looked at, and what was found.
#[derive(Debug, Default)]
pub struct Report {
    /// In the order of their paths.
    pub checked: Vec<Checked>,
    /// In the order of what was checked, then of code and path.
    pub findings: Vec<Finding>,
}

/// A project or a module that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// From where the command was started, as printed.
    pub root: String,
    pub kind: Kind,
    /// `free/database/db_postgres 1.0.0 in crates/api`
    pub modules: Vec<String>,
    /// Who vouches for it, if a signature counts: `release@example.org (SHA256:…)`
    pub signer: Option<String>,
}

/// What a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Module,
    Project,
}

impl Kind {
    /// `module` or `project`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Project => "project",
        }
    }
}

impl Report {
    /// How many findings weigh `level`.
    pub fn count(&self, level: Level) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    }

    /// 0 clean, 1 findings, 2 could not be checked. A finding outweighs what could not be checked.
    pub fn exit(&self) -> u8 {
        if self.count(Level::Finding) > 0 {
            1
        } else if self.count(Level::Unchecked) > 0 || self.checked.is_empty() {
            2
        } else {
            0
        }
    }
}

/// Verifies every module root and project in and below `starts`, paths from `directory`.
///
/// # Errors
/// A start that is no directory, or with nothing to verify in it or below.
pub fn verify(directory: &Path, starts: &[PathBuf], setting: &Setting) -> Result<Report, Problem> {
    let mut findings = Vec::new();
    let mut roots = Vec::new();
    for start in starts {
        let before = (roots.len(), findings.len());
        find::roots(directory, start, setting, &mut roots, &mut findings)?;
        vanished::check(directory, start, &roots, setting, &mut findings);
        if before == (roots.len(), findings.len()) {
            return Err(nothing(directory, start));
        }
    }
    roots.sort();
    roots.dedup();
    findings.sort_by(|a, b| (&a.root, a.code, &a.path).cmp(&(&b.root, b.code, &b.path)));
    let results: Vec<(Checked, Vec<Finding>)> = roots
        .par_iter()
        .map(|(root, kind)| match kind {
            Kind::Module => module_root::check(directory, root, setting),
            Kind::Project => project::check(directory, root, setting),
        })
        .collect();
    let mut report = Report {
        checked: Vec::new(),
        findings,
    };
    for (checked, findings) in results {
        report.checked.push(checked);
        report.findings.extend(findings);
    }
    Ok(report)
}

/// The module to render from, if its own sums vouch for it.
///
/// # Errors
/// It has drifted: what it renders proves nothing.
pub fn trusted(module: &Module) -> Result<(), Problem> {
    module.check_drift()
}

/// A directory that somebody names is there to be verified, also beside others.
fn nothing(directory: &Path, start: &Path) -> Problem {
    let named = match start.as_os_str().is_empty() {
        true => crate::types::shown(directory),
        false => crate::types::shown(start),
    };
    let mut problem = Problem::input(format!(
        "nothing to verify: no project with a lock and no module in {named} or below"
    ))
    .help("run this in a project's root, or name the directory: `rapidkit-pg verify-all DIR`");
    if let Ok(root) = crate::project::find_root(directory)
        && root.path.join(crate::types::LOCK).is_file()
    {
        problem = problem.note(format!(
            "this directory lies inside the project `{}`",
            crate::types::shown(&root.path)
        ));
    }
    problem
}

/// A finding that something could not be read, so not checked.
fn unreadable(root: &Path, path: impl AsRef<Path>, reason: &str) -> Finding {
    Finding::new(Code::Unreadable, Level::Unchecked, root, path)
        .expected("readable")
        .actual(reason)
}
