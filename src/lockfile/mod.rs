//! The canonical record of what was put into a project. One serialiser: text that it would not write is refused.

mod canonical;
mod lines;
mod read;
mod write;

use std::collections::BTreeMap;

use semver::Version;
use serde::Deserialize;

use crate::types::{Answer, ContentHash, Facts, FileKind, ProjectPath};

pub use canonical::block_base;
pub use read::{LockError, LockFault};

/// The lock of a project: what was put in, once per module and target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Version of this format.
    pub format: u32,
    /// RapidKit Core manages the project too: what is its own under `.rapidkit/` is not judged.
    #[serde(default)]
    pub core: bool,
    /// Sorted by module, then target.
    pub modules: Vec<LockedModule>,
}

/// A module in a target.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedModule {
    /// The module's slug.
    pub module: String,
    /// The package's directory, `.` for the root.
    pub target: ProjectPath,
    pub framework: String,
    pub profile: String,
    pub version: Version,
    /// The hash of everything that generation read.
    pub content: ContentHash,
    /// Generated from a module that had drifted from its version.
    #[serde(default)]
    pub dev: bool,
    pub answers: BTreeMap<String, Answer>,
    pub facts: Facts,
    /// Directories that were there before, with nothing in them, and have recorded files now; sorted.
    #[serde(default)]
    pub directories: Vec<ProjectPath>,
    /// Sorted by path, kind and block name.
    pub files: Vec<LockedFile>,
}

/// A file, or a part of one, that belongs to a module.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedFile {
    pub path: ProjectPath,
    pub kind: FileKind,
    /// Blocks only: what it is for.
    #[serde(default)]
    pub name: Option<String>,
    /// Blocks only: its text, `…` where an expression of the user's stands.
    #[serde(default)]
    pub text: Option<String>,
    /// The template it was rendered from.
    #[serde(default)]
    pub template: Option<String>,
    /// The hash as rendered.
    #[serde(default)]
    pub base: Option<ContentHash>,
    /// Generated files only: the hash as accepted, line endings normalised; `None`: accepted as removed.
    #[serde(default)]
    pub accepted: Option<ContentHash>,
    /// Generated files only: accepted as executable.
    #[serde(default)]
    pub executable: bool,
}

/// The version of the format that this build writes.
pub const FORMAT: u32 = 1;

impl LockedFile {
    /// Blocks in a manifest only: the package that it brings.
    pub fn dependency(&self) -> Option<&str> {
        let name = block_base(self.name.as_deref()?);
        let name = name.strip_prefix("dev-").unwrap_or(name);
        name.strip_prefix("dependency ")
    }
}

impl LockedModule {
    /// The module's short name, the last part of its slug.
    pub fn name(&self) -> &str {
        self.module.rsplit('/').next().unwrap_or_default()
    }

    /// What was put into a file of the user's.
    pub fn blocks_in<'l>(&'l self, path: &'l ProjectPath) -> impl Iterator<Item = &'l LockedFile> {
        let files = self.files.iter();
        files.filter(move |file| file.kind == FileKind::Block && file.path == *path)
    }
}

impl Lock {
    /// The record of a module in a target.
    pub fn find(&self, module: &str, target: &ProjectPath) -> Option<&LockedModule> {
        self.modules
            .iter()
            .find(|locked| locked.module == module && locked.target == *target)
    }

    /// This lock with `locked` in it, in place of what it held for the same module and target.
    #[must_use]
    pub fn with(mut self, locked: LockedModule) -> Self {
        self.format = FORMAT;
        self.modules
            .retain(|other| (&other.module, &other.target) != (&locked.module, &locked.target));
        self.modules.push(locked);
        self.canonical()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        Lock::default().with(LockedModule {
            module: "free/database/db_postgres".to_owned(),
            target: "crates/api".parse().unwrap(),
            framework: "axum".to_owned(),
            profile: "standard".to_owned(),
            version: Version::new(1, 0, 0),
            content: ContentHash::of("x"),
            dev: false,
            answers: [
                (
                    "name".to_owned(),
                    Answer::String("a \"b\" \\ é\u{7f}".to_owned()),
                ),
                ("pool_size".to_owned(), Answer::Integer(10)),
            ]
            .into(),
            facts: [
                ("has_lib".to_owned(), true.into()),
                ("axum".to_owned(), "0.8".into()),
            ]
            .into(),
            directories: vec!["src".parse().unwrap()],
            files: vec![
                LockedFile {
                    path: "src/main.rs".parse().unwrap(),
                    kind: FileKind::Block,
                    name: Some("init".to_owned()),
                    text: Some("if let Err(error) = db::init() {\n    exit(1);\n}".to_owned()),
                    template: None,
                    base: None,
                    accepted: None,
                    executable: false,
                },
                LockedFile {
                    path: ".rapidkit/.gitattributes".parse().unwrap(),
                    kind: FileKind::Vendor,
                    name: None,
                    text: None,
                    template: None,
                    base: Some(ContentHash::of("y")),
                    accepted: None,
                    executable: false,
                },
            ],
        })
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = lock().render();
        insta::assert_snapshot!(text);
        assert_eq!(Lock::parse(&text).unwrap(), lock());
        assert_eq!(lines::read(&text).unwrap(), lock());
        assert_eq!(Lock::read_loosely(&text).unwrap(), lock());
    }

    #[test]
    fn only_the_canonical_form_is_accepted() {
        let text = lock().render();
        for bad in [
            text.replace("  - ", "    - "),
            text.replace("\"pool_size\": 10", "\"pool_size\": 0x0a"),
            text.replace('\n', "\r\n"),
            text.clone() + "\n",
            text.clone() + "# comment\n",
            text.replace("version: \"1.0.0\"", "version: 1.0.0"),
            text.replace("target: \"crates/api\"", "target: &a \"crates/api\""),
            format!("format: 1\n{text}"),
            text.replace("format: 1", "format: 2"),
            text.replace("format: 1", "format: 1\ncore: false"),
            text.replace("\\u000a", "\\u000c"),
            text.replace("        name: \"init\"\n", ""),
            text.replace("\"init\"", "\"init 2\""),
            format!("<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n"),
        ] {
            assert_ne!(bad, text);
            assert!(Lock::parse(&bad).is_err(), "accepted:\n{bad}");
        }
    }
}
