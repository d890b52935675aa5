//! Everything below a directory as it is, links not followed, nothing but regular files opened.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, openat, statat};
use rustix::io::{Errno, read, retry_on_intr};

use super::Project;
use crate::types::{ContentHash, HashWriter, ProjectPath};

const DEEPEST: usize = 64;
const BUFFER: usize = 64 << 10;

/// One thing below a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Below the project's root; any bytes.
    pub path: PathBuf,
    pub kind: FoundKind,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundKind {
    File {
        executable: bool,
        /// Only of the files that were asked for.
        hash: Option<ContentHash>,
    },
    Directory {
        empty: bool,
    },
    /// `a symbolic link`, `a pipe`: never opened.
    Other(&'static str),
    /// The system's reason.
    Unreadable(String),
}

/// What stands at one path, links not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Absent,
    File { executable: bool },
    Directory,
    Other(&'static str),
}

impl Project {
    /// The directory and all that lies below it, in no order. Files for which `wanted` holds are hashed, in parallel and
    /// piece by piece.
    pub fn survey(
        &self,
        directory: &ProjectPath,
        wanted: &(dyn Fn(&Path) -> bool + Sync),
    ) -> Vec<Found> {
        let path = PathBuf::from(directory.as_str());
        let name = path.as_os_str().to_owned();
        match kind_of(self.root.as_fd(), &name) {
            Err(Errno::NOENT | Errno::NOTDIR) => Vec::new(),
            Err(error) => vec![unreadable(path, error)],
            Ok(kind) => look_at(self.root.as_fd(), &name, kind, path, wanted, 0),
        }
    }

    /// What stands at `path`. The last segment is not followed if it is a link.
    pub fn look(&self, path: &ProjectPath) -> Look {
        match self.root.symlink_metadata(path.as_str()) {
            Ok(metadata) if metadata.is_file() => {
                use cap_std::fs::PermissionsExt;
                Look::File {
                    executable: metadata.permissions().mode() & 0o111 != 0,
                }
            }
            Ok(metadata) if metadata.is_dir() => Look::Directory,
            Ok(metadata) if metadata.is_symlink() => Look::Other("a symbolic link"),
            Ok(_) => Look::Other("a pipe, socket or device"),
            Err(error) if super::is_absent(&error) => Look::Absent,
            Err(_) => Look::Other("something that cannot be looked at"),
        }
    }
}

fn look_at(
    parent: BorrowedFd,
    name: &OsStr,
    kind: FileType,
    path: PathBuf,
    wanted: &(dyn Fn(&Path) -> bool + Sync),
    depth: usize,
) -> Vec<Found> {
    let kind = match kind {
        FileType::Directory if depth > DEEPEST => {
            FoundKind::Other("a directory more than 64 levels deep")
        }
        FileType::Directory => {
            return match walk(parent, name, &path, wanted, depth) {
                Ok(found) => found,
                Err(error) => vec![unreadable(path, error)],
            };
        }
        FileType::RegularFile if wanted(&path) => match hash(parent, name) {
            Ok(kind) => kind,
            Err(error) => return vec![unreadable(path, error)],
        },
        FileType::RegularFile => FoundKind::File {
            executable: false,
            hash: None,
        },
        other => FoundKind::Other(describe(other)),
    };
    vec![Found { path, kind }]
}

fn walk(
    parent: BorrowedFd,
    name: &OsStr,
    path: &Path,
    wanted: &(dyn Fn(&Path) -> bool + Sync),
    depth: usize,
) -> Result<Vec<Found>, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = retry_on_intr(|| openat(parent, name, flags, Mode::empty()))?;
    let mut entries: Vec<(OsString, FileType)> = Vec::new();
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            entries.push((OsString::from_vec(name.to_vec()), entry.file_type()));
        }
    }
    let own = Found {
        path: path.to_owned(),
        kind: FoundKind::Directory {
            empty: entries.is_empty(),
        },
    };
    let below = |(name, kind): (OsString, FileType)| {
        let path = path.join(&name);
        let kind = match kind {
            FileType::Unknown => match kind_of(directory.as_fd(), &name) {
                Ok(kind) => kind,
                Err(error) => return vec![unreadable(path, error)],
            },
            kind => kind,
        };
        look_at(directory.as_fd(), &name, kind, path, wanted, depth + 1)
    };
    let mut found: Vec<Found> = entries
        .into_par_iter()
        .with_min_len(8)
        .flat_map_iter(below)
        .collect();
    found.push(own);
    Ok(found)
}

/// Opens without following a link and without waiting for a pipe's other end, then asks what was opened: between the
/// listing and this, somebody may have put something else there.
fn hash(parent: BorrowedFd, name: &OsStr) -> Result<FoundKind, Errno> {
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file: OwnedFd = retry_on_intr(|| openat(parent, name, flags, Mode::empty()))?;
    let stat = fstat(&file)?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    if kind != FileType::RegularFile {
        return Ok(FoundKind::Other(describe(kind)));
    }
    let mut hash = HashWriter::default();
    let size = usize::try_from(stat.st_size).unwrap_or(BUFFER);
    let mut buffer = Vec::with_capacity(size.saturating_add(1).min(BUFFER));
    let mut total = 0;
    loop {
        buffer.clear();
        let length = retry_on_intr(|| read(&file, spare_capacity(&mut buffer)))?;
        hash.update(&buffer);
        total += length;
        // Less than was asked for, and as much as the file holds: its end.
        if length == 0 || (length < buffer.capacity() && total == size) {
            break;
        }
    }
    Ok(FoundKind::File {
        executable: Mode::from_raw_mode(stat.st_mode)
            .intersects(Mode::XUSR | Mode::XGRP | Mode::XOTH),
        hash: Some(hash.finish()),
    })
}

fn kind_of(parent: BorrowedFd, name: &OsStr) -> Result<FileType, Errno> {
    let stat = statat(parent, name.as_bytes(), AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(stat.st_mode))
}

fn unreadable(path: PathBuf, error: Errno) -> Found {
    Found {
        path,
        kind: FoundKind::Unreadable(std::io::Error::from(error).to_string()),
    }
}

fn describe(kind: FileType) -> &'static str {
    match kind {
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Directory => "a directory",
        _ => "neither a file nor a directory",
    }
}
