//! The way back: what `add` put in, taken out again.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use super::directories;
use super::finished::Finished;
use super::rendering::{framework, target};
use super::sources::sources;
use super::state::block_of;
use super::syntax;
use super::upgrade::pristine;
use super::uses::{lines_that_name, names_of};
use super::wiring::{self, Patches, part_of_a_statement};
use crate::edit::splice::spliced;
use crate::edit::{count_blocks, dotenv, is_source, mentions, take_out, uses_of_import};
use crate::lockfile::{Lock, LockedFile, LockedModule};
use crate::module::Module;
use crate::types::{
    Block, Change, Dependency, FileKind, Files, LOCK, LOCK_SIGNATURE, Overlay, Problem, ProjectPath,
};

/// What `remove` would do, and what it leaves.
#[derive(Debug)]
pub struct Removal {
    pub changes: Vec<Change>,
    /// What stays, and why, a line each.
    pub kept: Vec<String>,
}

/// Plans a module's way out of a target. What the user has edited stays, unless `discard`.
///
/// # Errors
/// Code of the user's that still uses the module; a pristine copy that is not as recorded.
pub fn remove(
    files: &dyn Files,
    lock: &Lock,
    locked: &LockedModule,
    module: &Module,
    discard: bool,
) -> Result<Removal, Problem> {
    // What is taken back rests on them.
    pristine(files, locked)?;
    let mut draft = Draft {
        files,
        overlay: Overlay::new(files),
        gone: BTreeSet::new(),
        kept: Vec::new(),
    };
    draft.outputs(locked, discard)?;
    draft.unwire(locked, discard)?;
    draft.is_unused(lock, locked)?;
    draft.keep_dependencies(locked, module)?;
    let Draft {
        overlay,
        mut gone,
        kept,
        ..
    } = draft;

    let mut changes = Vec::new();
    for (path, text) in overlay.into_texts() {
        let before = files.text(&path)?;
        if before.as_deref() != Some(&*text) && !gone.contains(&path) {
            changes.push(Change::new(
                path,
                FileKind::Block,
                before.as_deref(),
                Some(&text),
            ));
        }
    }
    let others = || lock.modules.iter().filter(|other| *other != locked);
    let shared = |path: &ProjectPath| {
        others()
            .flat_map(|other| &other.files)
            .any(|f| f.path == *path)
    };
    let vendor = locked
        .files
        .iter()
        .filter(|file| file.kind == FileKind::Vendor);
    gone.extend(
        vendor
            .map(|file| file.path.clone())
            .filter(|path| !shared(path)),
    );
    let (lock_path, signature) = (
        ProjectPath::existing(LOCK)?,
        ProjectPath::existing(LOCK_SIGNATURE)?,
    );
    let rest = Lock {
        modules: others().cloned().collect(),
        ..lock.clone()
    };
    if rest.modules.is_empty() {
        gone.insert(signature);
    }
    for path in gone {
        if let Some(before) = files.text(&path)? {
            let recorded = locked.files.iter().find(|file| file.path == path);
            let kind = recorded.map_or(FileKind::Vendor, |file| file.kind);
            changes.push(Change::new(path, kind, Some(&before), None));
        }
    }
    let after = match rest.modules.is_empty() {
        true => None,
        false => Some(rest.render_readable()?),
    };
    let before = files.text(&lock_path)?;
    changes.push(Change::new(
        lock_path,
        FileKind::Vendor,
        before.as_deref(),
        after.as_deref(),
    ));
    directories::leave(&mut changes, locked);
    Ok(Removal { changes, kept })
}

struct Draft<'a> {
    files: &'a dyn Files,
    overlay: Overlay<'a>,
    gone: BTreeSet<ProjectPath>,
    kept: Vec<String>,
}

