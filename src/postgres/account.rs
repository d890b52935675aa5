//! The user that the server runs as. PostgreSQL refuses to run as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::types::Problem;

/// Users to drop to when root, best first. Each needs an entry in the user database, because
/// `initdb` looks its own name up.
const CANDIDATES: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// Who runs `initdb` and `postgres`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    /// The user who called; not root.
    Own,
    /// Another user, since the caller is root.
    Other { name: String, uid: u32, gid: u32 },
}

impl Account {
    /// The caller if that is not root, else the first candidate of the user database.
    pub(super) fn choose() -> Result<Self, Problem> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        Self::from_passwd(&users).ok_or_else(|| {
            Problem::input("PostgreSQL does not run as root, and there is no user to run it as")
                .note(format!(
                    "looked in /etc/passwd for {}",
                    CANDIDATES.join(", ")
                ))
                .help("run this as another user, or create one: `useradd --system postgres`")
        })
    }

    fn from_passwd(users: &str) -> Option<Self> {
        CANDIDATES.iter().find_map(|wanted| {
            users.lines().find_map(|line| {
                let mut fields = line.split(':');
                let name = fields.next()?;
                let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
                (name == *wanted && uid != 0).then(|| Self::Other {
                    name: name.to_owned(),
                    uid,
                    gid,
                })
            })
        })
    }

    /// Makes a command run as this user. The standard library also empties the supplementary
    /// groups when root changes the user, so nothing of root's is left.
    pub(super) fn apply(&self, command: &mut Command) {
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    /// Gives a file or folder to this user.
    pub(super) fn own(&self, path: &Path) -> std::io::Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid, .. } => chown(path, Some(*uid), Some(*gid)),
        }
    }

    /// The first part of an absolute path that keeps this user from reaching it.
    pub(super) fn stopped_at(&self, path: &Path) -> Option<PathBuf> {
        let Self::Other { uid, gid, .. } = self else {
            return None;
        };
        let reach = |at: &Path| {
            fs::metadata(at).is_ok_and(|meta| {
                let shift = match (meta.uid() == *uid, meta.gid() == *gid) {
                    (true, _) => 6,
                    (_, true) => 3,
                    _ => 0,
                };
                // What is read must be readable, what is passed through must be passable.
                let wanted = if meta.is_dir() { 0o1 } else { 0o5 };
                (meta.mode() >> shift) & wanted == wanted
            })
        };
        let mut parts: Vec<&Path> = path.ancestors().collect();
        parts.reverse();
        parts.into_iter().find(|at| !reach(at)).map(Path::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/sbin/nologin\n\
                         postgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";

    #[test]
    fn postgres_is_preferred_to_nobody() {
        let expected = Account::Other {
            name: "postgres".into(),
            uid: 101,
            gid: 104,
        };
        assert_eq!(Account::from_passwd(USERS), Some(expected));
    }

    #[test]
    fn a_user_database_without_candidates_gives_none() {
        assert_eq!(Account::from_passwd("root:x:0:0::/root:/bin/sh\n"), None);
        assert_eq!(Account::from_passwd("postgres:x:0:0::/:/bin/sh\n"), None);
    }

    #[test]
    fn a_private_folder_stops_another_user_but_not_oneself() {
        let private = tempfile::tempdir().expect("a folder");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(private.path(), mode).expect("closed to others");
        let stranger = Account::Other {
            name: "stranger".into(),
            uid: 4_000_000,
            gid: 4_000_000,
        };
        let inside = private.path().join("bin");
        assert_eq!(
            stranger.stopped_at(&inside),
            Some(private.path().to_owned())
        );
        assert_eq!(Account::Own.stopped_at(&inside), None);
    }
}
