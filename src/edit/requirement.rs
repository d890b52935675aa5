//! One Python requirement: `sqlalchemy[asyncio]>=2.0,<3 ; python_version > "3.9"`.

use crate::types::Dependency;

/// A requirement, as PEP 508 writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Lower case, words joined by `-`.
    pub name: String,
    pub extras: Vec<String>,
    /// The version clauses: `>=2.0,<3`; empty for any version.
    pub versions: String,
    /// The bytes of the name and of the brackets after it.
    head: usize,
}

impl Requirement {
    /// Reads a requirement; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let start = text.len() - text.trim_start().len();
        let rest = &text[start..];
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
            .unwrap_or(rest.len());
        let name = normalised(&rest[..end]);
        if name.is_empty() || !rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let tail = &rest[end..];
        let blank = tail.len() - tail.trim_start().len();
        let (extras, tail, head) = match tail[blank..].strip_prefix('[') {
            Some(inside) => {
                let close = inside.find(']')?;
                if inside[..close].contains('[') {
                    return None;
                }
                let extras = inside[..close].split(',').map(|e| normalised(e.trim()));
                let head = start + end + blank + close + 2;
                (
                    extras.filter(|e| !e.is_empty()).collect(),
                    &inside[close + 1..],
                    head,
                )
            }
            None => (Vec::new(), tail, start + end),
        };
        let versions = tail.split([';', '#', '@']).next().unwrap_or_default();
        let versions = versions
            .trim()
            .trim_start_matches('(')
            .trim_end_matches(')');
        Some(Self {
            name,
            extras,
            versions: versions.split_whitespace().collect(),
            head,
        })
    }

    /// The same text with more extras.
    pub fn with_extras(&self, text: &str, missing: &[String]) -> String {
        let (head, tail) = text.split_at(self.head);
        let more = missing.join(",");
        let Some(open) = head.strip_suffix(']') else {
            return format!("{head}[{more}]{tail}");
        };
        let (there, blank) = open.split_at(open.trim_end().len());
        let comma = if there.ends_with(['[', ',']) { "" } else { "," };
        format!("{there}{comma}{more}{blank}]{tail}")
    }
}

/// A dependency as a requirement.
pub fn requirement(dependency: &Dependency) -> String {
    let extras = match dependency.features.is_empty() {
        true => String::new(),
        false => format!("[{}]", dependency.features.join(",")),
    };
    format!("{}{extras}{}", dependency.name, dependency.version)
}

/// A package's name as package indexes compare it (PEP 503).
pub fn normalised(name: &str) -> String {
    name.to_lowercase()
        .split(['-', '_', '.'])
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

type Version = Vec<u64>;

/// Whether some version meets both sets of clauses, those of PEP 440 and of Poetry.
pub fn overlap(one: &str, other: &str) -> bool {
    let (one, other) = (interval(one), interval(other));
    let (low, high) = (one.0.max(other.0), one.1.into_iter().chain(other.1).min());
    high.is_none_or(|high| low < high)
}

/// The lowest version, and the one that all versions are below.
fn interval(clauses: &str) -> (Version, Option<Version>) {
    let (mut low, mut high) = (Version::new(), None::<Version>);
    let mut below = |bound: Version| {
        high = Some(high.take().map_or(bound.clone(), |high| high.min(bound)));
    };
    for clause in clauses.split(',').map(str::trim) {
        let at = clause.find(|c: char| c.is_ascii_digit());
        let Some((operator, version)) = at.map(|at| clause.split_at(at)) else {
            continue; // `*`, or nothing
        };
        let numbers = numbers(version);
        match operator.trim() {
            ">=" | ">" => low = low.max(numbers),
            "<" => below(numbers),
            "<=" => below(next(&numbers, numbers.len().max(3))),
            "==" | "===" | "" | "=" => {
                let exact = if version.contains('*') {
                    numbers.len()
                } else {
                    numbers.len().max(3)
                };
                below(next(&numbers, exact));
                low = low.max(numbers);
            }
            "~=" => {
                below(next(&numbers, numbers.len().saturating_sub(1).max(1)));
                low = low.max(numbers);
            }
            "^" => {
                let leading = numbers.iter().position(|n| *n > 0).map_or(1, |at| at + 1);
                below(next(&numbers, leading));
                low = low.max(numbers);
            }
            "~" => {
                below(next(&numbers, numbers.len().min(2)));
                low = low.max(numbers);
            }
            _ => {} // `!=` leaves others
        }
    }
    (low, high)
}

fn numbers(version: &str) -> Version {
    version
        .split('.')
        .map_while(|part| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        })
        .collect()
}

/// The first version after all that begin with the first `places` numbers of `version`.
fn next(version: &[u64], places: usize) -> Version {
    let mut next: Version = version
        .iter()
        .copied()
        .chain(std::iter::repeat(0))
        .take(places)
        .collect();
    if let Some(last) = next.last_mut() {
        *last = last.saturating_add(1);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_read() {
        let read =
            |text| Requirement::parse(text).map(|r| (r.name, r.extras.join("+"), r.versions));
        let found = |name: &str, extras: &str, versions: &str| {
            Some((name.to_owned(), extras.to_owned(), versions.to_owned()))
        };
        assert_eq!(read("SQLAlchemy"), found("sqlalchemy", "", ""));
        assert_eq!(
            read("Psycopg_Binary [ c , Pool ] >= 3, <4 ; python_version > '3'"),
            found("psycopg-binary", "c+pool", ">=3,<4")
        );
        assert_eq!(read("x @ file:///a"), found("x", "", ""));
        assert_eq!(read("-r other.txt"), None);
        assert_eq!(read("# x"), None);
        assert_eq!(read("uvicorn[standard[]"), None);
        for (before, after) in [
            (
                "SQLAlchemy >=2 ; python_version > '3'",
                "SQLAlchemy[asyncio] >=2 ; python_version > '3'",
            ),
            ("sqlalchemy [ Mypy ]>=2", "sqlalchemy [ Mypy,asyncio ]>=2"),
            ("sqlalchemy[mypy,]", "sqlalchemy[mypy,asyncio]"),
            ("sqlalchemy[\r]", "sqlalchemy[asyncio\r]"),
        ] {
            let requirement = Requirement::parse(before).unwrap();
            let asyncio = ["asyncio".to_owned()];
            assert_eq!(requirement.with_extras(before, &asyncio), after);
        }
    }

    #[test]
    fn versions_that_cannot_meet_are_told() {
        for (one, other, meet) in [
            (">=2.0,<3", "", true),
            (">=2.0,<3", "==1.4.54", false),
            (">=2.0,<3", "~=2.0.1", true),
            (">=2.0,<3", "~=1.4", false),
            (">=2.0,<3", "^2.0", true),
            (">=2.0,<3", "^1.4.0", false),
            (">=2.0.36,<3", "==2.0.10", false),
            (">=2.0.36,<3", "2.0.40", true),
            (">=2.0.36,<3", "==2.0.*", true),
            (">=2,<3", ">=3", false),
            (">=0.29,<1", "^0.29.0", true),
            (">=0.29,<1", "<0.29", false),
            (">=1,<2", "*", true),
            (">=1,<2", "==18446744073709551615", false),
        ] {
            assert_eq!(overlap(one, other), meet, "{one} and {other}");
        }
    }
}
