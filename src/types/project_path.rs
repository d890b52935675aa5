use std::fmt;
use std::str::FromStr;

/// A path below the project's root (or a module's): relative, `/`-joined, no empty, `.` or `..` segment.
///
/// [`str::parse`] accepts what a module may write: ASCII segments from `A-Za-z0-9._@+-`, no Windows device name, not
/// inside `.git`. [`ProjectPath::existing`] accepts what a user's project may already hold: any UTF-8 segment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct ProjectPath(String);

/// Why a text is no [`ProjectPath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unsafe path `{}`: {reason}", path.escape_debug())]
pub struct PathError {
    path: String,
    reason: &'static str,
}

impl ProjectPath {
    /// The root itself, shown as `.`.
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// A path that the project already has. `.` and the empty text mean the root.
    pub fn existing(path: &str) -> Result<Self, PathError> {
        if path.is_empty() || path == "." {
            return Ok(Self::root());
        }
        let fault = path.split('/').find_map(|segment| match segment {
            "" => Some("an empty segment"),
            "." | ".." => Some("a `.` or `..` segment"),
            _ if segment.contains(['\0', '\\']) => Some("a NUL or backslash"),
            _ => None,
        });
        match fault {
            Some(reason) => Err(PathError {
                path: path.to_owned(),
                reason,
            }),
            None => Ok(Self(path.to_owned())),
        }
    }

    /// This path with `relative` below it.
    pub fn join(&self, relative: &Self) -> Self {
        match (self.0.as_str(), relative.0.as_str()) {
            ("", _) => relative.clone(),
            (_, "") => self.clone(),
            (base, below) => Self(format!("{base}/{below}")),
        }
    }

    /// The directory that holds this path; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        match self.0.rsplit_once('/') {
            Some((parent, _)) => Some(Self(parent.to_owned())),
            None if self.0.is_empty() => None,
            None => Some(Self::root()),
        }
    }

    /// The last segment; empty for the root.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// What is left of this path below `base`; `None` if it is not below.
    pub fn below(&self, base: &Self) -> Option<Self> {
        if base.is_root() {
            return Some(self.clone());
        }
        let rest = self.0.strip_prefix(&base.0)?;
        if rest.is_empty() {
            return Some(Self::root());
        }
        Some(Self(rest.strip_prefix('/')?.to_owned()))
    }

    /// Whether a segment is `.git`, in any letter case.
    pub fn is_in_git(&self) -> bool {
        self.0.split('/').any(is_git)
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The text, empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProjectPath {
    type Err = PathError;

    fn from_str(path: &str) -> Result<Self, PathError> {
        let err = |reason| PathError {
            path: path.to_owned(),
            reason,
        };
        if path.len() > 512 {
            return Err(err("longer than 512 bytes"));
        }
        let parsed = Self::existing(path)?;
        if parsed.is_root() {
            return Err(err("empty"));
        }
        for segment in path.split('/') {
            if let Some(reason) = segment_fault(segment) {
                return Err(err(reason));
            }
        }
        Ok(parsed)
    }
}

fn is_git(segment: &str) -> bool {
    segment.eq_ignore_ascii_case(".git")
}

fn segment_fault(segment: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._@+-".contains(c);
    if !segment.chars().all(allowed) {
        return Some("a character outside `A-Za-z0-9._@+-`");
    }
    if segment.ends_with('.') {
        return Some("a segment that ends with a dot, which Windows drops");
    }
    if is_git(segment) {
        return Some("inside `.git`");
    }
    let stem = segment.split('.').next().unwrap_or_default();
    let stem = stem.to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|n| n.len() == 1 && n.chars().all(|c| c.is_ascii_digit()))
    };
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
    {
        return Some("a Windows device name");
    }
    None
}

impl fmt::Display for ProjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "." } else { &self.0 })
    }
}

impl fmt::Debug for ProjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl<'de> serde::Deserialize<'de> for ProjectPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::existing(&text).map_err(serde::de::Error::custom)
    }
}

/// A path that a file in `base` names, with `.` and `..` followed; `None` if it leads out of the root.
pub fn relative(base: &ProjectPath, path: &str) -> Option<ProjectPath> {
    if path.starts_with('/') {
        return None;
    }
    let mut at = base.clone();
    for segment in path.split(['/', '\\']) {
        match segment {
            "" | "." => {}
            ".." => at = at.parent()?,
            _ => at = at.join(&ProjectPath::existing(segment).ok()?),
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_outputs_are_refused() {
        for path in [
            "",
            ".",
            "..",
            "../a",
            "a/../b",
            "/a",
            "a//b",
            "a/",
            "a\\b",
            "C:/a",
            "a b",
            "é",
            "con",
            "src/COM1.rs",
            "nul.txt",
            ".git/hooks/x",
            "a/.GIT/x",
            "a.",
            "a\n",
            "a\0",
        ] {
            assert!(
                path.parse::<ProjectPath>().is_err(),
                "{path:?} was accepted"
            );
        }
        for path in [
            "a",
            "src/db_postgres/mod.rs",
            ".env.example",
            "@scope/a+b",
            "com10/x",
        ] {
            assert!(path.parse::<ProjectPath>().is_ok(), "{path:?} was refused");
        }
    }

    #[test]
    fn below_needs_a_whole_segment() {
        let path = |p: &str| ProjectPath::existing(p).unwrap();
        assert_eq!(path("a/b").below(&path("a")), Some(path("b")));
        assert_eq!(path("ab").below(&path("a")), None);
        assert_eq!(path("a").below(&path("a")), Some(ProjectPath::root()));
    }
}
