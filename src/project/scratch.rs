use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::Project;
use crate::types::{EntryKind, Files as _, Problem, ProjectPath};

/// A copy, outside the project, of files that commands may change, and of what stands beside and above them: the
/// settings that tools look for there. Whatever else is done in it is gone with it.
#[derive(Debug)]
pub struct Scratch {
    /// Stands for the root of the work tree.
    top: TempDir,
    /// Stands for the project's root.
    path: PathBuf,
}

/// What a tool reads its settings from is smaller, in bytes.
const LARGEST: usize = 256 << 10;

impl Project {
    /// Copies `files`, of which the project need not have any, with their surroundings.
    ///
    /// # Errors
    /// A file that cannot be read, or no room for the copy.
    pub fn scratch(&self, files: &[(&ProjectPath, &str)]) -> Result<Scratch, Problem> {
        let (work_tree, project) = self.work_tree();
        let around = Self::open(work_tree)?;
        let top = tempfile::tempdir().map_err(|error| cannot_copy(&error))?;
        let path = top.path().join(project.as_str());
        let scratch = Scratch { top, path };
        let mut surroundings: Vec<ProjectPath> = Vec::new();
        for (path, _) in files {
            let mut parent = project.join(path).parent();
            while let Some(directory) = parent.filter(|parent| !surroundings.contains(parent)) {
                parent = directory.parent();
                surroundings.push(directory);
            }
        }
        for directory in surroundings {
            around.copy_files_of(&directory, &scratch)?;
        }
        for (path, text) in files {
            scratch.write(&project.join(path), text.as_bytes())?;
        }
        Ok(scratch)
    }

    /// The root of the git work tree around the project, and where in it the project lies. The project's root where there
    /// is none, or where a directory between them has a name that no path here can have.
    pub fn work_tree(&self) -> (&Path, ProjectPath) {
        let mut ancestors = self.path.ancestors();
        let place = |root| {
            let inside = self.path.strip_prefix(root).ok()?.to_str()?;
            Some((root, ProjectPath::existing(inside).ok()?))
        };
        ancestors
            .find(|directory| directory.join(".git").exists())
            .and_then(place)
            .unwrap_or_else(|| (&self.path, ProjectPath::root()))
    }

    fn copy_files_of(&self, directory: &ProjectPath, scratch: &Scratch) -> Result<(), Problem> {
        for entry in self.entries(directory)? {
            let Ok(name) = ProjectPath::existing(&entry.name) else {
                continue;
            };
            let path = directory.join(&name);
            // Installed packages are found by way of this directory, and are not a thing to copy.
            if entry.name == "node_modules" {
                let to = scratch.top.path().join(path.as_str());
                scratch.directory(&path)?;
                symlink(self.path.join(path.as_str()), to).map_err(|error| cannot_copy(&error))?;
            }
            // Secrets are no settings of a tool.
            let is_secret = entry.name.starts_with(".env");
            if entry.kind != EntryKind::File || is_secret {
                continue;
            }
            match self.bytes(&path) {
                Ok(Some(bytes)) if bytes.len() <= LARGEST => scratch.write(&path, &bytes)?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl Scratch {
    /// Its root, which stands for the project's.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file as it is now.
    ///
    /// # Errors
    /// It is gone, no regular file, too large or not UTF-8.
    pub fn text(&self, path: &ProjectPath) -> Result<String, Problem> {
        let text = Project::open(self.path())?.text(path)?;
        let gone = || Problem::input("a command has removed it").in_file(path);
        Ok(text.ok_or_else(gone)?.to_string())
    }

    fn directory(&self, path: &ProjectPath) -> Result<(), Problem> {
        let parent = path.parent().unwrap_or_else(ProjectPath::root);
        #[allow(clippy::disallowed_methods, reason = "this is the room that writes")]
        std::fs::create_dir_all(self.top.path().join(parent.as_str()))
            .map_err(|error| cannot_copy(&error))
    }

    fn write(&self, path: &ProjectPath, bytes: &[u8]) -> Result<(), Problem> {
        self.directory(path)?;
        std::fs::File::create(self.top.path().join(path.as_str()))
            .and_then(|mut file| file.write_all(bytes))
            .map_err(|error| cannot_copy(&error))
    }
}

fn cannot_copy(error: &std::io::Error) -> Problem {
    Problem::input(format!(
        "cannot copy files for the module's commands: {error}"
    ))
}
