//! Staged bytes, a journal, a commit point, and renames that can be repeated.
//!
//! A step swaps the staged file with the one in the project, so what was replaced or removed is kept until the end: nothing
//! that somebody wrote between the check and the rename is lost. Each step can tell by hashes whether it is done.

mod durable;
mod step;

use std::io::{self, ErrorKind, Read, Write};

use cap_std::fs::{Dir, File, OpenOptions, Permissions, PermissionsExt};

use super::is_absent;
use super::journal::Journal;
use crate::types::{Change, ContentHash, OWN_DIRECTORY, Problem, ProjectPath};
use durable::{side_by_side, sync, sync_parents};
use step::{StepError, find, make, undo};

/// Where a transaction keeps what it is about to write.
pub const STAGING: &str = ".rapidkit/txn";
const JOURNAL: &str = "journal";
const COMMIT: &str = "COMMIT";
/// Files that are open at once: well below the number that a process may have.
const BATCH: usize = 64;

pub(super) enum Outcome {
    Nothing,
    Finished,
    Discarded,
}

pub(super) fn is_pending(root: &Dir) -> bool {
    root.symlink_metadata(STAGING).is_ok()
}

/// Whether what is pending will be finished, not discarded.
pub(super) fn is_committed(root: &Dir) -> bool {
    root.symlink_metadata(format!("{STAGING}/{COMMIT}")).is_ok()
}

pub(super) fn apply(
    root: &Dir,
    changes: &[Change],
    interrupted: &dyn Fn() -> bool,
) -> Result<(), Problem> {
    if changes.is_empty() {
        return Ok(());
    }
    check_before(root, changes)?;
    let journal = Journal::of(changes, |directory| root.is_dir(directory.as_str()));
    let had_rapidkit = root.is_dir(OWN_DIRECTORY);
    let staged = stage(root, changes, &journal).and_then(|staging| {
        if interrupted() {
            return Err(io::Error::from(ErrorKind::Interrupted));
        }
        commit(root, &staging).map(|()| staging)
    });
    let staging = match staged {
        Ok(staging) => staging,
        Err(error) => {
            // Best effort: a staging directory without COMMIT means nothing, and the next run removes it.
            let _ = root.remove_dir_all(STAGING);
            if !had_rapidkit {
                let _ = root.remove_dir(OWN_DIRECTORY);
            }
            return Err(not_written(&error));
        }
    };
    finish(root, &staging, &journal)
}

/// Finishes or discards what an interrupted run left.
pub(super) fn recover(root: &Dir) -> Result<Outcome, Problem> {
    let staging = match root.open_dir(STAGING) {
        Ok(staging) => staging,
        Err(error) if is_absent(&error) => {
            // A run may have been cut off between making or removing the two directories.
            let _ = root.remove_dir(OWN_DIRECTORY);
            return Ok(Outcome::Nothing);
        }
        Err(error) => return Err(Problem::input(format!("cannot open {STAGING}: {error}"))),
    };
    let mut text = Vec::new();
    match staging
        .open(COMMIT)
        .and_then(|mut file| file.read_to_end(&mut text))
    {
        Ok(_) => {}
        Err(error) if is_absent(&error) => {
            clean(root, &staging).map_err(|error| not_written(&error))?;
            return Ok(Outcome::Discarded);
        }
        Err(error) => {
            return Err(Problem::input(format!(
                "cannot read {STAGING}/{COMMIT}: {error}"
            )));
        }
    }
    let journal = Journal::read(&text).map_err(|error| {
        Problem::input(format!(
            "cannot read the journal of an interrupted run: {error}"
        ))
        .in_file(format!("{STAGING}/{COMMIT}"))
        .help("take the project back from version control and remove .rapidkit/txn")
    })?;
    finish(root, &staging, &journal)?;
    Ok(Outcome::Finished)
}

fn check_before(root: &Dir, changes: &[Change]) -> Result<(), Problem> {
    for change in changes {
        let path = change.path.as_str();
        // A lock or a patch that came with the project may name it.
        if change.path.is_in_git() {
            return Err(
                Problem::input("is inside `.git`, where nothing is ever written").in_file(path),
            );
        }
        if root
            .symlink_metadata(path)
            .is_ok_and(|metadata| metadata.is_symlink())
        {
            return Err(Problem::decision("is a symbolic link, which would be replaced by a file")
                .in_file(path)
                .help("put the file itself in its place, or make the change in the file it points to"));
        }
        let now =
            find(root, path).map_err(|error| Problem::input(error.to_string()).in_file(path))?;
        if now != change.before.as_ref().map(ContentHash::of).into() {
            return Err(changed_meanwhile(&[&change.path]));
        }
    }
    Ok(())
}

fn stage(root: &Dir, changes: &[Change], journal: &Journal) -> io::Result<Dir> {
    root.create_dir_all(STAGING)?;
    let staging = root.open_dir(STAGING)?;
    for (changes, steps) in changes.chunks(BATCH).zip(journal.steps.chunks(BATCH)) {
        let mut files = Vec::with_capacity(changes.len());
        for (change, step) in changes.iter().zip(steps) {
            let Some(after) = &change.after else { continue };
            files.push(write(&staging, &step.staged, after)?);
            let here = change.before.as_ref().map(|_| &change.path);
            if let Some(path) = here.or(change.mode_of.as_ref()) {
                let mode = root.metadata(path.as_str())?.permissions().mode();
                staging.set_permissions(&step.staged, Permissions::from_mode(mode))?;
            }
        }
        side_by_side(&files, File::sync_all)?;
    }
    let text = serde_json::to_vec_pretty(journal)?;
    write(&staging, JOURNAL, &text)?.sync_all()?;
    sync(&staging)?;
    Ok(staging)
}

