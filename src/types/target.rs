use std::collections::BTreeMap;

use super::ProjectPath;

/// Whose habits decide where a module goes and what code calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// The framework's own.
    Standard,
    /// RapidKit Core's, in projects that it has made.
    Rapidkit,
}

impl Profile {
    /// The name in locks, in `when:` conditions and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Rapidkit => "rapidkit",
        }
    }
}

/// The package that a module is put into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The plugin's name, as in `module.yaml`: `axum`.
    pub framework: &'static str,
    /// The package's directory.
    pub root: ProjectPath,
    /// The package's name, as its manifest says.
    pub package: String,
    pub profile: Profile,
}

/// What a framework plugin reads off a target for templates to use, and for `when:` in `module.yaml`.
pub type Facts = BTreeMap<String, serde_json::Value>;
