use std::collections::BTreeMap;

use super::ProjectPath;

/// The package that a module is put into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The plugin's name, as in `module.yaml`: `axum`.
    pub framework: &'static str,
    /// The package's directory.
    pub root: ProjectPath,
    /// The package's name, as its manifest says.
    pub package: String,
}

/// What a framework plugin reads off a target for templates to use, and for `when:` in `module.yaml`.
pub type Facts = BTreeMap<String, serde_json::Value>;
