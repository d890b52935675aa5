//! An upgrade that waits for the user to resolve its conflicts.

use serde::{Deserialize, Serialize};

use super::directories;
use super::merge::{has_markers, separators};
use super::state::{block_of, normalised};
use super::upgrade::Upgrade;
use crate::edit;
use crate::lockfile::{Lock, LockedModule};
use crate::types::{Change, FileKind, Files, LOCK, Problem, ProjectPath};

/// Where it is described, and where the files lie as they were before.
pub const PENDING: &str = ".rapidkit/upgrade";
/// What it is about.
pub const DESCRIPTION: &str = ".rapidkit/upgrade/upgrade.json";
const BEFORE: &str = ".rapidkit/upgrade/before";

/// What is needed to finish or to undo it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    module: String,
    target: ProjectPath,
    /// The files with markers in them.
    pub conflicts: Vec<ProjectPath>,
    /// Those of them whose text was accepted before, and will be again.
    accepted: Vec<ProjectPath>,
    /// All files that were there before and were changed or removed.
    changed: Vec<ProjectPath>,
    /// All files that were not there before.
    created: Vec<ProjectPath>,
}

impl Pending {
    /// All changes of an upgrade with conflicts, and what it takes to finish or to undo it.
    ///
    /// # Errors
    /// Never in practice: its paths are paths.
    pub fn begin(
        files: &dyn Files,
        upgrade: Upgrade,
        locked: &LockedModule,
    ) -> Result<Vec<Change>, Problem> {
        let conflicts: Vec<ProjectPath> = upgrade
            .conflicts
            .into_iter()
            .filter(|conflict| !conflict.lines.is_empty())
            .map(|conflict| conflict.path)
            .collect();
        let mut accepted = Vec::new();
        for file in &locked.files {
            let now = files.text(&file.path)?;
            let is_accepted = match file.kind {
                FileKind::Generated => file.accepted == now.as_deref().map(normalised),
                FileKind::Block => {
                    let text = now.unwrap_or_default();
                    edit::current_block(file.path.file_name(), &text, &block_of(file)) == file.text
                }
                _ => false,
            };
            if is_accepted && conflicts.contains(&file.path) {
                accepted.push(file.path.clone());
            }
        }
        let mut changes = upgrade.changes;
        let path_of = |there: bool| {
            let changes = changes
                .iter()
                .filter(move |change| change.before.is_some() == there);
            changes.map(|change| change.path.clone()).collect()
        };
        let pending = Self {
            module: locked.module.clone(),
            target: locked.target.clone(),
            conflicts,
            accepted,
            changed: path_of(true),
            created: path_of(false),
        };
        let mut own = Vec::new();
        for change in &changes {
            if let Some(before) = &change.before {
                own.push(Change {
                    after: Some(before.clone()),
                    mode_of: Some(change.path.clone()),
                    ..Change::new(before_path(&change.path)?, FileKind::Vendor, None, None)
                });
            }
        }
        let text = serde_json::to_string_pretty(&pending)
            .map_err(|error| Problem::input(error.to_string()))?;
        own.push(Change::new(
            ProjectPath::existing(DESCRIPTION)?,
            FileKind::Vendor,
            None,
            Some(&text),
        ));
        // The lock stays the last.
        changes.splice(0..0, own);
        Ok(changes)
    }

    /// The upgrade that waits, if there is one.
    ///
    /// # Errors
    /// Its description cannot be read.
    pub fn read(files: &dyn Files) -> Result<Option<Self>, Problem> {
        let Some(text) = files.text(&ProjectPath::existing(DESCRIPTION)?)? else {
            return Ok(None);
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| Problem::input(error.to_string()).in_file(DESCRIPTION))
    }

    /// The lock's record of what is upgraded.
    pub fn locked<'l>(&self, lock: &'l Lock) -> Option<&'l LockedModule> {
        lock.find(&self.module, &self.target)
    }

    /// The files that still hold markers.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn unresolved(&self, files: &dyn Files) -> Result<Vec<&ProjectPath>, Problem> {
        let mut left = Vec::new();
        for path in &self.conflicts {
            let before = files.text(&before_path(path)?)?.unwrap_or_default();
            if let Some(text) = files.text(path)?
                && (has_markers(text.as_bytes())
                    || separators(text.as_bytes()) > separators(before.as_bytes()))
            {
                left.push(path);
            }
        }
        Ok(left)
    }

    /// Ends it: what was accepted before is accepted as it was resolved.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn finish(&self, files: &dyn Files, lock: &Lock) -> Result<Vec<Change>, Problem> {
        let mut after = lock.clone();
        for module in &mut after.modules {
            if module.module != self.module || module.target != self.target {
                continue;
            }
            for file in &mut module.files {
                if !self.accepted.contains(&file.path) {
                    continue;
                }
                let now = files.text(&file.path)?;
                match file.kind {
                    FileKind::Generated => {
                        file.accepted = now.as_deref().map(normalised);
                        file.executable &= file.accepted.is_some();
                    }
                    FileKind::Block => {
                        let (text, block) = (now.unwrap_or_default(), block_of(file));
                        if let Some(now) = edit::current_block(file.path.file_name(), &text, &block)
                        {
                            file.text = Some(now);
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut changes = self.cleared(files)?;
        let path = ProjectPath::existing(LOCK)?;
        let before = files.text(&path)?;
        let after = after.render_readable()?;
        changes.push(Change::new(
            path,
            FileKind::Vendor,
            before.as_deref(),
            Some(&after),
        ));
        changes.retain(|change| change.before != change.after);
        Ok(changes)
    }

    /// Undoes it: every file that it has touched is as it was before, whatever became of it since.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn abort(&self, files: &dyn Files, lock: &Lock) -> Result<Vec<Change>, Problem> {
        let mut changes = self.cleared(files)?;
        for path in self.created.iter().chain(&self.changed) {
            let after = match self.changed.contains(path) {
                true => Some(files.text(&before_path(path)?)?.ok_or_else(|| {
                    Problem::input("what was there before is gone")
                        .in_file(path)
                        .help("take the project back from version control")
                })?),
                false => None,
            };
            let before = files.text(path)?;
            changes.push(Change {
                mode_of: after.as_ref().map(|_| before_path(path)).transpose()?,
                ..Change::new(
                    path.clone(),
                    kind(path),
                    before.as_deref(),
                    after.as_deref(),
                )
            });
        }
        changes.retain(|change| change.before != change.after);
        if let Some(locked) = self.locked(lock) {
            directories::leave(&mut changes, locked);
        }
        Ok(changes)
    }

    /// Its own files, removed.
    fn cleared(&self, files: &dyn Files) -> Result<Vec<Change>, Problem> {
        let mut own = vec![ProjectPath::existing(DESCRIPTION)?];
        for path in &self.changed {
            own.push(before_path(path)?);
        }
        let mut changes = Vec::new();
        for path in own {
            if let Some(text) = files.text(&path)? {
                changes.push(Change::new(path, FileKind::Vendor, Some(&text), None));
            }
        }
        Ok(changes)
    }
}

fn kind(path: &ProjectPath) -> FileKind {
    match path.as_str().starts_with(".rapidkit/") {
        true => FileKind::Vendor,
        false => FileKind::Generated,
    }
}

fn before_path(of: &ProjectPath) -> Result<ProjectPath, Problem> {
    Ok(ProjectPath::existing(BEFORE)?.join(of))
}
