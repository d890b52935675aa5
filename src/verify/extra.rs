//! RK0303: what lies under `.rapidkit/` and is not recorded. Nothing is too small: a dot file, an empty directory, another
//! version's directory.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::findings::Findings;
use super::project::Subject;
use super::unreadable;
use crate::lockfile::LockedModule;
use crate::plan::{Core, PENDING};
use crate::project::{Found, FoundKind, STAGING};
use crate::types::{Code, FileKind, LOCK, LOCK_SIGNATURE, Level, shown};

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let files = subject
        .records(FileKind::Vendor)
        .map(|record| record.path.as_str());
    let files: HashSet<&OsStr> = files
        .chain([LOCK, LOCK_SIGNATURE])
        .map(OsStr::new)
        .collect();
    let directories = directories(subject);
    let corners = corners(subject);
    let adopted = adopted(subject);
    let mut not_ours = 0;
    for found in subject.found {
        // What an interrupted run left, and an upgrade that waits, have their own codes.
        let path = found.path.as_path();
        let has_code = path.starts_with(STAGING) || path.starts_with(PENDING);
        if files.contains(path.as_os_str()) || has_code {
            continue;
        }
        if directories.contains(path.as_os_str()) {
            if let FoundKind::Other(what) = found.kind {
                let finding = findings
                    .about(Code::VendorNotAFile, Level::Finding, path)
                    .expected("a directory")
                    .actual(what)
                    .fix_path("git restore --");
                findings.add(finding);
                continue;
            }
            if matches!(found.kind, FoundKind::Directory { .. }) {
                continue;
            }
        }
        let lies_in = |trees: &[PathBuf]| trees.iter().any(|tree| found.path.starts_with(tree));
        if subject.lock.core && (!lies_in(&corners) || lies_in(&adopted)) {
            not_ours += usize::from(!matches!(found.kind, FoundKind::Directory { .. }));
            continue;
        }
        report(found, &files, findings);
    }
    if not_ours > 0 {
        let finding = findings
            .about(Code::NotOurs, Level::Info, ".rapidkit")
            .expected("checked by RapidKit Core")
            .actual(format!("{not_ours} files"));
        findings.add(finding);
    }
}

/// The directories that files of ours lie in.
fn directories<'a>(subject: &'a Subject) -> HashSet<&'a OsStr> {
    let files = subject.records(FileKind::Vendor);
    let mut directories = HashSet::new();
    for mut path in files.map(|record| record.path.as_str()).chain([LOCK]) {
        while let Some((parent, _)) = path.rsplit_once('/') {
            // Where one is known, all above it are.
            if !directories.insert(OsStr::new(parent)) {
                break;
            }
            path = parent;
        }
    }
    directories
}

fn report(found: &Found, expected: &HashSet<&OsStr>, findings: &mut Findings) {
    let actual = match &found.kind {
        // What is in it is reported.
        FoundKind::Directory { empty: false } => return,
        FoundKind::Directory { empty: true } => "an empty directory".to_owned(),
        FoundKind::File { .. } => "a file".to_owned(),
        FoundKind::Other(what) => (*what).to_owned(),
        FoundKind::Unreadable(reason) => {
            let finding = unreadable(findings.root, &found.path, reason);
            return findings.add(finding.fix_path("rm -r --"));
        }
    };
    let lower = |path: &OsStr| path.to_string_lossy().to_lowercase();
    let name = lower(found.path.as_os_str());
    let twin = expected
        .iter()
        .filter(|path| lower(path) == name)
        .min()
        .map(Path::new);
    let actual = match twin {
        Some(twin) => format!("{actual} named like {} but for letter case", shown(twin)),
        None => actual,
    };
    let command = match found.kind {
        FoundKind::Directory { .. } => "rmdir --",
        _ => "rm --",
    };
    let finding = findings
        .about(Code::Extra, Level::Finding, &found.path)
        .expected("nothing there")
        .actual(actual)
        .fix_path(command);
    findings.add(finding);
}

/// Where RapidKit Core keeps nothing of its own: the vendor trees of our modules.
fn corners(subject: &Subject) -> Vec<PathBuf> {
    vendor_trees(subject).map(|(_, tree)| tree).collect()
}

/// Where it does all the same: what it copied of its own module of the same name, which was adopted.
fn adopted(subject: &Subject) -> Vec<PathBuf> {
    let ours: Vec<PathBuf> = vendor_trees(subject)
        .map(|(module, tree)| tree.join(module.version.to_string()))
        .collect();
    vendor_trees(subject)
        .flat_map(|(module, tree)| {
            // What cannot be read excuses nothing.
            let core = Core::read(subject.project, &module.target, module.name());
            let versions = core.map_or_else(|_| BTreeSet::new(), |core| core.versions);
            versions
                .into_iter()
                .map(move |version| tree.join(version.to_string()))
        })
        .filter(|tree| !ours.contains(tree))
        .collect()
}

fn vendor_trees<'a>(subject: &'a Subject) -> impl Iterator<Item = (&'a LockedModule, PathBuf)> {
    subject.lock.modules.iter().map(|module| {
        let tree = Path::new(".rapidkit/vendor").join(module.name());
        (module, tree)
    })
}
