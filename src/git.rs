//! What git knows, by its own plumbing and without a shell. A library that reads packed repositories is a hundred crates;
//! whoever has a baseline has git.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::types::Problem;

const LARGEST: usize = 4 << 20;

/// A revision of the repository that a directory lies in.
#[derive(Debug)]
pub struct Revision<'a> {
    directory: &'a Path,
    commit: String,
}

impl<'a> Revision<'a> {
    /// Resolves `name`: a branch, a tag, a commit.
    ///
    /// # Errors
    /// No git, no repository, no such revision.
    pub fn resolve(directory: &'a Path, name: &str) -> Result<Self, Problem> {
        let commit = format!("{name}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--end-of-options", &commit];
        let output = run(directory, &arguments)?;
        match output {
            Some(bytes) => Ok(Self {
                directory,
                commit: String::from_utf8_lossy(&bytes).trim().to_owned(),
            }),
            None => Err(Problem::input(format!(
                "git knows no revision `{}` here",
                name.escape_debug()
            ))
            .help("fetch it first; a shallow clone has the last commit only")),
        }
    }

    /// The bytes of the file at `path`, which is relative to the directory; `None` if it was not there.
    ///
    /// # Errors
    /// Git cannot be run, or the file is larger than 4 MiB.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Problem> {
        let object = format!("{}:./{path}", self.commit);
        match run(self.directory, &["cat-file", "blob", &object])? {
            Some(bytes) if bytes.len() > LARGEST => {
                Err(Problem::input("larger than 4 MiB at the baseline").in_file(path))
            }
            other => Ok(other),
        }
    }
}

/// The first of `paths`, relative to the directory, that git leaves out of a commit. `None` where there is no git.
pub fn ignored<'p>(directory: &Path, paths: impl Iterator<Item = &'p str>) -> Option<String> {
    let mut arguments = vec!["check-ignore", "--"];
    arguments.extend(paths);
    let listed = run(directory, &arguments).ok()??;
    let first = listed.split(|byte| *byte == b'\n').next()?;
    Some(String::from_utf8_lossy(first).into_owned())
}

/// Standard output, `None` if git refused.
fn run(directory: &Path, arguments: &[&str]) -> Result<Option<Vec<u8>>, Problem> {
    let output = Command::new("git")
        .current_dir(directory)
        .args(arguments)
        // A repository's own settings must not make git fetch, ask or write.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|error| Problem::input(format!("cannot run git: {error}")))?;
    Ok(output.status.success().then_some(output.stdout))
}
