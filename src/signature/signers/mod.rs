//! `allowed_signers` files: ssh-keygen(1), ALLOWED SIGNERS.

mod line;
mod options;

use super::key::PublicKey;
use super::principal::PatternList;
use super::time::ValidityDate;
use crate::types::Problem;

use line::{Line, LineError};

/// Whose signatures count, read from an `allowed_signers` file.
///
/// The syntax is ssh-keygen's. Where it leaves out a line that it cannot read, this refuses the file: a typing mistake in
/// a file of trust should be seen by whoever made it. Lines that can never let an Ed25519 key sign are skipped, with a reason.
#[derive(Debug, Clone, Default)]
pub struct AllowedSigners {
    entries: Vec<Entry>,
    skipped: Vec<Skipped>,
}

/// A line of the file that lets a key sign.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The line's number, from 1.
    pub line: usize,
    /// Who signs with the key.
    pub principals: PatternList,
    /// What for; anything if `None`.
    pub namespaces: Option<PatternList>,
    pub valid_after: Option<ValidityDate>,
    pub valid_before: Option<ValidityDate>,
    pub key: PublicKey,
}

/// A line that is good for `ssh-keygen` and never accepted here.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// The line's number, from 1.
    pub line: usize,
    pub reason: SkipReason,
    /// The key on it, if it could sign but for the reason.
    pub key: Option<Box<PublicKey>>,
}

/// Why a line never lets anybody sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    #[error("`cert-authority`: certificates are not supported")]
    CertAuthority,
    #[error("keys of type `{}` are not supported", .0.escape_debug())]
    KeyType(String),
}

const LARGEST: usize = 1 << 20;

impl AllowedSigners {
    /// Reads a file's text; `path` is how the user calls it.
    ///
    /// # Errors
    /// A line that `ssh-keygen` would not read either; a file over 1 MiB; a line over 8 KiB; control characters; dates that
    /// are in no calendar.
    pub fn parse(path: &str, text: &str) -> Result<Self, Problem> {
        if text.len() > LARGEST {
            return Err(
                Problem::input("the list of allowed signers is larger than 1 MiB").in_file(path),
            );
        }
        let mut read = Self::default();
        let mut start = 0;
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let number = index + 1;
            let content = line.strip_suffix('\n').unwrap_or(line);
            let content = content.strip_suffix('\r').unwrap_or(content);
            match line::read(content) {
                Ok(Line::Blank) => {}
                Ok(Line::Skipped(reason, key)) => read.skipped.push(Skipped {
                    line: number,
                    reason,
                    key,
                }),
                Ok(Line::Entry(entry)) => read.entries.push(Entry {
                    line: number,
                    ..*entry
                }),
                Err(error) => return Err(problem(path, text, start, content, &error)),
            }
            start += line.len();
        }
        Ok(read)
    }

    /// The lines that let a key sign.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The lines that were left out, and why.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }
}

fn problem(path: &str, text: &str, start: usize, line: &str, error: &LineError) -> Problem {
    Problem::input(format!("the list of allowed signers cannot be read: {error}"))
        .at(path, text, start..start + line.len(), error.to_string())
        .help("each line is: principals [options] key-type base64 [comment]; see ssh-keygen(1), ALLOWED SIGNERS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_bound() {
        let most = "#\n".repeat(LARGEST / 2);
        assert!(AllowedSigners::parse("signers", &most).is_ok());
        let more = AllowedSigners::parse("signers", &format!("{most}#")).unwrap_err();
        assert!(more.message.contains("larger than 1 MiB"), "{more}");
    }
}
