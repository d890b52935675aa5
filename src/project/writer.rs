use std::fs::{File, TryLockError};
use std::io::ErrorKind;

use super::Project;
use super::transaction::{self, Outcome};
use crate::types::{Change, Problem};

/// What an interrupted run had left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovered {
    /// It had committed: what was missing has been done.
    Finished,
    /// It had not: its staging has been removed.
    Discarded,
}

/// The one process that may write in a project. While it lives, others are refused; nothing of it is left on disk.
#[derive(Debug)]
pub struct Writer<'p> {
    project: &'p Project,
    _lock: File,
}

impl Project {
    /// Becomes the project's writer, after finishing or discarding what an interrupted run left.
    ///
    /// # Errors
    /// Another process is writing; or files were edited since the interruption, and are named.
    pub fn writer(&self) -> Result<(Writer<'_>, Option<Recovered>), Problem> {
        // The lock is held on the root directory itself, so it needs no file of its own.
        let lock = File::open(&self.path).map_err(|error| {
            Problem::input(format!("cannot open `{}`: {error}", self.path.display()))
        })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(
                    Problem::decision("another rapidkit-pg is writing in this project")
                        .help("wait until it has finished, then run this again"),
                );
            }
            // Some network file systems have no locks; the checks before each rename still hold.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => {
                return Err(Problem::input(format!(
                    "cannot lock `{}`: {error}",
                    self.path.display()
                )));
            }
        }
        let recovered = match transaction::recover(&self.root)? {
            Outcome::Nothing => None,
            Outcome::Finished => Some(Recovered::Finished),
            Outcome::Discarded => Some(Recovered::Discarded),
        };
        Ok((
            Writer {
                project: self,
                _lock: lock,
            },
            recovered,
        ))
    }

    /// Whether an interrupted run left something to finish or to discard.
    pub fn is_interrupted(&self) -> bool {
        transaction::is_pending(&self.root)
    }

    /// What the next writer will do about an interrupted run; `None` if there is none.
    pub fn pending(&self) -> Option<Recovered> {
        match (self.is_interrupted(), transaction::is_committed(&self.root)) {
            (false, _) => None,
            (true, true) => Some(Recovered::Finished),
            (true, false) => Some(Recovered::Discarded),
        }
    }
}

impl Writer<'_> {
    /// Makes all changes, in their order, or none. `interrupted` is asked until the point of no return.
    ///
    /// # Errors
    /// A file that is not as the plan saw it, no room, no permission, or an interruption: the project is as it was.
    pub fn apply(&self, changes: &[Change], interrupted: &dyn Fn() -> bool) -> Result<(), Problem> {
        transaction::apply(&self.project.root, changes, interrupted)
    }
}
