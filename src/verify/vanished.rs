//! RK0704: projects and modules that were there at the baseline and are not found any more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::find::{TOOL_MARKS, TOOLS};
use super::{Kind, Setting, baseline, find};
use crate::git::Revision;
use crate::module::SUMS;
use crate::types::{CACHE_SIGNATURE, CACHE_TAG, Code, Finding, LOCK, Level, Problem};

/// Adds what was in `directory/start` or below at the baseline and is not in `roots`.
pub(super) fn check(
    directory: &Path,
    start: &Path,
    roots: &[(PathBuf, Kind)],
    setting: &Setting,
    findings: &mut Vec<Finding>,
) {
    let Some(name) = &setting.baseline else {
        return;
    };
    let (start, top) = find::place(directory, start);
    let revisions = match Revision::every(&top, name) {
        Ok(revisions) => revisions,
        // A root that is there says so itself.
        Err(_) if roots.iter().any(|(root, _)| *root == start) => return,
        Err(problem) => return findings.push(unknown(&start, setting, &problem)),
    };
    for revision in revisions {
        match revision.files(is_telling) {
            Ok(files) => gone(&revision, &files, &start, roots, findings),
            Err(problem) => findings.push(unknown(&start, setting, &problem)),
        }
    }
}

fn gone(
    revision: &Revision,
    files: &[PathBuf],
    start: &Path,
    roots: &[(PathBuf, Kind)],
    findings: &mut Vec<Finding>,
) {
    let passed_over: BTreeSet<&Path> = files
        .iter()
        .filter(|path| ends_with_any(path, &TOOL_MARKS) && is_mark(revision, path))
        .filter_map(|path| path.parent())
        .collect();
    for (root, kind) in files.iter().filter_map(|path| root_of(path)) {
        let mut above = root.ancestors().filter(|path| *path != Path::new(""));
        let is_hidden = above.any(|path| passed_over.contains(path) || ends_with_any(path, &TOOLS));
        let root = match root.as_os_str().is_empty() {
            true => start.to_owned(),
            false => start.join(root),
        };
        if is_hidden
            || roots
                .iter()
                .any(|(other, is)| *other == root && *is == kind)
        {
            continue;
        }
        let path = match kind {
            Kind::Project => ".rapidkit",
            Kind::Module => SUMS,
        };
        let finding = Finding::new(Code::Vanished, Level::Finding, &root, path)
            .expected(format!("a {}, as at the baseline", kind.name()))
            .actual("none")
            .fix_path(&format!("git restore --source={} --", revision.commit()));
        findings.push(finding);
    }
}

/// Whether a file says where something is to be verified, or that nothing is.
fn is_telling(path: &Path) -> bool {
    root_of(path).is_some() || ends_with_any(path, &TOOL_MARKS)
}

/// Whether a file of a mark's name was one. What cannot be read says nothing.
fn is_mark(revision: &Revision, path: &Path) -> bool {
    let text = || revision.read(path.to_str()?).ok()?;
    !path.ends_with(CACHE_TAG)
        || text().is_some_and(|text| text.starts_with(CACHE_SIGNATURE.as_bytes()))
}

fn root_of(path: &Path) -> Option<(&Path, Kind)> {
    let (marker, kind) = match path.ends_with(LOCK) {
        true => (LOCK, Kind::Project),
        false => (SUMS, Kind::Module),
    };
    let root = path
        .ancestors()
        .nth(Path::new(marker).components().count())?;
    path.ends_with(marker).then_some((root, kind))
}

fn ends_with_any(path: &Path, names: &[&str]) -> bool {
    names.iter().any(|name| path.ends_with(name))
}

fn unknown(start: &Path, setting: &Setting, problem: &Problem) -> Finding {
    let level = match setting.release {
        true => Level::Unchecked,
        false => Level::Info,
    };
    Finding::new(Code::NoBaseline, level, start, "")
        .expected("a baseline, to see what is gone")
        .actual(problem.to_string())
        .fix(baseline::fix(problem))
}
