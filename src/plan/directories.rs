//! Directories of the user's with nothing in them, which outlast what is put into them.

use std::collections::BTreeSet;

use crate::lockfile::LockedModule;
use crate::types::{Change, Files, OWN_DIRECTORY, Problem, ProjectPath};

/// The directories that are there with nothing in them, and in which `changes` put something; not the command's own.
///
/// # Errors
/// As [`Files::exists`].
pub fn empty_before(files: &dyn Files, changes: &[Change]) -> Result<Vec<ProjectPath>, Problem> {
    let new = changes.iter().filter(|change| change.before.is_none());
    let parents: BTreeSet<ProjectPath> = new.filter_map(|change| change.path.parent()).collect();
    let mut empty = BTreeSet::new();
    for parent in parents {
        let mut around = Some(parent);
        while let Some(directory) = around {
            if files.exists(&directory)? {
                if directory.as_str() != OWN_DIRECTORY && files.entries(&directory)?.is_empty() {
                    empty.insert(directory);
                }
                break;
            }
            around = directory.parent();
        }
    }
    Ok(empty.into_iter().collect())
}

/// Has those stay that a lock names when the files in them are removed.
pub fn leave(changes: &mut [Change], locked: &LockedModule) {
    for change in changes.iter_mut().filter(|change| change.after.is_none()) {
        let around = |directory: &&ProjectPath| change.path.below(directory).is_some();
        change.stays = locked.directories.iter().filter(around).max().cloned();
    }
}