impl Draft<'_> {
    /// Generated files and seeds as they were rendered go.
    fn outputs(&mut self, locked: &LockedModule, discard: bool) -> Result<(), Problem> {
        let finished = Finished::read(self.files, locked)?;
        let is_output =
            |file: &&LockedFile| matches!(file.kind, FileKind::Generated | FileKind::Seed);
        for file in locked.files.iter().filter(is_output) {
            let Some(text) = self.files.text(&file.path)? else {
                continue;
            };
            if discard || finished.is_as_written(file, &text)? {
                self.gone.insert(file.path.clone());
            } else {
                self.kept.push(format!("{}: you edited it", file.path));
            }
        }
        Ok(())
    }

    /// Takes out of the user's files what was put into them, where it stands as it was put in.
    fn unwire(&mut self, locked: &LockedModule, discard: bool) -> Result<(), Problem> {
        let patch = wiring::patch(self.files, locked)?;
        let wiring = Patches::parse(&patch)?;
        for path in wiring.paths() {
            let Some(text) = self.files.text(path)? else {
                continue;
            };
            let Some(mut unwired) = wiring.take_back(path, &text) else {
                continue;
            };
            if let Some(part) = part_of_a_statement(path, &text, locked) {
                self.kept.push(format!(
                    "{path}: `{part}` has become a part of a statement of yours"
                ));
                continue;
            }
            let name = locked.name();
            if let (false, true, Some(without)) = (
                unwired.left.is_empty(),
                discard,
                dotenv::without_block(&text, name),
            ) {
                unwired.text = Some(without).filter(|text| !wiring.made(path) || !text.is_empty());
                unwired.left.clear();
            }
            let breaks = |after: &str| {
                syntax::check(path, after).is_err() && syntax::check(path, &text).is_ok()
            };
            let is_half = is_source(path.file_name()) && !unwired.left.is_empty();
            if is_half || unwired.text.as_deref().is_some_and(breaks) {
                let Some(without) = without_blocks(path, &text, locked)? else {
                    self.kept
                        .push(format!("{path}: what was put in has been edited since"));
                    continue;
                };
                unwired.text = Some(without);
                unwired.left = not_there(path, &text, locked);
            }
            for lines in &unwired.left {
                let first = lines.trim().lines().next().unwrap_or_default().trim();
                self.kept
                    .push(format!("{path}: `{first}` is not there as it was put in"));
            }
            match unwired.text {
                Some(text) => self.overlay.set(path.clone(), text),
                None => {
                    self.gone.insert(path.clone());
                }
            }
        }
        self.own_versions(locked, &wiring)
    }

    /// A package that the user gave a version before an upgrade is no longer what was put in.
    fn own_versions(&mut self, locked: &LockedModule, wiring: &Patches) -> Result<(), Problem> {
        for file in &locked.files {
            let (Some(package), Some(text)) = (file.dependency(), self.overlay.text(&file.path)?)
            else {
                continue;
            };
            let block = block_of(file);
            let section = wiring.section_of(&file.path).unwrap_or_default();
            let is_name = |c: char| c.is_alphanumeric() || "-_".contains(c);
            let mut put_in = section.lines().filter_map(|line| line.strip_prefix('+'));
            let is_put_in = put_in.any(|line| {
                let line = line.trim_start().trim_start_matches(['"', '\'']);
                let rest = line.strip_prefix(package);
                rest.is_some_and(|rest| !rest.starts_with(is_name))
            });
            let is_there = count_blocks(file.path.file_name(), &text, slice::from_ref(&block));
            if is_there == [1] && !is_put_in {
                self.kept.push(format!(
                    "{}: `{}` has a version of yours",
                    file.path, block.text
                ));
            }
        }
        Ok(())
    }

    /// What the user wrote must not need what goes.
    fn is_unused(&self, lock: &Lock, locked: &LockedModule) -> Result<(), Problem> {
        let outputs: BTreeSet<&ProjectPath> = locked
            .files
            .iter()
            .filter(|file| matches!(file.kind, FileKind::Generated | FileKind::Seed))
            .map(|file| &file.path)
            .collect();
        let names: BTreeSet<Vec<String>> = locked
            .files
            .iter()
            .filter_map(|file| match file.kind {
                FileKind::Generated => called(locked.name(), &file.path),
                // Tests beside it take its fixtures by its own name.
                FileKind::Seed if self.gone.contains(&file.path) => names_of(&file.path)
                    .filter(|[_, stem]| stem.contains(locked.name()))
                    .map(|[_, stem]| vec![stem]),
                _ => None,
            })
            .collect();
        let mut uses = Vec::new();
        for (path, text) in sources(&self.overlay, &ProjectPath::root())? {
            let around = lock.modules.iter().map(|module| &module.target);
            let around = around.filter(|target| path.below(target).is_some());
            let nearest = around.max_by_key(|target| target.as_str().len());
            // A package that has a module of its own means that one.
            let is_other = nearest.is_some_and(|target| *target != locked.target);
            if is_other || outputs.contains(&path) {
                continue;
            }
            for names in &names {
                uses.extend(named(&path, &text, lines_that_name(&path, &text, names)));
            }
        }
        let is_block = |file: &&LockedFile| file.kind == FileKind::Block;
        for file in locked.files.iter().filter(is_block) {
            let Some(text) = self.overlay.text(&file.path)? else {
                continue;
            };
            let (name, block) = (file.path.file_name(), block_of(file));
            if !self.gone.contains(&file.path)
                && count_blocks(name, &text, slice::from_ref(&block)) == [0]
            {
                let lines = uses_of_import(name, &text, &block.text);
                uses.extend(named(&file.path, &text, lines));
            }
        }
        if uses.is_empty() {
            return Ok(());
        }
        let mut problem =
            Problem::decision("what would be removed is still used; nothing was written");
        problem.notes = uses;
        Err(problem.help(
            "take it out of these lines, which are yours or were edited since, then run this again",
        ))
    }

    /// A package that other code uses stays, though `add` brought it.
    fn keep_dependencies(&mut self, locked: &LockedModule, module: &Module) -> Result<(), Problem> {
        let brought: BTreeSet<&str> = locked
            .files
            .iter()
            .filter_map(LockedFile::dependency)
            .collect();
        let mut users: BTreeMap<&str, String> = BTreeMap::new();
        for (path, text) in sources(&self.overlay, &locked.target)? {
            if self.gone.contains(&path) {
                continue;
            }
            for package in &brought {
                if let Some(line) = mentions(path.file_name(), &text, imported_as(package)).first()
                {
                    users
                        .entry(package)
                        .or_insert_with(|| format!("{path}:{line}"));
                }
            }
        }
        if users.is_empty() {
            return Ok(());
        }
        let framework = framework(&locked.framework)?;
        let target = target(framework, locked)?;
        // A record of an earlier version does not have all facts.
        let facts = framework
            .pre_generation(self.files, &target)
            .unwrap_or_else(|_| locked.facts.clone());
        for dependency in module.dependencies(framework.name(), target.profile, &facts)? {
            let Some(user) = users.get(dependency.name.as_str()) else {
                continue;
            };
            // Where the user has the package too, only features were added to it.
            let bare = Dependency {
                features: Vec::new(),
                default_features: false,
                ..dependency.clone()
            };
            if framework
                .add_dependencies(&self.overlay, &target, &[bare])?
                .is_empty()
            {
                continue;
            }
            self.kept
                .push(format!("the package {}: {user} uses it", dependency.name));
            for edit in framework.add_dependencies(&self.overlay, &target, &[dependency])? {
                self.overlay.set(edit.path, edit.text);
            }
        }
        Ok(())
    }
}

