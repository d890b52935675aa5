//! One line of an `allowed_signers` file, taken apart as OpenSSH's `parse_principals_key_and_options` does.

use super::options::{self, OptionError, Options};
use super::{Entry, SkipReason};
use crate::signature::key::{KeyError, PublicKey};
use crate::signature::keyline::{self, KeyText};
use crate::signature::principal::{PatternList, PatternTooLong};
use crate::signature::time::ValidityDate;

/// What a line is.
#[derive(Debug)]
pub enum Line {
    /// Nothing, or a comment.
    Blank,
    /// With its key, if the key could sign but for the reason.
    Skipped(SkipReason, Option<Box<PublicKey>>),
    /// Its number is the caller's to fill in.
    Entry(Box<Entry>),
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("the line is longer than {LONGEST} bytes")]
    TooLong,
    #[error("the line holds a control character")]
    Control,
    #[error("the principals' quote is not closed")]
    OpenQuote,
    #[error("there is nothing after the principals")]
    OnlyPrincipals,
    #[error(transparent)]
    Principals(#[from] PatternTooLong),
    #[error("the principals allow nobody")]
    Nobody,
    #[error("the options' quote is not closed")]
    OpenOptions,
    #[error("expected a key, such as `ssh-ed25519 AAAA…`")]
    NoKey,
    #[error(transparent)]
    Key(KeyError),
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error("`valid-before` is not after `valid-after`")]
    NoTimeLeft,
}

const LONGEST: usize = 8 << 10;

/// Reads a line without its line ending.
pub fn read(line: &str) -> Result<Line, LineError> {
    if line.len() > LONGEST {
        return Err(LineError::TooLong);
    }
    if line.contains(|c: char| c.is_control() && c != '\t') {
        return Err(LineError::Control);
    }
    let line = line.trim_start_matches([' ', '\t']);
    if line.is_empty() || line.starts_with('#') {
        return Ok(Line::Blank);
    }
    let (principals, rest) = split_principals(line)?;
    let principals = PatternList::new(&principals)?;
    let (options, key) = split_key(rest)?;
    let key = match key {
        KeyText::Key(key) => Ok(key),
        KeyText::Other(kind) => Err(SkipReason::KeyType(kind)),
        KeyText::Bad(error) => return Err(LineError::Key(error)),
        KeyText::NotAKey => return Err(LineError::NoKey),
    };
    let options = options::read(options)?;
    if let (Some(after), Some(before)) = (&options.valid_after, &options.valid_before)
        && ValidityDate::leaves_nothing(after, before)
    {
        return Err(LineError::NoTimeLeft);
    }
    let key = match key {
        Ok(key) => key,
        Err(reason) => return Ok(Line::Skipped(reason, None)),
    };
    let Options {
        cert_authority,
        namespaces,
        valid_after,
        valid_before,
    } = options;
    if cert_authority {
        return Ok(Line::Skipped(
            SkipReason::CertAuthority,
            Some(Box::new(key)),
        ));
    }
    if principals.somebody().is_none() {
        return Err(LineError::Nobody);
    }
    Ok(Line::Entry(Box::new(Entry {
        line: 0,
        principals,
        namespaces,
        valid_after,
        valid_before,
        key,
    })))
}

/// The first word, as OpenSSH's `strdelimw` cuts it: a quote may begin anywhere in it and ends it where it closes.
fn split_principals(line: &str) -> Result<(String, &str), LineError> {
    let end = line
        .find([' ', '\t', '"'])
        .ok_or(LineError::OnlyPrincipals)?;
    let (word, rest) = (&line[..end], &line[end + 1..]);
    let (principals, rest) = if line[end..].starts_with('"') {
        let (quoted, rest) = rest.split_once('"').ok_or(LineError::OpenQuote)?;
        (format!("{word}{quoted}"), rest)
    } else {
        (word.to_owned(), rest)
    };
    Ok((principals, rest.trim_start_matches([' ', '\t'])))
}

/// The options, if there are any, and the key: whatever reads as a key is one.
fn split_key(text: &str) -> Result<(&str, KeyText), LineError> {
    match keyline::read(text) {
        KeyText::NotAKey => {}
        key => return Ok(("", key)),
    }
    let end = options::end(text).ok_or(LineError::OpenOptions)?;
    let key = text[end..].trim_start_matches([' ', '\t']);
    Ok((&text[..end], keyline::read(key)))
}
