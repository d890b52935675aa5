//! What the generated code asks of the compiler, and of the application around it.

use toml_edit::Item;

use crate::edit::cargo_workspace::{Package, workspace_of};
use crate::types::{Files, Problem};

/// The Rust that sqlx 0.9 needs, by its `rust-version`.
const NEEDS: (u64, u64) = (1, 94);

/// Refuses an edition whose meaning the generated code does not have.
pub fn edition(package: &Package) -> Result<(), Problem> {
    if !["2015", "2018"].contains(&package.edition.as_str()) {
        return Ok(());
    }
    let span = package
        .manifest
        .get(&["package", "edition"])
        .and_then(Item::span);
    Err(package
        .manifest
        .problem(
            format!("edition {} is not supported", package.edition),
            span,
            "edition 2021 or later is needed",
        )
        .help("run `cargo fix --edition`, then say `edition = \"2021\"`"))
}

/// What the manifest promises and the layer does not keep, and where its log lines would be lost.
pub fn advice(files: &dyn Files, package: &Package) -> Result<Vec<String>, Problem> {
    let mut advice = Vec::new();
    let manifest = &package.manifest;
    let workspace = match manifest.bool(&["package", "rust-version", "workspace"]) {
        Some(true) => workspace_of(files, &manifest.dir)?,
        _ => None,
    };
    let (manifest_of_it, promised) = match &workspace {
        Some(workspace) => (
            workspace.path(),
            workspace.str(&["workspace", "package", "rust-version"]),
        ),
        None => (manifest.path(), manifest.str(&["package", "rust-version"])),
    };
    if let Some(promised) = promised.filter(|text| version(text).is_some_and(|v| v < NEEDS)) {
        let (major, minor) = NEEDS;
        advice.push(format!(
            "{manifest_of_it} promises Rust {promised}, and the layer needs {major}.{minor}: raise `rust-version`."
        ));
    }
    let has_subscriber = manifest
        .dependency_tables("dependencies")
        .into_iter()
        .flat_map(|(_, table)| table.iter())
        .any(|(name, _)| name.starts_with("tracing-"));
    if !has_subscriber {
        advice.push(
            "The layer logs by `tracing`, and no subscriber is among the dependencies: without one its lines are lost."
                .to_owned(),
        );
    }
    Ok(advice)
}

/// Major and minor of `1.85` or `1.85.0`.
fn version(text: &str) -> Option<(u64, u64)> {
    let mut parts = text.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}
