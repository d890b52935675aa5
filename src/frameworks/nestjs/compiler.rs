//! What the application's TypeScript can read of the types that the layer's packages bring.

use serde_json::Value;

use super::packages::{Application, read, requirement};
use crate::edit::package_json;
use crate::types::{Dependency, Files, Problem, ProjectPath, relative};

/// What to set where the types of `pg` may be too new, a line.
///
/// # Errors
/// A manifest that cannot be read or is no JSON.
pub fn advice(files: &dyn Files, application: &Application) -> Result<Vec<String>, Problem> {
    let package = read(files, &application.manifest)?.unwrap_or_default();
    if !is_older_than(&package, "typescript", [5, 7])
        && !is_older_than(&package, "@types/node", [20, 19])
    {
        return Ok(Vec::new());
    }
    let home = application
        .manifest
        .parent()
        .unwrap_or_else(ProjectPath::root);
    for dir in [&application.root, &home, &ProjectPath::root()] {
        for entry in files.entries(dir)? {
            if entry.name.starts_with("tsconfig")
                && let Some(path) = relative(dir, &entry.name)
                && let Ok(Some(text)) = files.text(&path)
                && text
                    .replace([' ', '\t'], "")
                    .contains("\"skipLibCheck\":true")
            {
                return Ok(Vec::new());
            }
        }
    }
    Ok(vec![
        "The types of `pg` need TypeScript 5.7 and @types/node 20.19: with older ones, set \"skipLibCheck\": true in tsconfig.json."
            .to_owned(),
    ])
}

/// The dependencies, in versions whose types the application's TypeScript can read.
///
/// # Errors
/// A manifest that cannot be read or is no JSON.
pub fn readable(
    files: &dyn Files,
    application: &Application,
    dependencies: &[Dependency],
) -> Result<Vec<Dependency>, Problem> {
    let package = read(files, &application.manifest)?.unwrap_or_default();
    let mut dependencies = dependencies.to_vec();
    for dependency in &mut dependencies {
        // The types of its version 11 need TypeScript 5.
        if dependency.name == "@nestjs/terminus"
            && is_older_than(&package, "typescript", [5, 0])
            && let Some(also) = &dependency.also
        {
            dependency.version.clone_from(also);
        }
    }
    Ok(dependencies)
}

fn is_older_than(package: &Value, name: &str, version: [u64; 2]) -> bool {
    requirement(package, name)
        .and_then(package_json::lower)
        .is_some_and(|have| have[..2] < version[..])
}
