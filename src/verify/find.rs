//! Finds what is to be verified.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::{Kind, Setting, unreadable};
use crate::module::SUMS;
use crate::plan::Core;
use crate::project::Project;
use crate::types::{CACHE_SIGNATURE, CACHE_TAG, Finding, Problem, ProjectPath, shown};

/// Adds every module root and project in and below `directory/start`. What cannot be listed is a finding: a project
/// could lie there. Links are not followed.
pub(super) fn roots(
    directory: &Path,
    start: &Path,
    setting: &Setting,
    roots: &mut Vec<(PathBuf, Kind)>,
    findings: &mut Vec<Finding>,
) -> Result<(), Problem> {
    let (start, top) = place(directory, start);
    if !top.is_dir() {
        return Err(Problem::input(format!("no directory `{}`", shown(&start))));
    }
    let below_start =
        |path: &Path| -> PathBuf { start.join(path.strip_prefix(&top).unwrap_or(Path::new(""))) };
    let slug = &setting.templates.module.manifest.slug.value;
    let module = slug.rsplit('/').next().unwrap_or_default();
    let mut walk = WalkDir::new(&top).into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(&top);
                let reason = error
                    .io_error()
                    .map_or("a loop".to_owned(), ToString::to_string);
                findings.push(unreadable(Path::new(""), below_start(path), &reason));
                continue;
            }
        };
        if entry.file_name() == ".rapidkit" && entry.depth() > 0 {
            if is_project(&entry, module)
                && let Some(parent) = entry.path().parent()
            {
                roots.push((below_start(parent), Kind::Project));
            }
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
        } else if entry.file_type().is_dir() && entry.depth() > 0 && is_passed_over(&entry) {
            walk.skip_current_dir();
        } else if MODULE_MARKS.iter().any(|name| entry.file_name() == *name)
            && let Some(parent) = entry.path().parent()
            && is_module(parent)
        {
            roots.push((below_start(parent), Kind::Module));
        }
    }
    Ok(())
}

/// A start without what does not matter in it, and its path: `./a/` and `a` are one place.
pub(super) fn place(directory: &Path, start: &Path) -> (PathBuf, PathBuf) {
    let start: PathBuf = start
        .components()
        .filter(|component| *component != Component::CurDir)
        .collect();
    let top = match directory.join(&start) {
        path if path.as_os_str().is_empty() => PathBuf::from("."),
        path => path,
    };
    (start, top)
}

/// Directories of tools, which hold copies of other people's work, and `.rapidkit` itself.
pub(super) const TOOLS: [&str; 3] = [".git", ".rapidkit", "node_modules"];
/// Files by which other directories of that kind are known.
pub(super) const TOOL_MARKS: [&str; 2] = [CACHE_TAG, "pyvenv.cfg"];

fn is_passed_over(entry: &DirEntry) -> bool {
    TOOLS.iter().any(|name| entry.file_name() == *name)
        || TOOL_MARKS
            .iter()
            .any(|name| is_mark(&entry.path().join(name)))
}

fn is_mark(path: &Path) -> bool {
    if !path.ends_with(CACHE_TAG) {
        return path.is_file();
    }
    let mut head = Vec::new();
    let is_regular = path.symlink_metadata().is_ok_and(|file| file.is_file());
    is_regular
        && File::open(path)
            .and_then(|file| {
                file.take(CACHE_SIGNATURE.len() as u64)
                    .read_to_end(&mut head)
            })
            .is_ok()
        && head == CACHE_SIGNATURE.as_bytes()
}

/// Whether `.rapidkit` is (or stands in the place of) one of a project that we put something into. A bare one is RapidKit
/// Core's cache, one with `project.json` and with nothing of ours is a project of RapidKit Core's alone.
fn is_project(entry: &DirEntry, module: &str) -> bool {
    if !entry.file_type().is_dir() {
        return true;
    }
    let has = |name: &str| stands(&entry.path().join(name));
    let ours = [
        "rapidkit-pg.lock.yaml",
        "rapidkit-pg.lock.yaml.sig",
        ".gitattributes",
        "txn",
    ];
    ours.into_iter().any(has)
        || (has("vendor") && !has("project.json"))
        || has_tree(entry.path(), module)
}

/// Whether `rapidkit` holds a vendor tree of ours: of the module of this name, and none that RapidKit Core says it has
/// copied of its own.
fn has_tree(rapidkit: &Path, module: &str) -> bool {
    let trees = WalkDir::new(rapidkit.join("vendor").join(module));
    let trees = trees.min_depth(1).max_depth(1).into_iter().flatten();
    let mut trees = trees.filter(|tree| tree.file_type().is_dir()).peekable();
    if trees.peek().is_none() {
        return false;
    }
    // What cannot be read excuses nothing.
    let core = rapidkit
        .parent()
        .ok_or_else(|| Problem::input("no root"))
        .and_then(Project::open)
        .and_then(|project| Core::read(&project, &ProjectPath::root(), module));
    let versions = core.map_or_else(|_| BTreeSet::new(), |core| core.versions);
    let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
    trees.any(|tree| {
        versions
            .iter()
            .all(|version| tree.file_name() != version.as_str())
    })
}

/// Files by which a module is known.
const MODULE_MARKS: [&str; 2] = ["module.yaml", SUMS];

fn is_module(root: &Path) -> bool {
    let has = |name: &str| stands(&root.join(name));
    has(SUMS) && (has("module.yaml") || has("templates"))
        || (root.join("config/base.yaml").is_file() && root.join("templates").is_dir())
}

/// Whether there is something, for all that can be known: what cannot be looked at may be.
fn stands(path: &Path) -> bool {
    !matches!(path.symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound)
}
