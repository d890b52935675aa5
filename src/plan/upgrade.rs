//! From one version of a module to another, or from some answers to others: the user's edits come along.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::add::is_core;
use super::directories;
use super::finished::{self, FINISHED, Finished};
use super::merge::{Conflict, Labels, Merged, merge};
use super::rendering::{
    Finish, Rendered, SHARED, Templates, framework, patch_path, patch_record, target, vendor,
};
use super::rewire::{Versions, rewire};
use super::state::{State, normalised, state_of};
use super::uses::still_used;
use super::wiring::{self, Patches, WIRING};
use crate::lockfile::{Lock, LockedFile, LockedModule};
use crate::module::Module;
use crate::types::{Answer, Change, FileKind, Files, LOCK, Problem, ProjectPath};

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

struct Draft<'a> {
    files: &'a dyn Files,
    locked: &'a LockedModule,
    pristine: BTreeMap<ProjectPath, Arc<str>>,
    labels: Labels<'a>,
    finished: Finished,
    finish: Option<Finish<'a>>,
    upgrade: Upgrade,
    records: Vec<LockedFile>,
    /// Outputs of the old version that the new one still has.
    seen: BTreeSet<ProjectPath>,
}

impl Draft<'_> {
    fn record(&self, path: &ProjectPath, kind: FileKind) -> Option<&LockedFile> {
        let mut files = self.locked.files.iter();
        files.find(|file| file.path == *path && file.kind == kind)
    }

    fn conflict(&mut self, path: &ProjectPath, what: &'static str) {
        self.upgrade.conflicts.push(FileConflict {
            path: path.clone(),
            lines: Vec::new(),
            what,
        });
    }

    fn write(
        &mut self,
        was: &ProjectPath,
        file: &Rendered,
        text: Option<String>,
    ) -> Result<(), Problem> {
        let before = self.files.text(was)?;
        if *was == file.path {
            self.upgrade
                .changes
                .push(change(file.path.clone(), file.kind, before, text));
        } else {
            self.upgrade
                .changes
                .push(change(was.clone(), file.kind, before, None));
            self.upgrade.changes.push(Change {
                mode_of: Some(was.clone()),
                ..change(file.path.clone(), file.kind, None, text)
            });
        }
        Ok(())
    }

    /// The merge of a file, with markers in it where there is a conflict.
    fn merged(&mut self, path: &ProjectPath, base: &str, mine: &str, theirs: &str) -> String {
        let [base, mine, theirs] = [base, mine, theirs].map(str::as_bytes);
        let text = match merge(base, mine, theirs, self.labels) {
            Merged::Clean(text) => text,
            Merged::Conflicted { text, conflicts } => {
                self.upgrade.conflicts.push(at_lines(path, &conflicts, 0));
                text
            }
        };
        String::from_utf8_lossy(&text).into_owned()
    }

    fn generated(&mut self, file: &Rendered, was: &ProjectPath) -> Result<(), Problem> {
        let theirs = normalised(file.written());
        let mut record = file
            .records()
            .into_iter()
            .find(|record| record.kind == FileKind::Generated)
            .ok_or_else(|| Problem::input("a generated file without a record"))?;
        let Some(old) = self.record(was, FileKind::Generated).cloned() else {
            let mine = self.files.text(&file.path)?;
            let text = match &mine {
                Some(mine) => self.merged(&file.path, "", mine, file.written()),
                None => file.written().to_owned(),
            };
            self.upgrade
                .changes
                .push(change(file.path.clone(), file.kind, mine, Some(text)));
            self.records.push(record);
            return Ok(());
        };
        self.seen.insert(was.clone());
        if was != &file.path && self.files.exists(&file.path)? {
            self.conflict(&file.path, "a file of yours stands where one moves to");
        }
        let base = self.pristine.get(was).cloned().unwrap_or_default();
        record.executable = old.executable;
        let Some(mine) = self.files.text(was)? else {
            if old.accepted.is_some() && *base != *file.text {
                self.conflict(
                    &file.path,
                    "you removed it, and the new version has changed it",
                );
            }
            record.accepted = old.accepted.map(|_| theirs);
            record.executable &= record.accepted.is_some();
            self.records.push(record);
            return Ok(());
        };
        let written = self.finished.of(was, &base)?;
        let base = self.base(was, &base, &written, &mine, file.written())?;
        let merged = self.merged(&file.path, &base, &mine, file.written());
        record.accepted = match old.accepted {
            // Its bytes only if those before were accepted, so that an upgrade launders nothing.
            Some(accepted) if accepted == normalised(&mine) => Some(normalised(&merged)),
            Some(accepted) if accepted == normalised(&written) => Some(theirs),
            // Edited since an edit was accepted, or back though it was accepted as removed.
            other => other,
        };
        self.records.push(record);
        self.write(was, file, Some(merged))
    }

    /// What the user's file is held against: the file as it was written or, where that gives a conflict, as the module's
    /// commands make it now. A person may have run them since.
    fn base(
        &self,
        path: &ProjectPath,
        pristine: &str,
        written: &str,
        mine: &str,
        theirs: &str,
    ) -> Result<String, Problem> {
        let is_clean = |base: &str| {
            let [base, mine, theirs] = [base, mine, theirs].map(str::as_bytes);
            matches!(merge(base, mine, theirs, self.labels), Merged::Clean(_))
        };
        match self.finish {
            Some(finish) if !is_clean(written) => {
                Ok(finish(&self.upgrade.commands, &[(path, pristine)])?.concat())
            }
            _ => Ok(written.to_owned()),
        }
    }

    fn seed(&mut self, file: &Rendered, was: &ProjectPath) -> Result<(), Problem> {
        let record = file
            .records()
            .into_iter()
            .find(|record| record.kind == FileKind::Seed);
        let Some(old) = self.record(was, FileKind::Seed).cloned() else {
            let mut files = self.locked.files.iter();
            let elsewhere = files.find(|other| other.template.as_deref() == Some(&file.template));
            let is_wanted = match elsewhere {
                None => true,
                // It goes from there if it is as it was made; else the user has it, or wants none.
                Some(other) => match self.files.text(&other.path)? {
                    Some(text) => self.finished.is_as_written(other, &text)?,
                    None => false,
                },
            };
            if is_wanted && !self.files.exists(&file.path)? {
                self.upgrade.changes.push(change(
                    file.path.clone(),
                    file.kind,
                    None,
                    Some(file.written().to_owned()),
                ));
                self.records.extend(record);
            }
            return Ok(());
        };
        self.seen.insert(was.clone());
        self.records.extend(record);
        match self.files.text(was)? {
            // As it was made: it is nobody's yet.
            Some(mine) if self.finished.is_as_written(&old, &mine)? => {
                let text = match mine.contains("\r\n") {
                    true => file.written().replace('\n', "\r\n"),
                    false => file.written().to_owned(),
                };
                self.write(was, file, Some(text))
            }
            Some(mine) if was != &file.path => self.write(was, file, Some(mine.to_string())),
            _ => Ok(()),
        }
    }

    /// What the new version does not have goes, unless the user has edited it.
    fn no_longer(&mut self) -> Result<(), Problem> {
        for old in &self.locked.files {
            if !matches!(old.kind, FileKind::Generated | FileKind::Seed)
                || self.seen.contains(&old.path)
            {
                continue;
            }
            let Some(mine) = self.files.text(&old.path)? else {
                continue;
            };
            if self.finished.is_as_written(old, &mine)? {
                self.upgrade
                    .changes
                    .push(change(old.path.clone(), old.kind, Some(mine), None));
            } else {
                self.upgrade.notes.push(format!(
                    "{}: the new version does not have it, you edited it: it stays and is yours",
                    old.path
                ));
            }
        }
        Ok(())
    }

    /// The outputs that are no longer where they were.
    fn gone(&self) -> Vec<ProjectPath> {
        let removed = self.upgrade.changes.iter();
        let removed = removed.filter(|change| change.after.is_none());
        removed.map(|change| change.path.clone()).collect()
    }

    /// The new pristine copies, and no old ones but those that another target has too.
    fn vendor(
        &mut self,
        lock: &Lock,
        copies: BTreeMap<ProjectPath, String>,
    ) -> Result<(), Problem> {
        let others = lock.modules.iter().filter(|other| *other != self.locked);
        let shared: BTreeSet<&ProjectPath> = others
            .flat_map(|other| &other.files)
            .map(|file| &file.path)
            .collect();
        let root = vendor(self.locked.name(), &self.locked.version)?;
        for old in &self.locked.files {
            let is_copy = old.kind == FileKind::Vendor && old.path.below(&root).is_some();
            if is_copy && !shared.contains(&old.path) && !copies.contains_key(&old.path) {
                let before = self.files.text(&old.path)?;
                self.upgrade
                    .changes
                    .push(change(old.path.clone(), old.kind, before, None));
            }
        }
        for (path, text) in copies {
            let before = self.files.text(&path)?;
            self.upgrade
                .changes
                .push(change(path, FileKind::Vendor, before, Some(text)));
        }
        Ok(())
    }
}