/// The point of no return: from here on the run is finished, by this process or by the next.
fn commit(root: &Dir, staging: &Dir) -> io::Result<()> {
    sync(root)?;
    sync(&root.open_dir(OWN_DIRECTORY)?)?;
    staging.rename(JOURNAL, staging, COMMIT)?;
    sync(staging)
}

fn finish(root: &Dir, staging: &Dir, journal: &Journal) -> Result<(), Problem> {
    let Err((path, error)) = make_all(root, staging, journal) else {
        return Ok(());
    };
    let within = |problem: Problem| match path {
        Some(path) => problem.in_file(path),
        None => problem,
    };
    let kept = roll_back(root, staging, journal).map_err(|second| {
        within(Problem::input(format!(
            "cannot be written: {error}; nor can what was written be taken back: {second}"
        )))
        .help("mend that and run this again: it finishes what was begun, or takes it back")
    })?;
    match error {
        StepError::Changed => Err(changed_meanwhile(&kept)),
        StepError::Io(error) => Err(within(not_written(&error))),
    }
}

/// Makes every step, and ends the transaction: until its last call all can be taken back.
fn make_all<'j>(
    root: &Dir,
    staging: &Dir,
    journal: &'j Journal,
) -> Result<(), (Option<&'j ProjectPath>, StepError)> {
    for directory in &journal.directories {
        match root.create_dir(directory.as_str()) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err((Some(directory), error.into()));
            }
            _ => {}
        }
    }
    // A directory that a power loss takes away takes along what was moved into it.
    sync_parents(root, journal.directories.iter()).map_err(|error| (None, error.into()))?;
    for step in &journal.steps {
        make(root, staging, step).map_err(|error| (Some(&step.path), error))?;
    }
    for directory in &journal.emptied {
        remove_empty(root, directory).map_err(|error| (Some(directory), error.into()))?;
    }
    sync_parents(root, changed(journal))
        .and_then(|()| end(root, staging))
        .map_err(|error| (None, error.into()))
}

/// A directory with something of somebody else's in it stays.
fn remove_empty(root: &Dir, directory: &ProjectPath) -> io::Result<()> {
    match root.remove_dir(directory.as_str()) {
        Err(error) if error.kind() != ErrorKind::DirectoryNotEmpty && !is_absent(&error) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Undoes every step that was made and not edited since. Returns the paths left as somebody else wrote them.
fn roll_back<'j>(
    root: &Dir,
    staging: &Dir,
    journal: &'j Journal,
) -> io::Result<Vec<&'j ProjectPath>> {
    let mut kept = Vec::new();
    for step in journal.steps.iter().rev() {
        let path = step.path.as_str();
        let mut now = find(root, path)?;
        if now == step.after.into() && now != step.before.into() {
            undo(root, staging, step)?;
            now = find(root, path)?;
        }
        if now != step.before.into() {
            kept.push(&step.path);
        }
    }
    for directory in journal.directories.iter().rev() {
        remove_empty(root, directory)?;
    }
    sync_parents(root, changed(journal))?;
    end(root, staging)?;
    Ok(kept)
}

/// From here on the transaction is no more.
fn end(root: &Dir, staging: &Dir) -> io::Result<()> {
    match staging.remove_file(COMMIT) {
        Err(error) if !is_absent(&error) => return Err(error),
        _ => {}
    }
    // Without COMMIT what is left means nothing, and the next run removes it.
    let _ = clean(root, staging);
    Ok(())
}

/// Removes a staging directory without COMMIT, which may be lost only after that is certain.
fn clean(root: &Dir, staging: &Dir) -> io::Result<()> {
    sync(staging)?;
    root.remove_dir_all(STAGING)?;
    // Still needed unless the transaction was the first thing in it.
    let _ = root.remove_dir(OWN_DIRECTORY);
    Ok(())
}

/// All that a transaction touches.
fn changed(journal: &Journal) -> impl Iterator<Item = &ProjectPath> {
    let steps = journal.steps.iter().map(|step| &step.path);
    steps.chain(&journal.directories).chain(&journal.emptied)
}

fn write(directory: &Dir, name: &str, bytes: &[u8]) -> io::Result<File> {
    let mut file = directory.open_with(name, OpenOptions::new().write(true).create_new(true))?;
    file.write_all(bytes)?;
    Ok(file)
}

fn changed_meanwhile(paths: &[&ProjectPath]) -> Problem {
    let mut problem =
        Problem::decision("files changed while they were being worked on; nothing was overwritten");
    problem.notes = paths
        .iter()
        .map(|path| format!("changed: {path}"))
        .collect();
    problem.help("run the command again")
}

fn not_written(error: &io::Error) -> Problem {
    if error.kind() == ErrorKind::Interrupted {
        return Problem::interrupted();
    }
    let problem = Problem::input(format!(
        "cannot write in the project: {error}; nothing was changed"
    ));
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => problem.help("make room on the disk"),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            problem.help("check that you may write in the project's directory")
        }
        _ => problem,
    }
}
