//! Keys that no longer count: a list of public keys or an OpenSSH key revocation list (KRL).

mod krl;
mod list;

use std::collections::HashSet;

use sha1::{Digest, Sha1};

use super::key::{Fingerprint, PublicKey};
use crate::types::Problem;

/// Revoked keys. Empty unless a file was read.
///
/// Whatever `ssh-keygen -Y verify -r` would stop at stops this too, and so does whatever this cannot judge: a line or a
/// section left out might be the one that revokes the key at hand.
#[derive(Debug, Clone, Default)]
pub struct Revoked {
    /// Whole encodings.
    keys: HashSet<Vec<u8>>,
    sha1: HashSet<[u8; 20]>,
    sha256: HashSet<[u8; 32]>,
}

/// What revoked a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokedBy {
    Key,
    Sha1,
    Sha256,
}

const LARGEST: usize = 4 << 20;

impl Revoked {
    /// Reads a file of revoked keys, whichever of the two kinds it is; `path` is how the user calls it.
    ///
    /// # Errors
    /// A file over 4 MiB or without a byte; for a list of keys, a line that is not one of an Ed25519 key; for a KRL,
    /// anything that is malformed, and sections other than keys and their fingerprints.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, Problem> {
        let cannot = |reason: &dyn std::fmt::Display| {
            Problem::input(format!("the revoked keys cannot be read: {reason}"))
        };
        if bytes.len() > LARGEST {
            return Err(cannot(&"the file is larger than 4 MiB").in_file(path));
        }
        if bytes.is_empty() {
            return Err(cannot(&"the file is empty")
                .in_file(path)
                .help("a list with nothing to revoke has at least a comment, `# none`"));
        }
        if let Some(body) = bytes.strip_prefix(krl::MAGIC) {
            return krl::read(body).map_err(|error| {
                cannot(&error).in_file(path).help(
                    "rebuild it from the keys with `ssh-keygen -k`, or list the keys one a line",
                )
            });
        }
        list::read(bytes).map_err(|error| {
            let text = String::from_utf8_lossy(bytes);
            // A replaced byte would move the span.
            let text = if text.len() == bytes.len() {
                &*text
            } else {
                ""
            };
            let span = if text.is_empty() { 0..0 } else { error.span };
            cannot(&format!("line {}: {}", error.line, error.fault))
                .at(path, text, span, error.fault.to_string())
                .help("each line is an Ed25519 public key: key-type base64 [comment]")
        })
    }

    /// What revoked `key`, if anything did.
    pub fn revokes(&self, key: &PublicKey) -> Option<RevokedBy> {
        let blob = key.to_blob();
        let fingerprint: Fingerprint = key.fingerprint();
        let sha1: [u8; 20] = Sha1::digest(&blob).into();
        if self.keys.contains(&blob) {
            Some(RevokedBy::Key)
        } else if self.sha256.contains(fingerprint.as_bytes()) {
            Some(RevokedBy::Sha256)
        } else if self.sha1.contains(&sha1) {
            Some(RevokedBy::Sha1)
        } else {
            None
        }
    }

    /// How many keys and fingerprints are revoked.
    pub fn len(&self) -> usize {
        self.keys.len() + self.sha1.len() + self.sha256.len()
    }

    /// Whether nothing is revoked.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Display for RevokedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Key => "the key is listed",
            Self::Sha1 => "its SHA-1 fingerprint is listed",
            Self::Sha256 => "its SHA-256 fingerprint is listed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_bound() {
        let most = "#\n".repeat(LARGEST / 2);
        assert!(Revoked::parse("revoked", most.as_bytes()).is_ok());
        let more = Revoked::parse("revoked", format!("{most}#").as_bytes()).unwrap_err();
        assert!(more.message.contains("larger than 4 MiB"), "{more}");
    }
}
