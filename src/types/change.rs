use serde::{Deserialize, Serialize};

use super::ProjectPath;

/// Who owns a file or a part of it, and what upgrades and verification may do with it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// Pristine render under `.rapidkit/`, the base of later merges.
    Vendor,
    /// Ours at first; the user may edit it, upgrades merge.
    Generated,
    /// A part of a file that the user owns.
    Block,
    /// Written once, then the user's alone.
    Seed,
}

impl FileKind {
    /// The word that the lock has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Generated => "generated",
            Self::Block => "block",
            Self::Seed => "seed",
        }
    }
}

/// One file as a plan will leave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub path: ProjectPath,
    pub kind: FileKind,
    /// The bytes that must stand there when the plan is applied; `None` if nothing may.
    pub before: Option<Vec<u8>>,
    /// The bytes that will stand there; `None` if the file is removed.
    pub after: Option<Vec<u8>>,
    /// For a file that is not there yet: the one whose mode it gets.
    pub mode_of: Option<ProjectPath>,
    /// For a file that is removed: the directory around it that stays, even if nothing is left in it.
    pub stays: Option<ProjectPath>,
    /// What is done, for a person: `sqlx 0.9`, `health route`; empty for a whole new file.
    pub summary: Vec<String>,
}

impl Change {
    /// The change of a file from one text to another; a text that is `None` is no file.
    pub fn new(
        path: ProjectPath,
        kind: FileKind,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Self {
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        Self {
            path,
            kind,
            before: bytes(before),
            after: bytes(after),
            mode_of: None,
            stays: None,
            summary: Vec::new(),
        }
    }
}
