//! Who signs, and the patterns that name them: `ssh_config(5)` PATTERNS, as OpenSSH's `match_pattern_list` reads them.

use std::fmt;
use std::str::FromStr;

/// Who a signature has to be from: `release@example.org`. What `ssh-keygen -Y verify` takes as `-I`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal(String);

/// Text that names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a principal has 1 to {} bytes and no control characters",
    Principal::LONGEST
)]
pub struct PrincipalError;

impl Principal {
    /// As long as an address may be; a bound on what matching costs.
    pub const LONGEST: usize = 254;

    /// The principal as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        if text.is_empty() || text.len() > Self::LONGEST || text.contains(char::is_control) {
            return Err(PrincipalError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A comma-separated list of patterns; `!` before one takes away what the others allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternList(String);

/// A pattern that OpenSSH has no room for: it takes the whole list as naming nobody, or does not, by what comes before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a pattern is longer than {} bytes", PatternList::LONGEST)]
pub struct PatternTooLong;

impl PatternList {
    /// One less than OpenSSH has room for, so that its handling of longer ones never matters.
    const LONGEST: usize = 1022;
    /// How many patterns are tried to find somebody a list allows: it takes the length of the list each.
    const TRIED: usize = 4;

    /// Takes a list as it is written.
    ///
    /// # Errors
    /// A pattern longer than 1,022 bytes.
    pub fn new(text: &str) -> Result<Self, PatternTooLong> {
        if text.split(',').any(|pattern| pattern.len() > Self::LONGEST) {
            return Err(PatternTooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The list as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether some pattern allows `name` and none takes it away.
    pub fn allows(&self, name: &str) -> bool {
        let mut allowed = false;
        for (negated, pattern) in self.patterns() {
            if matches(name.as_bytes(), pattern.as_bytes()) {
                if negated {
                    return false;
                }
                allowed = true;
            }
        }
        allowed
    }

    /// Somebody whom the list allows: a pattern always matches its own text. `None` if none of the first few patterns is
    /// left over by the negated ones, as in `*,!*`.
    pub fn somebody(&self) -> Option<Principal> {
        self.patterns()
            .filter(|(negated, _)| !negated)
            .filter_map(|(_, pattern)| pattern.parse::<Principal>().ok())
            .take(Self::TRIED)
            .find(|principal| self.allows(principal.as_str()))
    }

    fn patterns(&self) -> impl Iterator<Item = (bool, &str)> {
        self.0
            .split(',')
            .map(|pattern| match pattern.strip_prefix('!') {
                Some(pattern) => (true, pattern),
                None => (false, pattern),
            })
    }
}

impl fmt::Display for PatternList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `*` stands for any bytes, `?` for one. Only the last `*` is ever gone back to: that suffices, and bounds the work by the
/// product of the lengths.
fn matches(name: &[u8], pattern: &[u8]) -> bool {
    let (mut n, mut p) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((n, p));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[n] => {
                n += 1;
                p += 1;
            }
            _ => {
                let Some((from, star)) = retry else {
                    return false;
                };
                retry = Some((from + 1, star));
                n = from + 1;
                p = star + 1;
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_openssh() {
        for (list, name, expected) in [
            ("a@x", "a@x", true),
            ("a@x", "A@x", false),
            ("*@x", "a@x", true),
            ("*@x", "@x", true),
            ("?@x", "a@x", true),
            ("?@x", "@x", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("**", "", true),
            ("b@x,a@x", "a@x", true),
            ("*@x,!a@x", "a@x", false),
            ("!a@x,*@x", "a@x", false),
            ("!a@x,*@x", "b@x", true),
            ("!a@x", "b@x", false),
            ("!!a@x", "!a@x", false),
            ("", "", true),
            ("a,,b", "", true),
            ("a?", "aé", false),
        ] {
            assert_eq!(
                PatternList::new(list).unwrap().allows(name),
                expected,
                "{list} {name}"
            );
        }
    }

    #[test]
    fn somebody_is_somebody_the_list_allows() {
        for (list, expected) in [
            ("a@x,b@x", Some("a@x")),
            ("!a@x,a@x,b@x", Some("b@x")),
            ("*@x", Some("*@x")),
            ("*,!*", None),
            ("!a@x", None),
            (",", None),
        ] {
            let somebody = PatternList::new(list).unwrap().somebody();
            assert_eq!(somebody.as_ref().map(Principal::as_str), expected, "{list}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let list = PatternList::new(&"*a".repeat(500)).unwrap();
        let start = std::time::Instant::now();
        for _ in 0..100 {
            assert!(!list.allows(&format!("{}b", "a".repeat(253))));
        }
        assert!(start.elapsed().as_secs() < 2);
    }
}
