//! The project's root as a capability, and the only writer inside it.

mod journal;
mod root;
mod scratch;
mod survey;
mod transaction;
mod writer;

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::types::{Entry, EntryKind, Files, Problem, ProjectPath};

pub use root::{Root, find_root};
pub use scratch::Scratch;
pub use survey::{Found, FoundKind, Look};
pub use transaction::STAGING;
pub use writer::{Recovered, Writer};

const LARGEST_FILE: u64 = 4 << 20;

/// A project, open for reading. Nothing outside its root can be reached through it.
#[derive(Debug)]
pub struct Project {
    path: PathBuf,
    root: Dir,
}

impl Project {
    /// Opens the project whose root is `path`.
    ///
    /// # Errors
    /// The directory cannot be opened.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let root = Dir::open_ambient_dir(path, ambient_authority()).map_err(|error| {
            Problem::input(format!("cannot open `{}`: {error}", path.display()))
        })?;
        Ok(Self {
            path: path.to_owned(),
            root,
        })
    }

    /// The root's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file's bytes; `None` if nothing has that path.
    ///
    /// # Errors
    /// As [`Files::text`], except that any bytes will do.
    pub fn bytes(&self, path: &ProjectPath) -> Result<Option<Vec<u8>>, Problem> {
        let metadata = match self.root.metadata(path.as_str()) {
            Ok(metadata) => metadata,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(unreadable(path, &error)),
        };
        if !metadata.is_file() {
            return Err(Problem::input("not a regular file").in_file(path));
        }
        if metadata.len() > LARGEST_FILE {
            return Err(
                Problem::input("larger than 4 MiB: no source file that can be edited")
                    .in_file(path),
            );
        }
        let mut bytes = Vec::new();
        self.root
            .open(path.as_str())
            .and_then(|file| file.take(LARGEST_FILE).read_to_end(&mut bytes))
            .map_err(|error| unreadable(path, &error))?;
        Ok(Some(bytes))
    }
}

impl Files for Project {
    fn is_executable(&self, path: &ProjectPath) -> bool {
        self.look(path) == Look::File { executable: true }
    }

    fn text(&self, path: &ProjectPath) -> Result<Option<Arc<str>>, Problem> {
        let Some(bytes) = self.bytes(path)? else {
            return Ok(None);
        };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.into())),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let line = error.as_bytes()[..at]
                    .iter()
                    .filter(|b| **b == b'\n')
                    .count()
                    + 1;
                Err(
                    Problem::input(format!("not UTF-8 (line {line}, byte {at})"))
                        .in_file(path)
                        .help("convert the file to UTF-8"),
                )
            }
        }
    }

    fn entries(&self, directory: &ProjectPath) -> Result<Vec<Entry>, Problem> {
        let path = if directory.is_root() {
            "."
        } else {
            directory.as_str()
        };
        let listing = match self.root.read_dir(path) {
            Ok(listing) => listing,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(directory, &error)),
        };
        let mut entries = Vec::new();
        for entry in listing {
            let entry = entry.map_err(|error| unreadable(directory, &error))?;
            let kind = entry
                .file_type()
                .map_err(|error| unreadable(directory, &error))?;
            let kind = match kind {
                kind if kind.is_file() => EntryKind::File,
                kind if kind.is_dir() => EntryKind::Directory,
                _ => EntryKind::Other,
            };
            if let Ok(name) = entry.file_name().into_string() {
                entries.push(Entry { name, kind });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn unreadable(path: &ProjectPath, error: &std::io::Error) -> Problem {
    let problem = Problem::input(format!("cannot be read: {error}")).in_file(path);
    if error.kind() == ErrorKind::PermissionDenied {
        return problem.help(
            "a link that leads out of the project is refused; else check the file's permissions",
        );
    }
    problem
}
