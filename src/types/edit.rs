use super::ProjectPath;

/// Something put into a file that the user owns.
///
/// `text` is what the lock records. In code it is compared token for token; `…` (U+2026) stands for an expression of
/// the user's, which is never judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is for: `init`, `routes`, `dependency sqlx`. The lock counts those of one name in a file.
    pub name: String,
    pub text: String,
}

/// One user-owned file as it will be after an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    pub path: ProjectPath,
    /// The whole new text.
    pub text: String,
    /// What was put in.
    pub blocks: Vec<Block>,
}

/// A package that generated code needs, as `config/base.yaml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    pub name: String,
    /// A requirement in the ecosystem's own syntax: `0.9`, `>=0.8, <0.10`.
    pub version: String,
    /// Another requirement that serves as well where the user has it already.
    pub also: Option<String>,
    pub features: Vec<String>,
    /// Whether the package's default features are wanted.
    pub default_features: bool,
    /// Needed by tests only.
    pub dev: bool,
}

/// Lines that the user would add by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualStep {
    /// Where and why, one sentence.
    pub what: String,
    /// The exact lines.
    pub code: String,
}

/// No safe place to wire was found; nothing may be written.
#[derive(Debug, Clone)]
pub struct Unsure {
    /// Why, with the place in the source where there is one.
    pub problem: super::Problem,
    /// All steps that would wire the application by hand.
    pub steps: Vec<ManualStep>,
}
