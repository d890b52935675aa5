//! Whether two version requirements can be met by one version.

use semver::{Comparator, Op, Version, VersionReq};

/// Whether some version meets both. Pre-releases count as their release.
pub fn overlap(one: &VersionReq, other: &VersionReq) -> bool {
    let mut low = Version::new(0, 0, 0);
    let mut high: Option<Version> = None;
    for comparator in one.comparators.iter().chain(&other.comparators) {
        let (from, to) = range(comparator);
        low = low.max(from);
        high = match (high, to) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    high.is_none_or(|high| low < high)
}

/// The first version that fits, and the first that no longer does.
fn range(c: &Comparator) -> (Version, Option<Version>) {
    let zero = Version::new(0, 0, 0);
    let floor = Version::new(c.major, c.minor.unwrap_or(0), c.patch.unwrap_or(0));
    // The first version that is above all that the comparator spells.
    let above = match (c.minor, c.patch) {
        (None, _) => Version::new(c.major.saturating_add(1), 0, 0),
        (Some(minor), None) => Version::new(c.major, minor.saturating_add(1), 0),
        (Some(minor), Some(patch)) => Version::new(c.major, minor, patch.saturating_add(1)),
    };
    match c.op {
        Op::Exact | Op::Wildcard => (floor, Some(above)),
        Op::Greater => (above, None),
        Op::GreaterEq => (floor, None),
        Op::Less => (zero, Some(floor)),
        Op::LessEq => (zero, Some(above)),
        Op::Tilde => {
            let next = match c.minor {
                None => Version::new(c.major.saturating_add(1), 0, 0),
                Some(minor) => Version::new(c.major, minor.saturating_add(1), 0),
            };
            (floor, Some(next))
        }
        _ => {
            let next = match (c.major, c.minor, c.patch) {
                (0, Some(0), Some(patch)) => Version::new(0, 0, patch.saturating_add(1)),
                (0, Some(minor), _) => Version::new(0, minor.saturating_add(1), 0),
                (major, ..) => Version::new(major.saturating_add(1), 0, 0),
            };
            (floor, Some(next))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_overlap_as_cargo_would_find() {
        let check = |a: &str, b: &str| overlap(&a.parse().unwrap(), &b.parse().unwrap());
        for (a, b) in [
            ("1", "1.44"),
            ("0.9", ">=0.8, <0.10"),
            ("*", "0.9"),
            ("=0.9.1", "0.9"),
            ("~0.9.0", "0.9"),
            ("0.9.0-beta.1", "0.9"),
            (">0.8", "0.9"),
        ] {
            assert!(check(a, b), "{a} and {b}");
        }
        for (a, b) in [
            ("0.8", "0.9"),
            ("0.9", ">=0.8, <0.9"),
            ("2", "1"),
            ("=0.9.1", "0.9.2"),
            ("<1", "1"),
        ] {
            assert!(!check(a, b), "{a} and {b}");
        }
    }
}
