//! The next version: an edit of `module.yaml` at the bytes of its version, and a new entry in the changelog.

use semver::Version;

use super::{Manifest, Module};
use crate::types::{Problem, read_yaml, span_of};

/// Which part of a version rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bump {
    Patch,
    Minor,
    Major,
}

impl Bump {
    /// The version after `version`.
    pub fn of(self, version: &Version) -> Version {
        match self {
            // Before its release `1.0.1-rc.1` is not `1.0.1` yet.
            Self::Patch if !version.pre.is_empty() => {
                Version::new(version.major, version.minor, version.patch)
            }
            Self::Patch => Version::new(version.major, version.minor, version.patch + 1),
            Self::Minor => Version::new(version.major, version.minor + 1, 0),
            Self::Major => Version::new(version.major + 1, 0, 0),
        }
    }
}

impl Module {
    /// The text of `module.yaml` with another version: every other byte stays.
    ///
    /// # Errors
    /// The version is written in a way that cannot be edited.
    pub fn with_version(&self, version: &Version) -> Result<String, Problem> {
        let text = self.text("module.yaml")?;
        let span = span_of(text, self.manifest.version.referenced);
        let written = &text[span.clone()];
        let quote = match written.chars().next() {
            Some(quote @ ('"' | '\'')) => quote.to_string(),
            _ => String::new(),
        };
        let mut edited = text.to_owned();
        edited.replace_range(span.clone(), &format!("{quote}{version}{quote}"));
        let read = read_yaml::<Manifest>("module.yaml", &edited);
        match read {
            Ok(manifest) if manifest.version.value == *version => Ok(edited),
            _ => Err(Problem::input("this version cannot be edited in place").at(
                "module.yaml",
                text,
                span,
                "write it on one line, as `version: 1.0.0`",
            )),
        }
    }

    /// The changelog with an entry for `version` before all others: path and text.
    ///
    /// # Errors
    /// There is no changelog.
    pub fn with_changelog_entry(&self, version: &Version) -> Result<(&str, String), Problem> {
        let path = self
            .manifest
            .documentation
            .get("changelog")
            .ok_or_else(|| Problem::input("the module has no changelog").in_file("module.yaml"))?;
        let text = self.text(&path.value)?;
        let entry = format!("## {version} - Unreleased\n\n### Changed\n\n- \n");
        let at = match text.starts_with("## ") {
            true => Some(0),
            false => text.find("\n## ").map(|at| at + 1),
        };
        let edited = match at {
            Some(at) => format!("{}{entry}\n{}", &text[..at], &text[at..]),
            None => format!("{}\n\n{entry}", text.trim_end()),
        };
        Ok((&path.value, edited))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_rise() {
        let version = |text: &str| Version::parse(text).unwrap();
        for (before, bump, after) in [
            ("1.2.3", Bump::Patch, "1.2.4"),
            ("1.2.3", Bump::Minor, "1.3.0"),
            ("1.2.3", Bump::Major, "2.0.0"),
            ("1.2.3-rc.1", Bump::Patch, "1.2.3"),
            ("1.2.3+build", Bump::Patch, "1.2.4"),
        ] {
            assert_eq!(bump.of(&version(before)), version(after));
        }
    }
}
