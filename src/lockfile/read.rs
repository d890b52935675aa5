use std::collections::HashMap;

use super::{FORMAT, Lock, LockedModule, canonical, lines};
use crate::types::{FileKind, LOCK, Problem, ProjectPath, read_yaml};

const LARGEST: usize = 4 << 20;
const MOST_RECORDS: usize = 10_000;
/// Of one module in one file. Each is looked for in all of the file, and in every other block.
const MOST_BLOCKS: usize = 64;

/// Why a text is no lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockFault {
    TooLarge,
    ConflictMarkers,
    Format,
    NotCanonical,
    UnsafePath,
}

/// A text that is no lock: why, and the message for people.
#[derive(Debug, Clone)]
pub struct LockError {
    pub fault: LockFault,
    pub problem: Box<Problem>,
}

impl Lock {
    /// Reads a lock's text.
    ///
    /// # Errors
    /// As [`Lock::read`].
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Self::read(text).map_err(|error| *error.problem)
    }

    /// Reads a lock's text.
    ///
    /// # Errors
    /// Conflict markers; another format; over 4 MiB, 10,000 records or 64 blocks in a file; anything that
    /// [`Lock::render`] would not have written.
    pub fn read(text: &str) -> Result<Self, LockError> {
        bounded(text)?;
        let lock = match lines::read(text) {
            Some(lock) => checked(lock, text)?,
            None => Self::read_loosely(text)?,
        };
        let lock = lock.canonical();
        let canonical = lock.render();
        if canonical == text {
            return Ok(lock);
        }
        let same = canonical
            .bytes()
            .zip(text.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        Err(fault(
            LockFault::NotCanonical,
            Problem::input("the lock is not canonical: it was edited by hand")
                .at(
                    LOCK,
                    text,
                    same..same,
                    "here it differs from what rapidkit-pg writes",
                )
                .help("take it back from version control, or run `rapidkit-pg lock --overwrite`"),
        ))
    }

    /// Reads a lock's text that need not be canonical. Only for `lock --overwrite`, which takes nothing from it that it
    /// does not check against the project.
    ///
    /// # Errors
    /// As [`Lock::read`], order and spelling aside.
    pub fn read_loosely(text: &str) -> Result<Self, LockError> {
        bounded(text)?;
        let lock: Self = read_yaml(LOCK, text).map_err(|problem| {
            let unsafe_path = problem
                .location
                .as_ref()
                .is_some_and(|at| at.label.contains("unsafe path"));
            match unsafe_path {
                true => fault(LockFault::UnsafePath, problem),
                false => fault(LockFault::NotCanonical, problem),
            }
        })?;
        checked(lock, text)
    }

    /// The lock's text, if it will be read.
    ///
    /// # Errors
    /// It is one that [`Lock::read`] refuses.
    pub fn render_readable(&self) -> Result<String, Problem> {
        let text = self.render();
        match Self::read(&text) {
            Ok(_) => Ok(text),
            Err(error) => Err(Problem::decision(
                "the lock would be one that verification refuses; nothing was written",
            )
            .note(error.problem.message)
            .help("a project of its own for a part of the packages has a lock of its own")),
        }
    }
}

fn bounded(text: &str) -> Result<(), LockError> {
    if text.len() > LARGEST {
        return Err(fault(
            LockFault::TooLarge,
            Problem::input("the lock is larger than 4 MiB").in_file(LOCK),
        ));
    }
    if let Some(start) = conflict_marker(text) {
        return Err(fault(
            LockFault::ConflictMarkers,
            Problem::input("the lock holds conflict markers of a merge")
                .at(LOCK, text, start..start + 7, "resolve this")
                .help(format!("keep one side: `git checkout --ours -- {LOCK}`"))
                .help("then run `rapidkit-pg lock --overwrite`"),
        ));
    }
    Ok(())
}

fn checked(lock: Lock, text: &str) -> Result<Lock, LockError> {
    if lock.format != FORMAT {
        return Err(fault(
            LockFault::Format,
            Problem::input(format!(
                "the lock has format {}, this rapidkit-pg knows format {FORMAT}",
                lock.format
            ))
            .at(
                LOCK,
                text,
                0..text.find('\n').unwrap_or(0),
                "unknown format",
            )
            .help("use the version of rapidkit-pg that wrote it, or a newer one"),
        ));
    }
    let files = || lock.modules.iter().flat_map(|module| &module.files);
    if files().count() > MOST_RECORDS {
        return Err(fault(
            LockFault::TooLarge,
            Problem::input("the lock has more than 10,000 records").in_file(LOCK),
        ));
    }
    if let Some(path) = lock.modules.iter().find_map(crowded) {
        return Err(fault(
            LockFault::TooLarge,
            Problem::input(format!(
                "the lock has more than {MOST_BLOCKS} blocks of {path}"
            ))
            .in_file(LOCK),
        ));
    }
    match files().find_map(|file| Some((file, canonical::fault(file)?))) {
        None => Ok(lock),
        Some((file, reason)) => Err(fault(
            LockFault::NotCanonical,
            Problem::input(format!(
                "the lock's record of {} is wrong: {reason}",
                file.path
            ))
            .in_file(LOCK)
            .help("take the lock back from version control"),
        )),
    }
}

/// A file with too many blocks.
fn crowded(module: &LockedModule) -> Option<&ProjectPath> {
    let mut counts: HashMap<&ProjectPath, usize> = HashMap::new();
    let blocks = module.files.iter().filter(|f| f.kind == FileKind::Block);
    blocks.map(|block| &block.path).find(|path| {
        let count = counts.entry(path).or_default();
        *count += 1;
        *count > MOST_BLOCKS
    })
}

fn fault(fault: LockFault, problem: Problem) -> LockError {
    LockError {
        fault,
        problem: Box::new(problem),
    }
}

fn conflict_marker(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("<<<<<<< ")
            || line.starts_with(">>>>>>> ")
            || line.trim_end() == "======="
        {
            return Some(start);
        }
        start += line.len();
    }
    None
}
