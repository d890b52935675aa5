//! The options between principals and key, read as OpenSSH's `sshsigopt_parse` does.

use crate::signature::principal::{PatternList, PatternTooLong};
use crate::signature::time::{DateError, End, ValidityDate};

/// What a line's options say.
#[derive(Debug, Default)]
pub struct Options {
    pub cert_authority: bool,
    pub namespaces: Option<PatternList>,
    pub valid_after: Option<ValidityDate>,
    pub valid_before: Option<ValidityDate>,
}

/// What is wrong with an option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// `no-touch-required` is one of them: `ssh-keygen` does not know it in this file either.
    #[error("unknown option `{}`", .0.escape_debug())]
    Unknown(String),
    #[error("`{0}` stands twice")]
    Twice(&'static str),
    #[error("`{0}` needs a value in double quotes")]
    Unquoted(&'static str),
    #[error("the options end with a comma")]
    TrailingComma,
    #[error("`{name}`: {error}")]
    Date {
        name: &'static str,
        error: DateError,
    },
    #[error("`namespaces`: {0}")]
    Namespaces(#[from] PatternTooLong),
}

const CERT_AUTHORITY: &str = "cert-authority";
const NAMESPACES: &str = "namespaces";
const VALID_AFTER: &str = "valid-after";
const VALID_BEFORE: &str = "valid-before";

/// Where the options that `text` begins with end: at the first blank outside quotes. `None` if a quote is not closed.
pub fn end(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if bytes.get(at + 1) == Some(&b'"') => escaped = true,
            b'"' => quoted = !quoted,
            b' ' | b'\t' if !quoted => return Some(at),
            _ => {}
        }
    }
    (!quoted).then_some(text.len())
}

/// Reads comma-separated options. Names are compared without regard to case; empty ones between commas are nothing.
pub fn read(text: &str) -> Result<Options, OptionError> {
    let mut options = Options::default();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(after) = strip_name(rest, CERT_AUTHORITY) {
            options.cert_authority = true;
            rest = after;
        } else if let Some(value) = strip_assigned(rest, NAMESPACES) {
            let (value, after) = dequote(value, NAMESPACES)?;
            set(
                &mut options.namespaces,
                PatternList::new(&value)?,
                NAMESPACES,
            )?;
            rest = after;
        } else if let Some(value) = strip_assigned(rest, VALID_AFTER) {
            let (date, after) = date(value, VALID_AFTER, End::After)?;
            set(&mut options.valid_after, date, VALID_AFTER)?;
            rest = after;
        } else if let Some(value) = strip_assigned(rest, VALID_BEFORE) {
            let (date, after) = date(value, VALID_BEFORE, End::Before)?;
            set(&mut options.valid_before, date, VALID_BEFORE)?;
            rest = after;
        }
        if rest.is_empty() {
            break;
        }
        rest = rest.strip_prefix(',').ok_or_else(|| {
            OptionError::Unknown(rest.split(',').next().unwrap_or_default().to_owned())
        })?;
        if rest.is_empty() {
            return Err(OptionError::TrailingComma);
        }
    }
    Ok(options)
}

fn strip_name<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then_some(rest)
}

fn strip_assigned<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    strip_name(text, name)?.strip_prefix('=')
}

/// The text in quotes, in which `\"` is a quote, and what comes after it.
fn dequote<'a>(text: &'a str, name: &'static str) -> Result<(String, &'a str), OptionError> {
    let mut rest = text.strip_prefix('"').ok_or(OptionError::Unquoted(name))?;
    let mut value = String::new();
    loop {
        let at = rest.find(['"', '\\']).ok_or(OptionError::Unquoted(name))?;
        value.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("\\\"") {
            value.push('"');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\\') {
            value.push('\\');
            rest = after;
        } else {
            return Ok((value, &rest[1..]));
        }
    }
}

fn date<'a>(
    text: &'a str,
    name: &'static str,
    end: End,
) -> Result<(ValidityDate, &'a str), OptionError> {
    let (value, after) = dequote(text, name)?;
    let date =
        ValidityDate::parse(&value, end).map_err(|error| OptionError::Date { name, error })?;
    Ok((date, after))
}

fn set<T>(place: &mut Option<T>, value: T, name: &'static str) -> Result<(), OptionError> {
    if place.replace(value).is_some() {
        return Err(OptionError::Twice(name));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_end_where_openssh_ends_them() {
        for (text, expected) in [
            ("a b", Some(1)),
            ("a=\"b c\",d e", Some(9)),
            ("a=\"b\\\" c\" d", Some(9)),
            ("a=\"b\\\\\" d", None),
            ("a\\\" b", Some(3)),
            ("a", Some(1)),
            ("a=\"b c", None),
        ] {
            assert_eq!(end(text), expected, "{text}");
        }
    }

    #[test]
    fn options_are_read() {
        let options =
            read("CERT-authority,,namespaces=\"a,b \\\"c\",valid-after=\"20260101Z\"").unwrap();
        assert!(options.cert_authority);
        assert_eq!(options.namespaces.unwrap().as_str(), "a,b \"c");
        assert_eq!(options.valid_after.unwrap().as_written(), "20260101Z");
        assert!(options.valid_before.is_none());
    }

    #[test]
    fn what_openssh_refuses_is_refused() {
        for (text, expected) in [
            ("no-touch-required", "unknown option `no-touch-required`"),
            ("cert-authorityx", "unknown option `x`"),
            ("namespaces", "unknown option `namespaces`"),
            (
                "namespaces=a",
                "`namespaces` needs a value in double quotes",
            ),
            (
                "namespaces=\"a",
                "`namespaces` needs a value in double quotes",
            ),
            ("namespaces=\"a\"b", "unknown option `b`"),
            (
                "namespaces=\"a\",namespaces=\"b\"",
                "`namespaces` stands twice",
            ),
            ("cert-authority,", "the options end with a comma"),
            (
                "valid-after=\"x\"",
                "`valid-after`: expected YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with a `Z` for UTC",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), expected);
        }
    }
}
