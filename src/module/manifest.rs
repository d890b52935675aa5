use std::collections::BTreeMap;

use schemars::JsonSchema;
use semver::{Version, VersionReq};
use serde::Deserialize;
use serde_yaml::Spanned;

use crate::types::FileKind;

/// `module.yaml`: the canonical description of a module.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "RapidKit module")]
pub struct Manifest {
    /// The short name, a Rust, Python and SQL identifier: `db_postgres`.
    #[schemars(with = "String", regex(pattern = r"^[a-z][a-z0-9_]*$"))]
    pub name: Spanned<String>,
    /// The module's path in the ecosystem: `free/database/db_postgres`.
    #[schemars(with = "String")]
    pub slug: Spanned<String>,
    /// Semantic version of what is generated.
    #[schemars(with = "String")]
    pub version: Spanned<Version>,
    /// One line.
    pub summary: String,
    /// SPDX expression.
    pub license: String,
    pub compatibility: Compatibility,
    /// What generated code can do, in the words that its metadata uses.
    pub capabilities: Vec<String>,
    /// Page name → path of the page.
    #[schemars(with = "BTreeMap<String, String>")]
    pub documentation: BTreeMap<String, Spanned<String>>,
    pub hooks: Hooks,
    pub generation: Generation,
}

/// What the module works with.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compatibility {
    /// Versions of rapidkit-pg that can generate it.
    #[serde(rename = "rapidkit-pg")]
    #[schemars(with = "String")]
    pub rapidkit_pg: Spanned<VersionReq>,
    /// Versions of the PostgreSQL server.
    pub postgresql: String,
    /// Framework → versions of it.
    pub frameworks: BTreeMap<String, String>,
}

/// Switches of the generated code and steps of the generation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hooks {
    /// Environment variables that change what running code does.
    pub runtime: Vec<RuntimeHook>,
    /// Commands that finish what was rendered, such as formatters. They run only if the user asks for it.
    #[serde(default)]
    pub post_generation: Vec<PostGeneration>,
}

/// A command that finishes rendered files.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostGeneration {
    /// Those whose files it is for.
    #[schemars(with = "Vec<String>")]
    pub frameworks: Vec<Spanned<String>>,
    /// Program and arguments, each a template; the paths of the files follow.
    #[schemars(with = "Vec<String>")]
    pub command: Vec<Spanned<String>>,
}

/// An environment variable that changes what running code does, without an edit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuntimeHook {
    pub variable: String,
    pub effect: String,
}

/// What is generated.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// Framework → its files.
    #[schemars(with = "BTreeMap<String, Variant>")]
    pub variants: BTreeMap<String, Spanned<Variant>>,
}

/// The files of one framework.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    pub files: Vec<TemplateFile>,
    /// Outputs that an earlier version had under another path: an upgrade takes the user's edits along.
    #[serde(default)]
    pub moves: Vec<Move>,
}

/// An output that has got another path.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Path below the package in earlier versions.
    #[schemars(with = "String")]
    pub from: Spanned<String>,
    /// The output that it is now.
    #[schemars(with = "String")]
    pub to: Spanned<String>,
}

/// One template and where its output goes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateFile {
    /// Path in the module. With `.j2` it is rendered, without it is copied.
    #[schemars(with = "String")]
    pub template: Spanned<String>,
    /// Path below the package.
    #[schemars(with = "String")]
    pub output: Spanned<String>,
    /// `generated` unless said otherwise; `vendor` is not for modules to say.
    #[serde(default = "generated")]
    #[schemars(with = "FileKind")]
    pub kind: Spanned<FileKind>,
    /// The file is wanted only where this fact about the project is true, or in this profile: `has_lib`, `!has_lib`,
    /// `rapidkit`.
    pub when: Option<String>,
}

fn generated() -> Spanned<FileKind> {
    Spanned::new(
        FileKind::Generated,
        serde_yaml::Location::UNKNOWN,
        serde_yaml::Location::UNKNOWN,
    )
}
