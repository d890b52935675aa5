//! What an upgrade does with each output.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{FileConflict, Upgrade, at_lines, change};
use crate::lockfile::{Lock, LockedFile, LockedModule};
use crate::plan::finished::Finished;
use crate::plan::merge::{Labels, Merged, merge};
use crate::plan::rendering::{Finish, Rendered, vendor};
use crate::plan::state::normalised;
use crate::types::{Change, FileKind, Files, Problem, ProjectPath};

/// An upgrade that is being planned, output by output.
pub struct Draft<'a> {
    pub files: &'a dyn Files,
    pub locked: &'a LockedModule,
    pub pristine: BTreeMap<ProjectPath, Arc<str>>,
    pub labels: Labels<'a>,
    pub finished: Finished,
    pub finish: Option<Finish<'a>>,
    pub upgrade: Upgrade,
    pub records: Vec<LockedFile>,
    /// Outputs of the old version that the new one still has.
    pub seen: BTreeSet<ProjectPath>,
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

    pub fn generated(&mut self, file: &Rendered, was: &ProjectPath) -> Result<(), Problem> {
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

    pub fn seed(&mut self, file: &Rendered, was: &ProjectPath) -> Result<(), Problem> {
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
    pub fn no_longer(&mut self) -> Result<(), Problem> {
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
    pub fn gone(&self) -> Vec<ProjectPath> {
        let removed = self.upgrade.changes.iter();
        let removed = removed.filter(|change| change.after.is_none());
        removed.map(|change| change.path.clone()).collect()
    }

    /// The new pristine copies, and no old ones but those that another target has too.
    pub fn vendor(
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
