//! One rename that can be repeated and taken back.

use std::io::{self, ErrorKind};
use std::os::fd::AsFd;

use cap_std::fs::Dir;
use rustix::fs::{RenameFlags, renameat, renameat_with};

use crate::project::is_absent;
use crate::project::journal::Step;
use crate::types::{ContentHash, ProjectPath};

/// Why a step was not made.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The file is neither as before nor as after.
    #[error("changed meanwhile")]
    Changed,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Nothing,
    File(ContentHash),
    /// A link or a directory: somebody put it there.
    Other,
}

impl From<Option<ContentHash>> for Found {
    fn from(hash: Option<ContentHash>) -> Self {
        hash.map_or(Self::Nothing, Self::File)
    }
}

/// Makes one step; nothing if it is made already.
pub fn make(root: &Dir, staging: &Dir, step: &Step) -> Result<(), StepError> {
    let (before, after) = (Found::from(step.before), Found::from(step.after));
    let now = find(root, step.path.as_str())?;
    if now != after {
        if now != before {
            return Err(StepError::Changed);
        }
        let (parent, name) = open_parent(root, &step.path)?;
        let made = match (before, after) {
            (Found::Nothing, _) => rename_no_replace(staging, &step.staged, &parent, name),
            (_, Found::Nothing) => rename_no_replace(&parent, name, staging, &step.staged),
            _ => swap(staging, &step.staged, &parent, name),
        };
        match made {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(StepError::Changed);
            }
            other => other?,
        }
    }
    // Somebody may have written between the look and the rename; or in a run that was cut off here.
    let aside = find(staging, &step.staged)?;
    if aside == Found::Nothing || aside == before || aside == after {
        return Ok(());
    }
    undo(root, staging, step)?;
    Err(StepError::Changed)
}

/// Puts back what a step has set aside. What somebody has written since stays in its place.
pub fn undo(root: &Dir, staging: &Dir, step: &Step) -> io::Result<()> {
    let gone = |parent: &ProjectPath| step.after.is_none() && !parent.is_root();
    if let Some(parent) = step.path.parent().filter(gone) {
        root.create_dir_all(parent.as_str())?;
    }
    let (parent, name) = open_parent(root, &step.path)?;
    let aside = find(staging, &step.staged)?;
    match (step.before, step.after) {
        // Somebody else did the same.
        (None, _) if aside != Found::Nothing => Ok(()),
        (_, None) if aside == Found::Nothing => Ok(()),
        (None, _) => {
            rename_no_replace(&parent, name, staging, &step.staged)?;
            if find(staging, &step.staged)? == step.after.into() {
                return Ok(());
            }
            unless_there(rename_no_replace(staging, &step.staged, &parent, name))
        }
        (Some(_), None) => unless_there(rename_no_replace(staging, &step.staged, &parent, name)),
        (Some(_), Some(_)) => {
            // What comes out must be what was believed to be there. Else it is newer than what was put in.
            let mut believed = Found::from(step.after);
            loop {
                let put_in = find(staging, &step.staged)?;
                swap(staging, &step.staged, &parent, name)?;
                if find(staging, &step.staged)? == believed {
                    return Ok(());
                }
                believed = put_in;
            }
        }
    }
}

/// What stands there is newer.
fn unless_there(renamed: io::Result<()>) -> io::Result<()> {
    match renamed {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn open_parent<'s>(root: &Dir, path: &'s ProjectPath) -> io::Result<(Dir, &'s str)> {
    let parent = match path.parent() {
        Some(parent) if !parent.is_root() => root.open_dir(parent.as_str())?,
        _ => root.try_clone()?,
    };
    Ok((parent, path.file_name()))
}

pub fn find(directory: &Dir, path: &str) -> io::Result<Found> {
    match directory.symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => return Ok(Found::Other),
        Err(error) if is_absent(&error) => return Ok(Found::Nothing),
        other => other?,
    };
    match directory.read(path) {
        Ok(bytes) => Ok(Found::File(ContentHash::of(bytes))),
        Err(error) if is_absent(&error) => Ok(Found::Nothing),
        Err(error) => Err(error),
    }
}

fn swap(staging: &Dir, staged: &str, parent: &Dir, name: &str) -> io::Result<()> {
    match renameat_with(
        staging.as_fd(),
        staged,
        parent.as_fd(),
        name,
        RenameFlags::EXCHANGE,
    ) {
        Ok(()) => Ok(()),
        Err(error) if cannot_exchange(error) => {
            // File systems without an exchange, network ones mostly: the old file is linked aside first.
            let aside = format!("{staged}.old");
            parent.hard_link(name, staging, &aside)?;
            renameat(staging.as_fd(), staged, parent.as_fd(), name)?;
            renameat(staging.as_fd(), aside.as_str(), staging.as_fd(), staged)?;
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

fn rename_no_replace(from: &Dir, old: &str, to: &Dir, new: &str) -> io::Result<()> {
    match renameat_with(from.as_fd(), old, to.as_fd(), new, RenameFlags::NOREPLACE) {
        Err(error) if cannot_exchange(error) => {
            from.hard_link(old, to, new)?;
            from.remove_file(old)
        }
        other => Ok(other?),
    }
}

fn cannot_exchange(error: rustix::io::Errno) -> bool {
    matches!(
        error,
        rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP
    )
}
