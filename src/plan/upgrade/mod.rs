//! From one version of a module to another, or from some answers to others: the user's edits come along.

mod draft;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::add::is_core;
use super::directories;
use super::finished::{self, FINISHED, Finished};
use super::merge::{Conflict, Labels};
use super::rendering::{
    Finish, Rendered, SHARED, Templates, framework, patch_path, patch_record, target, vendor,
};
use super::rewire::{Versions, rewire};
use super::state::{State, state_of};
use super::uses::still_used;
use super::wiring::{self, Patches, WIRING};
use crate::lockfile::{Lock, LockedModule};
use crate::module::Module;
use crate::types::{Answer, Change, FileKind, Files, LOCK, Problem, ProjectPath};
use draft::Draft;

/// What a module becomes.
pub struct To<'a> {
    pub module: &'a Module,
    pub answers: &'a BTreeMap<String, Answer>,
    /// The module has drifted, and is used all the same.
    pub dev: bool,
    /// Runs the module's commands; without, files are written as they are rendered.
    pub finish: Option<Finish<'a>>,
}

/// A file in which the user and the new version have changed the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileConflict {
    pub path: ProjectPath,
    /// Lines of the user's file, the first is 1; none where it is the whole file.
    pub lines: Vec<Range<usize>>,
    pub what: &'static str,
}

/// What an upgrade would do.
#[derive(Debug)]
pub struct Upgrade {
    /// All changes; a file with a conflict has its markers in it.
    pub changes: Vec<Change>,
    pub conflicts: Vec<FileConflict>,
    /// What stays as it is, and why, a line each.
    pub notes: Vec<String>,
    /// The module's commands for generated files.
    pub commands: Vec<Vec<String>>,
}

/// Plans an upgrade of what `locked` records.
///
/// # Errors
/// A pristine copy that is not as recorded; a framework or a package that cannot work with the new version.
pub fn upgrade(
    files: &dyn Files,
    lock: &Lock,
    locked: &LockedModule,
    to: &To,
) -> Result<Upgrade, Problem> {
    let framework = framework(&locked.framework)?;
    let target = target(framework, locked)?;
    let facts = framework.pre_generation(files, &target)?;
    let mut rendering =
        Templates::new(to.module)?.render(framework, &target, to.answers, &facts)?;
    if let Some(finish) = to.finish {
        rendering.finish(finish)?;
    }
    let manifest = &to.module.manifest;
    let (from, version) = (
        locked.version.to_string(),
        manifest.version.value.to_string(),
    );
    let pristine = pristine(files, locked)?;
    let mut moves = BTreeMap::new();
    for moved in &to.module.variant(framework.name())?.moves {
        let place = |path: &str| -> Result<ProjectPath, Problem> {
            let output = path.parse()?;
            Ok(framework.place(&target, &facts, &output))
        };
        moves.insert(place(&moved.to.value)?, place(&moved.from.value)?);
    }
    let was = |file: &Rendered| {
        let is_there = locked.files.iter().any(|old| old.path == file.path);
        let moved = moves.get(&file.path).filter(|_| !is_there);
        moved.unwrap_or(&file.path).clone()
    };
    let finished = Finished::read(files, locked)?;
    if to.finish.is_none() {
        for file in &mut rendering.files {
            let was = was(file);
            file.finished = finished.carried(files, locked, &pristine, &was, &file.text)?;
        }
    }
    let patch = wiring::patch(files, locked)?;
    let theirs = match from == version {
        true => format!("{version}, with the new answers"),
        false => version,
    };
    let versions = Versions {
        locked,
        module: to.module,
        framework,
        target: &target,
        facts: &facts,
        wiring: &Patches::parse(&patch)?,
        labels: Labels {
            mine: "yours",
            base: &from,
            theirs: &theirs,
        },
    };
    let mut draft = Draft {
        files,
        locked,
        pristine,
        labels: versions.labels,
        upgrade: Upgrade {
            changes: Vec::new(),
            conflicts: Vec::new(),
            notes: Vec::new(),
            commands: rendering.commands.clone(),
        },
        finished,
        finish: to.finish,
        records: Vec::new(),
        seen: BTreeSet::new(),
    };
    for file in &rendering.files {
        let was = was(file);
        match file.kind {
            FileKind::Generated => draft.generated(file, &was)?,
            FileKind::Seed => draft.seed(file, &was)?,
            _ => {}
        }
    }
    draft.no_longer()?;
    let gone = draft.gone();
    draft
        .upgrade
        .notes
        .extend(still_used(files, locked, &gone)?);

    // What the old version had too was parsed when it was put in.
    let is_new = |file: &Rendered| {
        let copy = draft.pristine.get(&was(file));
        copy.is_none_or(|copy| **copy != *file.text)
    };
    let (fault, rewired) = rayon::join(
        || rendering.fault(to.module, is_new),
        || rewire(files, &versions),
    );
    if let Some(problem) = fault {
        return Err(problem);
    }
    let mut rewired = rewired?;
    for file in &rendering.files {
        if file.kind == FileKind::Block {
            let old = draft.pristine.get(&file.path).cloned();
            rewired.remark(files, &versions, old.as_deref(), file)?;
        }
    }
    let mut after = LockedModule {
        module: manifest.slug.value.clone(),
        version: manifest.version.value.clone(),
        content: to.module.content_hash(),
        dev: to.dev,
        answers: rendering.used.answers.clone(),
        facts: rendering.used.facts.clone(),
        files: rewired.records,
        ..locked.clone()
    };
    for (path, (text, summary)) in rewired.texts {
        let before = files.text(&path)?;
        let mut change = change(path, FileKind::Block, before, Some(text));
        change.summary = summary;
        draft.upgrade.changes.push(change);
    }
    draft.upgrade.conflicts.extend(rewired.conflicts);
    draft.upgrade.notes.extend(rewired.notes);

    let mut copies: BTreeMap<ProjectPath, String> = BTreeMap::new();
    for file in &rendering.files {
        if let Some(vendor) = &file.vendor {
            copies.insert(vendor.clone(), file.text.clone());
        }
    }
    for (path, text) in SHARED {
        copies.insert(ProjectPath::existing(path)?, text.to_owned());
    }
    let patch: String = rewired.patch.into_values().collect();
    for (name, patch) in [(WIRING, patch), (FINISHED, finished::patch(&rendering))] {
        if !patch.is_empty() {
            let path = patch_path(&after, name)?;
            after.files.push(patch_record(path.clone(), &patch));
            copies.insert(path, patch);
        }
    }
    let mut records = rendering.records()?;
    records.retain(|record| record.kind == FileKind::Vendor);
    after.files.extend(records);
    after.files.append(&mut draft.records);
    draft.vendor(lock, copies)?;
    let Draft { mut upgrade, .. } = draft;
    directories::leave(&mut upgrade.changes, locked);
    after
        .directories
        .extend(directories::empty_before(files, &upgrade.changes)?);

    let mut new = lock.clone();
    new.core = is_core(files)?;
    let path = ProjectPath::existing(LOCK)?;
    let before = files.text(&path)?;
    let text = new.with(after).render_readable()?;
    upgrade
        .changes
        .push(change(path, FileKind::Vendor, before, Some(text)));
    upgrade
        .changes
        .retain(|change| change.before != change.after);
    Ok(upgrade)
}

