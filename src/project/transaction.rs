//! Staged bytes, a journal, a commit point, and renames that can be repeated.
//!
//! A step swaps the staged file with the one in the project, so what was replaced or removed is kept until the end: nothing
//! that somebody wrote between the check and the rename is lost. Each step can tell by hashes whether it is done.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use cap_std::fs::{Dir, File, OpenOptions, Permissions, PermissionsExt};
use rustix::fs::{Mode, OFlags, RenameFlags, fsync, openat, renameat, renameat_with};

use super::is_absent;
use super::journal::{Journal, Step};
use crate::types::{Change, ContentHash, OWN_DIRECTORY, Problem, ProjectPath};

/// Where a transaction keeps what it is about to write.
pub const STAGING: &str = ".rapidkit/txn";
const JOURNAL: &str = "journal";
const COMMIT: &str = "COMMIT";
/// Files that are open at once: well below the number that a process may have.
const BATCH: usize = 64;
/// Threads that wait for the disk side by side, whatever the number of processors: they share the file system's commits.
const WAITING: usize = 16;

pub(super) enum Outcome {
    Nothing,
    Finished,
    Discarded,
}

/// Why a step was not made.
#[derive(Debug, thiserror::Error)]
enum StepError {
    /// The file is neither as before nor as after.
    #[error("changed meanwhile")]
    Changed,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
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

/// Makes one step; nothing if it is made already.
fn make(root: &Dir, staging: &Dir, step: &Step) -> Result<(), StepError> {
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
fn undo(root: &Dir, staging: &Dir, step: &Step) -> io::Result<()> {
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

/// A directory with something of somebody else's in it stays.
fn remove_empty(root: &Dir, directory: &ProjectPath) -> io::Result<()> {
    match root.remove_dir(directory.as_str()) {
        Err(error) if error.kind() != ErrorKind::DirectoryNotEmpty && !is_absent(&error) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// What stands there is newer.
fn unless_there(renamed: io::Result<()>) -> io::Result<()> {
    match renamed {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
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

fn sync_parents<'p>(root: &Dir, paths: impl Iterator<Item = &'p ProjectPath>) -> io::Result<()> {
    let mut parents: Vec<_> = paths.filter_map(ProjectPath::parent).collect();
    parents.sort();
    parents.dedup();
    side_by_side(&parents, |parent| {
        let opened = if parent.is_root() {
            root.try_clone()
        } else {
            root.open_dir(parent.as_str())
        };
        match opened {
            Ok(directory) => sync(&directory),
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(error),
        }
    })
}

/// Does something that waits for the disk to every item.
fn side_by_side<T: Sync>(
    items: &[T],
    sync: impl Fn(&T) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            sync(item)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..items.len().min(WAITING))
            .map(|_| scope.spawn(work))
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

fn open_parent<'s>(root: &Dir, path: &'s ProjectPath) -> io::Result<(Dir, &'s str)> {
    let parent = match path.parent() {
        Some(parent) if !parent.is_root() => root.open_dir(parent.as_str())?,
        _ => root.try_clone()?,
    };
    Ok((parent, path.file_name()))
}

fn find(directory: &Dir, path: &str) -> io::Result<Found> {
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

fn write(directory: &Dir, name: &str, bytes: &[u8]) -> io::Result<File> {
    let mut file = directory.open_with(name, OpenOptions::new().write(true).create_new(true))?;
    file.write_all(bytes)?;
    Ok(file)
}

fn sync(directory: &Dir) -> io::Result<()> {
    // A directory that cap-std has opened stands for its path only, and cannot be synced itself.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = openat(directory.as_fd(), ".", flags, Mode::empty())?;
    Ok(fsync(opened)?)
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
