//! A directory as it is: every file with its bytes and mode, every directory, every link.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const SHOWN: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Node {
    File { mode: u32, bytes: Vec<u8> },
    Directory { mode: u32 },
    Link(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Tree(pub BTreeMap<PathBuf, Node>);

impl Tree {
    pub fn of(root: &Path) -> Self {
        let entries = walkdir::WalkDir::new(root).min_depth(1);
        let nodes = entries.into_iter().map(|entry| {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            let mode = metadata.permissions().mode() & 0o7777;
            let node = if metadata.is_symlink() {
                Node::Link(std::fs::read_link(entry.path()).unwrap())
            } else if metadata.is_dir() {
                Node::Directory { mode }
            } else {
                let bytes = std::fs::read(entry.path()).unwrap();
                Node::File { mode, bytes }
            };
            (entry.path().strip_prefix(root).unwrap().to_owned(), node)
        });
        Self(nodes.collect())
    }

    /// Makes it in an empty or new directory.
    pub fn make(&self, root: &Path) {
        std::fs::create_dir_all(root).unwrap();
        for (path, node) in &self.0 {
            let path = root.join(path);
            match node {
                Node::File { mode, bytes } => {
                    std::fs::write(&path, bytes).unwrap();
                    set_mode(&path, *mode);
                }
                Node::Directory { mode } => {
                    std::fs::create_dir(&path).unwrap();
                    set_mode(&path, *mode);
                }
                Node::Link(target) => std::os::unix::fs::symlink(target, &path).unwrap(),
            }
        }
    }

    /// Some of the paths at which the two differ.
    pub fn differences(&self, other: &Self) -> String {
        let mut paths: Vec<_> = self.0.keys().chain(other.0.keys()).collect();
        paths.sort();
        paths.dedup();
        paths.retain(|path| self.0.get(*path) != other.0.get(*path));
        let more = paths.len().saturating_sub(SHOWN);
        let shown: Vec<_> = paths
            .into_iter()
            .take(SHOWN)
            .map(|path| {
                let word = match (self.0.get(path), other.0.get(path)) {
                    (Some(_), None) => "should not be there",
                    (None, _) => "is missing",
                    _ => "is another",
                };
                format!("{} {word}", path.display())
            })
            .collect();
        format!("{}; {more} more", shown.join(", "))
    }

    /// Without what a run that did not commit may leave.
    pub fn without_staging(&self) -> Self {
        let mut nodes = self.0.clone();
        if !nodes.contains_key(Path::new(".rapidkit/txn/COMMIT")) {
            nodes.retain(|path, _| !path.starts_with(".rapidkit/txn"));
        }
        let own = Path::new(".rapidkit");
        if !nodes
            .keys()
            .any(|path| path != own && path.starts_with(own))
        {
            nodes.remove(own);
        }
        Self(nodes)
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
