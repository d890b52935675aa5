//! Public keys, one a line, as OpenSSH's `sshkey_in_file` reads them.

use super::Revoked;
use crate::signature::key::KeyError;
use crate::signature::keyline::{self, KeyText};

/// A line that cannot be judged.
#[derive(Debug)]
pub struct ListError {
    /// From 1.
    pub line: usize,
    /// The line's bytes.
    pub span: std::ops::Range<usize>,
    pub fault: Fault,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the line is not UTF-8")]
    NotText,
    /// OpenSSH takes a blank line with CRLF for a malformed key.
    #[error("the line holds a control character, perhaps a CRLF line ending")]
    Control,
    #[error("expected a public key")]
    NoKey,
    #[error("keys of type `{}` cannot be judged here, and can never sign here", .0.escape_debug())]
    Type(String),
    #[error(transparent)]
    Key(KeyError),
}

pub fn read(bytes: &[u8]) -> Result<Revoked, ListError> {
    let mut revoked = Revoked::default();
    let mut start = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        match read_line(content) {
            Ok(None) => {}
            Ok(Some(blob)) => {
                revoked.keys.insert(blob);
            }
            Err(fault) => {
                return Err(ListError {
                    line: index + 1,
                    span: start..start + content.len(),
                    fault,
                });
            }
        }
        start += line.len();
    }
    Ok(revoked)
}

fn read_line(line: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    let line = std::str::from_utf8(line).map_err(|_| Fault::NotText)?;
    if line.contains(|c: char| c.is_control() && c != '\t') {
        return Err(Fault::Control);
    }
    let line = line.trim_start_matches([' ', '\t']);
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    match keyline::read(line) {
        KeyText::Key(key) => Ok(Some(key.to_blob())),
        KeyText::Other(kind) => Err(Fault::Type(kind)),
        KeyText::Bad(error) => Err(Fault::Key(error)),
        KeyText::NotAKey => Err(Fault::NoKey),
    }
}