/// A source without the blocks of the wiring that stand in it, wherever they have come; what was edited is left.
///
/// # Errors
/// The framework is not known.
fn without_blocks(
    path: &ProjectPath,
    text: &str,
    locked: &LockedModule,
) -> Result<Option<String>, Problem> {
    let framework = framework(&locked.framework)?;
    let mut without = text.to_owned();
    for block in locked.blocks_in(path).map(block_of) {
        let instead = framework.instead_of(&block);
        let splice = take_out(path.file_name(), &without, &block, &instead);
        without = spliced(&without, splice.as_slice());
    }
    Ok(Some(without).filter(|without| syntax::check(path, without).is_ok()))
}

/// The texts of the wiring that stands nowhere in a source as it was put in.
fn not_there(path: &ProjectPath, text: &str, locked: &LockedModule) -> Vec<String> {
    let blocks: Vec<Block> = locked.blocks_in(path).map(block_of).collect();
    let counts = count_blocks(path.file_name(), text, &blocks);
    let blocks = blocks.into_iter().zip(counts);
    blocks
        .filter(|(_, count)| *count == 0)
        .map(|(block, _)| block.text)
        .collect()
}

/// Lines of a source, for a person.
fn named(path: &ProjectPath, text: &str, lines: impl IntoIterator<Item = usize>) -> Vec<String> {
    let source: Vec<&str> = text.lines().collect();
    let line = |line: usize| {
        let code = source.get(line - 1).copied().unwrap_or_default();
        format!("{path}:{line}: {}", code.trim())
    };
    lines.into_iter().map(line).collect()
}

/// The names that stand in a line of code that uses a generated file: that of the module's directory, or where the file is
/// in another one, of this directory and of the file.
fn called(module: &str, path: &ProjectPath) -> Option<Vec<String>> {
    let directory = path.parent()?.file_name().to_owned();
    if directory.replace('-', "_") == module {
        return Some(vec![directory]);
    }
    Some(names_of(path)?.to_vec())
}

/// What code calls a package.
fn imported_as(package: &str) -> &str {
    package
        .strip_prefix("python-")
        .or_else(|| package.strip_prefix("@types/"))
        .unwrap_or(package)
}
