//! Where PostgreSQL is looked for, in order.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::installation::{Installation, Source};
use super::{Progress, download};
use crate::types::Problem;

/// Where PostgreSQL is looked for: the named folder, `PATH`, the system's folders, the cache, and
/// last a download with the user's own package client. The caller fills it in; nothing is read
/// from the environment here.
#[derive(Debug, Clone)]
pub struct Search {
    bin_dir: Option<PathBuf>,
    path: Option<OsString>,
    cache: PathBuf,
    system: bool,
    download: bool,
}

impl Search {
    /// Looks in the system's folders and in `cache`, and downloads into `cache`.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self {
            bin_dir: None,
            path: None,
            cache: cache.into(),
            system: true,
            download: true,
        }
    }

    /// The folder that the user named (`RAPIDKIT_PG_BIN`). If given it must serve: nothing else is
    /// tried in its place.
    #[must_use]
    pub fn bin_dir(mut self, bin_dir: Option<PathBuf>) -> Self {
        self.bin_dir = bin_dir.filter(|dir| !dir.as_os_str().is_empty());
        self
    }

    /// The value of `PATH`; it finds PostgreSQL and, for a download, the package clients.
    #[must_use]
    pub fn path(mut self, path: Option<OsString>) -> Self {
        self.path = path;
        self
    }

    /// Whether to look where package managers put PostgreSQL (default: yes).
    #[must_use]
    pub fn system(mut self, system: bool) -> Self {
        self.system = system;
        self
    }

    /// Whether a build may be downloaded (default: yes).
    #[must_use]
    pub fn download(mut self, download: bool) -> Self {
        self.download = download;
        self
    }

    pub(super) fn find(&self, progress: Progress<'_>) -> Result<Installation, Problem> {
        if let Some(dir) = &self.bin_dir {
            return Installation::open(dir, Source::Named).map_err(|problem| {
                problem
                    .note(format!("RAPIDKIT_PG_BIN is {}", dir.display()))
                    .help("it must name the folder that holds initdb and postgres")
            });
        }
        let mut tried = Vec::new();
        let mut open = |dir: &Path, source| match Installation::open(dir, source) {
            Ok(found) => Some(found),
            Err(problem) => {
                // Only what looked like PostgreSQL and did not work is worth telling.
                if dir.join("postgres").is_file() {
                    tried.push(format!("{}: {problem}", dir.display()));
                }
                None
            }
        };
        let on_path = self.path.iter().flat_map(std::env::split_paths);
        for dir in on_path.filter(|dir| dir.is_absolute()) {
            if let Some(found) = open(&dir, Source::Path) {
                return Ok(found);
            }
        }
        if self.system {
            for dir in system_folders() {
                if let Some(found) = open(&dir, Source::System) {
                    return Ok(found);
                }
            }
        }
        for (package, bin) in download::cached(&self.cache) {
            if let Some(found) = open(&bin, Source::Cache) {
                return Ok(found.packaged_in(package));
            }
        }
        if self.download {
            match download::bring(&self.cache, self.path.as_ref(), progress) {
                Ok((package, bin)) => {
                    return Installation::open(&bin, Source::Downloaded)
                        .map(|found| found.packaged_in(package));
                }
                Err(attempts) => tried.extend(attempts),
            }
        }
        Err(tried.into_iter().fold(none_found(), Problem::note))
    }
}

fn none_found() -> Problem {
    let install = if cfg!(target_os = "macos") {
        "install it: `brew install postgresql`, or Postgres.app"
    } else {
        "install it: `apt-get install postgresql`, `dnf install postgresql-server`, `apk add postgresql`, \
         or `pacman -S postgresql`"
    };
    Problem::input("no PostgreSQL server programs on this machine, and none could be brought")
        .help(install)
        .help("or name the folder that holds initdb and postgres in RAPIDKIT_PG_BIN")
        .help("or have pip, uv or npm on PATH, which bring a packaged build without root")
}

/// Existing folders where package managers put PostgreSQL, the newest version first.
fn system_folders() -> Vec<PathBuf> {
    const ROOTS: [(&str, &str, &str); 7] = [
        ("/usr/lib/postgresql", "", "bin"), // Debian
        ("/usr", "pgsql-", "bin"),          // the PostgreSQL project's own RPMs
        ("/usr/libexec", "postgresql", ""), // Alpine
        ("/opt/homebrew/opt", "postgresql", "bin"),
        ("/usr/local/opt", "postgresql", "bin"),
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ];
    ROOTS
        .iter()
        .flat_map(|(root, prefix, below)| versions_in(Path::new(root), prefix, below))
        .collect()
}

fn versions_in(root: &Path, prefix: &str, below: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?;
            let digits: String = version
                .chars()
                .skip_while(|c| !c.is_ascii_digit())
                .take_while(char::is_ascii_digit)
                .collect();
            let dir = entry.path().join(below);
            dir.join("postgres")
                .is_file()
                .then(|| (digits.parse().unwrap_or(0), dir))
        })
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, dir)| dir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first() {
        let root = tempfile::tempdir().expect("a folder");
        for version in ["9", "10", "17"] {
            let bin = root.path().join(version).join("bin");
            fs::create_dir_all(&bin).expect("made");
            fs::write(bin.join("postgres"), "").expect("written");
        }
        let names: Vec<_> = versions_in(root.path(), "", "bin")
            .into_iter()
            .map(|dir| dir.strip_prefix(root.path()).expect("inside").to_owned())
            .collect();
        let expected = ["17/bin", "10/bin", "9/bin"].map(PathBuf::from);
        assert_eq!(names, expected);
    }

    #[test]
    fn a_named_folder_that_does_not_serve_is_an_error_and_not_skipped() {
        let cache = tempfile::tempdir().expect("a folder");
        let search = Search::new(cache.path()).bin_dir(Some("/nonexistent".into()));
        let problem = search.find(&|_| {}).expect_err("refused");
        assert_eq!(problem.message, "no initdb in /nonexistent");
        assert_eq!(problem.notes, ["RAPIDKIT_PG_BIN is /nonexistent"]);
    }

    #[test]
    fn nothing_found_names_what_to_install() {
        let cache = tempfile::tempdir().expect("a folder");
        let search = Search::new(cache.path()).system(false).download(false);
        let problem = search.find(&|_| {}).expect_err("none");
        let help = problem.help.join("\n");
        assert!(help.contains("RAPIDKIT_PG_BIN"), "got {help}");
        assert!(help.contains("install it"), "got {help}");
    }
}
