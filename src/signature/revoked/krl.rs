//! The binary key revocation list: OpenSSH `PROTOCOL.krl`.

use super::Revoked;
use crate::signature::key::{KeyError, PublicKey};
use crate::signature::wire::{Reader, Truncated};

/// `KRL_MAGIC`.
pub const MAGIC: &[u8] = b"SSHKRL\n\0";
const VERSION: u32 = 1;

const CERTIFICATES: u8 = 1;
const EXPLICIT_KEY: u8 = 2;
const FINGERPRINT_SHA1: u8 = 3;
const SIGNATURE: u8 = 4;
const FINGERPRINT_SHA256: u8 = 5;
const EXTENSION: u8 = 255;

/// A list that is malformed, or that says something which cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KrlError {
    #[error(transparent)]
    Truncated(#[from] Truncated),
    #[error("it has KRL format {0}, this rapidkit-pg knows format {VERSION}")]
    Version(u32),
    #[error("it sets flags that are not defined")]
    Flags,
    #[error("its reserved field is not empty")]
    Reserved,
    #[error("its comment is not text")]
    Comment,
    #[error("it revokes certificates, which cannot be judged here and are never accepted here")]
    Certificates,
    /// OpenSSH from 9.4 on does not verify it either.
    #[error("it carries a signature of its own, which cannot be judged")]
    Signature,
    #[error("it has an extension, which cannot be judged")]
    Extension,
    #[error("it has a section of the unknown kind {0}")]
    Section(u8),
    #[error("it has an empty section")]
    EmptySection,
    #[error("a fingerprint has {found} bytes instead of {expected}")]
    Fingerprint { expected: usize, found: usize },
    #[error("a revoked key cannot be read: {0}")]
    Key(KeyError),
}

/// Reads what follows the magic bytes.
pub fn read(body: &[u8]) -> Result<Revoked, KrlError> {
    let mut reader = Reader::new(body);
    let version = reader.u32()?;
    if version != VERSION {
        return Err(KrlError::Version(version));
    }
    // Its version and its date order lists among each other; they say nothing about a key.
    reader.u64()?;
    reader.u64()?;
    if reader.u64()? != 0 {
        return Err(KrlError::Flags);
    }
    if !reader.string()?.is_empty() {
        return Err(KrlError::Reserved);
    }
    if std::str::from_utf8(reader.string()?).map_or(true, |comment| comment.contains('\0')) {
        return Err(KrlError::Comment);
    }
    let mut revoked = Revoked::default();
    while !reader.is_empty() {
        let kind = reader.u8()?;
        let mut section = Reader::new(reader.string()?);
        match kind {
            CERTIFICATES => return Err(KrlError::Certificates),
            SIGNATURE => return Err(KrlError::Signature),
            EXTENSION => return Err(KrlError::Extension),
            EXPLICIT_KEY | FINGERPRINT_SHA1 | FINGERPRINT_SHA256 => {}
            other => return Err(KrlError::Section(other)),
        }
        if section.is_empty() {
            return Err(KrlError::EmptySection);
        }
        while !section.is_empty() {
            let value = section.string()?;
            match kind {
                EXPLICIT_KEY => {
                    check_key(value)?;
                    revoked.keys.insert(value.to_vec());
                }
                FINGERPRINT_SHA1 => {
                    revoked.sha1.insert(fingerprint(value)?);
                }
                _ => {
                    revoked.sha256.insert(fingerprint(value)?);
                }
            }
        }
    }
    Ok(revoked)
}

fn fingerprint<const N: usize>(value: &[u8]) -> Result<[u8; N], KrlError> {
    value.try_into().map_err(|_| KrlError::Fingerprint {
        expected: N,
        found: value.len(),
    })
}

/// A key of a type that can never sign here revokes nothing that matters; one of ours that is malformed might.
fn check_key(blob: &[u8]) -> Result<(), KrlError> {
    match PublicKey::from_blob(blob) {
        Err(KeyError::Type(kind)) if kind.ends_with("-cert-v01@openssh.com") => {
            Err(KrlError::Certificates)
        }
        Ok(_) | Err(KeyError::Type(_)) => Ok(()),
        Err(error) => Err(KrlError::Key(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::wire::put_string;

    /// A list that revokes nothing.
    fn list(reserved: &str, comment: &str) -> Vec<u8> {
        let mut body = VERSION.to_be_bytes().to_vec();
        body.extend([0; 24]);
        put_string(&mut body, reserved);
        put_string(&mut body, comment);
        body
    }

    #[test]
    fn what_openssh_leaves_unread_is_not_left_open() {
        assert!(read(&list("", "keys of 2026")).unwrap().is_empty());
        let refused = |reserved, comment| read(&list(reserved, comment)).unwrap_err();
        assert_eq!(refused("x", ""), KrlError::Reserved);
        assert_eq!(refused("", "keys\0of 2026"), KrlError::Comment);
    }
}