/// The places of a merge's conflicts, `first` lines further down in the file.
pub fn at_lines(path: &ProjectPath, conflicts: &[Conflict], first: usize) -> FileConflict {
    let lines = conflicts
        .iter()
        .map(|conflict| conflict.lines.start + first..conflict.lines.end + first);
    FileConflict {
        path: path.clone(),
        lines: lines.collect(),
        what: "you and the new version have changed the same lines",
    }
}

/// A change from what stands there.
fn change(
    path: ProjectPath,
    kind: FileKind,
    before: Option<Arc<str>>,
    after: Option<String>,
) -> Change {
    Change::new(path, kind, before.as_deref(), after.as_deref())
}

/// The pristine copies by the paths that they are copies of.
///
/// # Errors
/// One that is not as recorded: what is merged rests on them.
pub fn pristine(
    files: &dyn Files,
    locked: &LockedModule,
) -> Result<BTreeMap<ProjectPath, Arc<str>>, Problem> {
    let root = vendor(locked.name(), &locked.version)?;
    let mut copies = BTreeMap::new();
    let mut different = Vec::new();
    for file in &locked.files {
        if file.kind != FileKind::Vendor {
            continue;
        }
        match (state_of(files, file)?, file.path.below(&root)) {
            (State::Unchanged, Some(path)) => {
                copies.extend(files.text(&file.path)?.map(|text| (path, text)));
            }
            (State::Unchanged, None) => {}
            _ => different.push(format!("not as recorded: {}", file.path)),
        }
    }
    if different.is_empty() {
        return Ok(copies);
    }
    let mut problem = Problem::decision("the pristine copies are not what the lock records");
    problem.notes = different;
    Err(problem.help("take them back from version control: `git restore -- .rapidkit`"))
}
