//! Waiting until the disk has it.

use std::io;
use std::os::fd::AsFd;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use cap_std::fs::Dir;
use rustix::fs::{Mode, OFlags, fsync, openat};

use crate::project::is_absent;
use crate::types::ProjectPath;

/// Threads that wait for the disk side by side, whatever the number of processors: they share the file system's commits.
const WAITING: usize = 16;

pub fn sync_parents<'p>(
    root: &Dir,
    paths: impl Iterator<Item = &'p ProjectPath>,
) -> io::Result<()> {
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
pub fn side_by_side<T: Sync>(
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

pub fn sync(directory: &Dir) -> io::Result<()> {
    // A directory that cap-std has opened stands for its path only, and cannot be synced itself.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = openat(directory.as_fd(), ".", flags, Mode::empty())?;
    Ok(fsync(opened)?)
}
