//! The temporary folder of one server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::account::Account;
use crate::types::Problem;

/// A Unix socket's whole path must fit in about 100 bytes; `.s.PGSQL.12345` and the folder's own
/// name take about 50 of them.
const LONGEST_PARENT: usize = 50;

/// `data/` and `run/` belong to the server's user, the folder and `log` to the caller.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Makes the folder in `parent`, or where that is too long a path or closed to the server's
    /// user, in a folder open to all.
    pub(super) fn create(parent: &Path, account: &Account) -> Result<Self, Problem> {
        let fits = |at: &Path| {
            at.as_os_str().len() <= LONGEST_PARENT
                && account.stopped_at(at).is_none()
                && at.is_dir()
        };
        let parent = [parent, Path::new("/tmp"), Path::new("/var/tmp")]
            .into_iter()
            .find(|at| fits(at))
            .ok_or_else(|| {
                Problem::input("no temporary folder that a PostgreSQL server can use")
                    .note(format!("tried {}, /tmp and /var/tmp", parent.display()))
                    .help("set TMPDIR to a short path that every user can enter")
            })?;
        let root = tempfile::Builder::new()
            .prefix("rapidkit-pg-")
            .tempdir_in(parent)
            .map(tempfile::TempDir::keep)
            .map_err(|error| {
                Problem::input(format!(
                    "no folder could be made in {}: {error}",
                    parent.display()
                ))
            })?;
        let folder = Self { root };
        folder.furnish(account).map_err(|error| {
            let problem = Problem::input(format!("{}: {error}", folder.root.display()));
            folder.remove();
            problem
        })?;
        Ok(folder)
    }

    fn furnish(&self, account: &Account) -> std::io::Result<()> {
        // Passable for the server's user, but not listed.
        fs::set_permissions(&self.root, fs::Permissions::from_mode(0o711))?;
        for (name, mode) in [("data", 0o700), ("run", 0o755)] {
            let path = self.root.join(name);
            fs::create_dir(&path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
            account.own(&path)?;
        }
        Ok(())
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Where the Unix socket is.
    pub(super) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    pub(super) fn remove(&self) {
        // The server may still be writing its last file: a second attempt then finds peace.
        for _ in 0..20 {
            if fs::remove_dir_all(&self.root).is_ok() || !self.root.exists() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}
