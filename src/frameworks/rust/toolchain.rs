//! What the generated code asks of the compiler, and of the application around it.

use toml_edit::Item;

use super::SQLX;
use crate::edit::cargo;
use crate::edit::cargo::workspace::{Manifest, Package, workspace_of};
use crate::types::{Files, Problem, ProjectPath, relative};

/// The Rust that sqlx 0.9 needs, by its `rust-version`.
const NEEDS: (u64, u64) = (1, 94);
/// The Rust that tokio 1.54 needs, where sqlx 0.8 asks for less; the generated code would do with 1.82.
const NEEDS_BESIDE_0_8: (u64, u64) = (1, 85);

/// Crates that open the database which a feature names.
const HAVE_DRIVERS: &[&str] = &["diesel", "diesel-async", "sea-orm", "sqlx"];
const OTHER_DATABASES: &[&str] = &["libsql", "mysql", "sqlite"];

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
    let needs = match cargo::is_held_below(files, manifest, "sqlx", &SQLX)? {
        true => NEEDS_BESIDE_0_8,
        false => NEEDS,
    };
    let (major, minor) = needs;
    if let Some(promised) = promised.filter(|text| version(text).is_some_and(|v| v < needs)) {
        advice.push(format!(
            "{manifest_of_it} promises Rust {promised}, and the layer needs {major}.{minor}: raise `rust-version`."
        ));
    }
    if let Some((path, pinned)) = pinned(files, &manifest.dir)?
        && version(&pinned).is_some_and(|v| v < needs)
    {
        advice.push(format!(
            "{path} pins Rust {pinned}, and the layer needs {major}.{minor}: raise it."
        ));
    }
    if let Some(name) = other_database(files, manifest)? {
        advice.push(format!(
            "`{name}` may be for another database: where DATABASE_URL is already that one's, set RAPIDKIT_DB_POSTGRES_URL instead."
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

/// The toolchain that rustup takes in a directory, where a file at or above it says so.
fn pinned(files: &dyn Files, dir: &ProjectPath) -> Result<Option<(ProjectPath, String)>, Problem> {
    let mut at = Some(dir.clone());
    while let Some(dir) = at {
        for name in ["rust-toolchain", "rust-toolchain.toml"] {
            let Some(path) = relative(&dir, name) else {
                continue;
            };
            let Some(text) = files.text(&path)? else {
                continue;
            };
            let channel = match text.contains('=') {
                true => text.lines().find_map(|line| {
                    let (key, value) = line.split_once('=')?;
                    (key.trim() == "channel").then(|| value.trim().trim_matches(['"', '\'']))
                }),
                false => text.lines().next().map(str::trim),
            };
            return Ok(channel.map(|channel| (path, channel.to_owned())));
        }
        at = dir.parent();
    }
    Ok(None)
}

/// A dependency that opens SQLite or MySQL, whose URL is by habit in `DATABASE_URL` too.
fn other_database(files: &dyn Files, manifest: &Manifest) -> Result<Option<String>, Problem> {
    let workspace = workspace_of(files, &manifest.dir)?;
    for (_, table) in manifest.dependency_tables("dependencies") {
        for (name, item) in table.iter() {
            let shared = workspace
                .as_ref()
                .filter(|_| item.get("workspace").is_some())
                .and_then(|root| root.get(&["workspace", "dependencies", name]));
            let features = [Some(item), shared]
                .into_iter()
                .flatten()
                .filter_map(|item| item.get("features")?.as_array())
                .flatten()
                .filter_map(toml_edit::Value::as_str);
            let is_other = |word: &str| OTHER_DATABASES.iter().any(|other| word.contains(other));
            if is_other(name)
                || (HAVE_DRIVERS.contains(&name) && features.into_iter().any(is_other))
            {
                return Ok(Some(name.to_owned()));
            }
        }
    }
    Ok(None)
}

/// Major and minor of `1.85` or `1.85.0`.
fn version(text: &str) -> Option<(u64, u64)> {
    let mut parts = text.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;

    fn advice_for(dependencies: &str) -> String {
        advice_with(dependencies, ("README.md", ""))
    }

    fn advice_with(dependencies: &str, file: (&str, &str)) -> String {
        let manifest = format!(
            "[package]\nname = \"shop\"\nversion = \"1.0.0\"\nedition = \"2021\"\n\n[dependencies]\n{dependencies}\n"
        );
        let shared = "[workspace]\nmembers = [\"shop\"]\n\n[workspace.dependencies]\n\
                      sqlx = { version = \"0.9\", features = [\"sqlite\"] }\n";
        let files = [
            ("Cargo.toml", shared),
            ("shop/Cargo.toml", manifest.as_str()),
            ("shop/src/main.rs", "fn main() {}\n"),
            file,
        ]
        .map(|(path, text)| (ProjectPath::existing(path).unwrap(), Arc::from(text)));
        let files: BTreeMap<ProjectPath, Arc<str>> = files.into();
        let root = ProjectPath::existing("shop").unwrap();
        let package = Package::read(&files, &root).unwrap().unwrap();
        advice(&files, &package).unwrap().join("\n")
    }

    #[test]
    fn a_pinned_toolchain_may_be_too_old() {
        for (path, text, is_old) in [
            (
                "rust-toolchain.toml",
                "[toolchain]\nchannel = \"1.90.0\"\n",
                true,
            ),
            ("shop/rust-toolchain", "1.82\n", true),
            (
                "rust-toolchain.toml",
                "[toolchain]\nchannel = 'stable'\n",
                false,
            ),
            ("rust-toolchain", "1.94.1\n", false),
        ] {
            let advice = advice_with("axum = \"0.8\"", (path, text));
            assert_eq!(advice.contains("pins Rust"), is_old, "{path} {text}");
        }
        let pinned = ("rust-toolchain", "1.90\n");
        assert!(!advice_with("sqlx = \"0.8\"", pinned).contains("pins Rust"));
    }

    #[test]
    fn another_database_may_have_the_variable() {
        for dependency in [
            "rusqlite = \"0.37\"",
            "diesel = { version = \"2\", features = [\"mysql\"] }",
            "sea-orm = { version = \"2\", features = [\"sqlx-sqlite\"] }",
            "sqlx = { workspace = true }",
        ] {
            let advice = advice_for(dependency);
            assert!(advice.contains("RAPIDKIT_DB_POSTGRES_URL"), "{dependency}");
        }
        for dependency in [
            "diesel = { version = \"2\", features = [\"postgres\"] }",
            "sqlx = { version = \"0.9\", features = [\"postgres\"] }",
        ] {
            let advice = advice_for(dependency);
            assert!(!advice.contains("DATABASE_URL"), "{dependency}");
        }
    }
}
