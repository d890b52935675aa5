use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::types::{Change, ContentHash, ProjectPath};

/// What a transaction is about to do, in the order it is done. Holds no file contents, so no secret.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    /// Directories that did not exist before, parents first.
    pub directories: Vec<ProjectPath>,
    pub steps: Vec<Step>,
    /// Directories that files are removed from, the deepest first: they go too if nothing is left in them.
    pub emptied: Vec<ProjectPath>,
}

/// One file that is created, replaced or removed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub path: ProjectPath,
    /// The file's name in the staging directory. Once the step is done it holds the bytes that were there before.
    pub staged: String,
    /// `None`: nothing was there.
    pub before: Option<ContentHash>,
    /// `None`: nothing will be there.
    pub after: Option<ContentHash>,
}

impl Journal {
    /// Reads a journal, which may have come with the project from somebody else.
    ///
    /// # Errors
    /// It is none, or names what no run writes: something inside `.git`, or outside the staging directory.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let journal: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let steps = journal.steps.iter();
        let mut paths = steps
            .map(|step| &step.path)
            .chain(&journal.directories)
            .chain(&journal.emptied);
        if let Some(path) = paths.find(|path| path.is_in_git()) {
            return Err(format!("`{path}` is inside `.git`"));
        }
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        match journal.steps.iter().find(|step| !is_name(&step.staged)) {
            Some(step) => Err(format!(
                "`{}` is no staged file",
                step.staged.escape_debug()
            )),
            None => Ok(journal),
        }
    }

    /// The journal of `changes`; `exists` tells which directories are there.
    pub fn of(changes: &[Change], exists: impl Fn(&ProjectPath) -> bool) -> Self {
        let mut directories = Vec::new();
        for change in changes {
            let mut missing = Vec::new();
            let mut parent = change.path.parent();
            while let Some(directory) =
                parent.filter(|directory| !directory.is_root() && !exists(directory))
            {
                parent = directory.parent();
                missing.push(directory);
            }
            for directory in missing.into_iter().rev() {
                if !directories.contains(&directory) {
                    directories.push(directory);
                }
            }
        }
        let steps = changes
            .iter()
            .enumerate()
            .map(|(index, change)| Step {
                path: change.path.clone(),
                staged: format!("{index:04}"),
                before: change.before.as_ref().map(ContentHash::of),
                after: change.after.as_ref().map(ContentHash::of),
            })
            .collect();
        Self {
            directories,
            steps,
            emptied: emptied(changes),
        }
    }
}

/// The directories that something is removed from, and all around them, the deepest first.
fn emptied(changes: &[Change]) -> Vec<ProjectPath> {
    let mut directories = BTreeSet::new();
    for change in changes.iter().filter(|change| change.after.is_none()) {
        let mut parent = change.path.parent();
        while let Some(directory) = parent
            .filter(|directory| !directory.is_root() && Some(directory) != change.stays.as_ref())
        {
            parent = directory.parent();
            directories.insert(directory);
        }
    }
    directories.into_iter().rev().collect()
}
