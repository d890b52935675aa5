//! A public key as text, `ssh-ed25519 AAAA… comment`: sshd(8), AUTHORIZED_KEYS FILE FORMAT.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::{KeyError, PublicKey};
use super::wire::Reader;

/// What text holds where a key is expected.
#[derive(Debug)]
pub enum KeyText {
    /// A key this program can judge.
    Key(PublicKey),
    /// A key of a type that can never sign here.
    Other(String),
    /// A key of a type that can, but malformed.
    Bad(KeyError),
    /// Something else, perhaps options.
    NotAKey,
}

/// Reads `type base64 [comment]`.
pub fn read(text: &str) -> KeyText {
    let kind = text.split([' ', '\t']).next().unwrap_or_default();
    // OpenSSH lets any number of blanks stand between the two; a comment it does not look at.
    let rest = text[kind.len()..].trim_start_matches([' ', '\t']);
    let base64 = rest.split([' ', '\t']).next().unwrap_or_default();
    let Ok(blob) = STANDARD.decode(base64) else {
        return KeyText::NotAKey;
    };
    if Reader::new(&blob).string() != Ok(kind.as_bytes()) {
        return KeyText::NotAKey;
    }
    match PublicKey::from_blob(&blob) {
        Ok(key) => KeyText::Key(key),
        Err(KeyError::Type(kind)) => KeyText::Other(kind),
        Err(error) => KeyText::Bad(error),
    }
}
