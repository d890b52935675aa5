use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Problem, ProjectPath};

/// What a directory entry is, links not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Directory,
    /// A symbolic link, device, socket or pipe.
    Other,
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub kind: EntryKind,
}

/// A project's files as planning sees them: read only, confined to the root.
pub trait Files: Sync {
    /// A file's text; `None` if nothing has that path.
    ///
    /// # Errors
    /// Not UTF-8, over 4 MiB, not a regular file, unreadable, or a link that leads out of the root.
    fn text(&self, path: &ProjectPath) -> Result<Option<Arc<str>>, Problem>;

    /// The entries of a directory, sorted by name; empty if there is no such directory. Names that are not UTF-8 are
    /// left out.
    ///
    /// # Errors
    /// Unreadable, or a link that leads out of the root.
    fn entries(&self, directory: &ProjectPath) -> Result<Vec<Entry>, Problem>;

    /// Whether the file at `path` is executable; only where files have modes.
    fn is_executable(&self, path: &ProjectPath) -> bool {
        let _ = path;
        false
    }

    /// Whether anything has that path.
    ///
    /// # Errors
    /// As [`Files::entries`].
    fn exists(&self, path: &ProjectPath) -> Result<bool, Problem> {
        let Some(parent) = path.parent() else {
            return Ok(true);
        };
        Ok(self
            .entries(&parent)?
            .iter()
            .any(|entry| entry.name == path.file_name()))
    }
}

/// Files with planned texts laid over them, so that one planning step sees what the one before will write.
pub struct Overlay<'a> {
    base: &'a dyn Files,
    texts: BTreeMap<ProjectPath, Arc<str>>,
    removed: BTreeSet<ProjectPath>,
}

impl<'a> Overlay<'a> {
    /// Nothing laid over `base` yet.
    pub fn new(base: &'a dyn Files) -> Self {
        Self {
            base,
            texts: BTreeMap::new(),
            removed: BTreeSet::new(),
        }
    }

    /// Lays `text` over `path`.
    pub fn set(&mut self, path: ProjectPath, text: impl Into<Arc<str>>) {
        self.texts.insert(path, text.into());
    }

    /// Takes away the file at `path`.
    pub fn remove(&mut self, path: ProjectPath) {
        self.texts.remove(&path);
        self.removed.insert(path);
    }

    /// What was laid over, by path.
    pub fn into_texts(self) -> BTreeMap<ProjectPath, Arc<str>> {
        self.texts
    }
}

impl Files for Overlay<'_> {
    fn text(&self, path: &ProjectPath) -> Result<Option<Arc<str>>, Problem> {
        match self.texts.get(path) {
            Some(text) => Ok(Some(text.clone())),
            None if self.removed.contains(path) => Ok(None),
            None => self.base.text(path),
        }
    }

    fn entries(&self, directory: &ProjectPath) -> Result<Vec<Entry>, Problem> {
        let mut entries = self.base.entries(directory)?;
        let removed = self.removed.iter().filter(|path| {
            path.parent().as_ref() == Some(directory) && !self.texts.contains_key(path)
        });
        let removed: Vec<&str> = removed.map(ProjectPath::file_name).collect();
        entries.retain(|entry| !removed.contains(&entry.name.as_str()));
        for path in self.texts.keys() {
            let Some(below) = path.below(directory).filter(|below| !below.is_root()) else {
                continue;
            };
            let (name, kind) = match below.as_str().split_once('/') {
                Some((name, _)) => (name, EntryKind::Directory),
                None => (below.as_str(), EntryKind::File),
            };
            if !entries.iter().any(|entry| entry.name == name) {
                entries.push(Entry {
                    name: name.to_owned(),
                    kind,
                });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }
}

impl Files for BTreeMap<ProjectPath, Arc<str>> {
    fn text(&self, path: &ProjectPath) -> Result<Option<Arc<str>>, Problem> {
        Ok(self.get(path).cloned())
    }

    fn entries(&self, directory: &ProjectPath) -> Result<Vec<Entry>, Problem> {
        struct Nothing;
        impl Files for Nothing {
            fn text(&self, _: &ProjectPath) -> Result<Option<Arc<str>>, Problem> {
                Ok(None)
            }
            fn entries(&self, _: &ProjectPath) -> Result<Vec<Entry>, Problem> {
                Ok(Vec::new())
            }
        }
        let mut overlay = Overlay::new(&Nothing);
        overlay.texts = self.clone();
        overlay.entries(directory)
    }
}
