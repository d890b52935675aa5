//! What the application's TypeScript can read of the types that the layer's packages bring.

use serde_json::Value;

use super::packages::{Application, read, requirement};
use crate::edit::package_json;
use crate::types::{Dependency, Files, Problem, ProjectPath, relative};

const TERMINUS: &str = "@nestjs/terminus";

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
        "The types of `pg` need TypeScript 5.7 and @types/node 20.19: if older ones are installed, the build fails until \"skipLibCheck\": true is set in tsconfig.json."
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
        if dependency.name == TERMINUS
            && reads_terminus_10_only(&package)
            && let Some(also) = &dependency.also
        {
            dependency.version.clone_from(also);
        }
    }
    Ok(dependencies)
}

/// Whether version 10 of Terminus may be installed, which learns only from an error that something is down; version 11
/// deprecates that error.
///
/// # Errors
/// A manifest that cannot be read or is no JSON.
pub fn has_terminus_10(files: &dyn Files, application: &Application) -> Result<bool, Problem> {
    let package = read(files, &application.manifest)?.unwrap_or_default();
    Ok(match requirement(&package, TERMINUS) {
        Some(range) => package_json::major(range).is_none_or(|major| major < 11),
        None => reads_terminus_10_only(&package),
    })
}

/// The types of version 11 need TypeScript 5.
fn reads_terminus_10_only(package: &Value) -> bool {
    is_older_than(package, "typescript", [5, 0])
}

fn is_older_than(package: &Value, name: &str, version: [u64; 2]) -> bool {
    requirement(package, name)
        .and_then(package_json::lower)
        .is_some_and(|have| have[..2] < version[..])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::frameworks::corpus::dependency;

    #[test]
    fn terminus_10_is_what_may_be_older_than_11() {
        for (there, expected) in [
            ("\"typescript\": \"^5.7.3\"", false),
            ("\"typescript\": \"^4.9.5\"", true),
            ("\"@nestjs/terminus\": \"^11.0.0\"", false),
            ("\"@nestjs/terminus\": \"^10.2.3\"", true),
            ("\"@nestjs/terminus\": \">=10\"", true),
            ("\"@nestjs/terminus\": \"latest\"", true),
        ] {
            let manifest = ProjectPath::existing("package.json").unwrap();
            let text = format!("{{\"dependencies\": {{{there}}}}}");
            let files = BTreeMap::from([(manifest.clone(), Arc::from(text.as_str()))]);
            let application = application(manifest);
            let has = has_terminus_10(&files, &application).unwrap();
            assert_eq!(has, expected, "{there}");
        }
    }

    fn application(manifest: ProjectPath) -> Application {
        Application {
            root: ProjectPath::root(),
            name: "shop".to_owned(),
            source_root: ProjectPath::existing("src").unwrap(),
            manifest,
            entry: "main".to_owned(),
        }
    }

    #[test]
    fn an_old_compiler_gets_what_it_can_read() {
        for (typescript, tsconfig, terminus, is_said) in [
            ("^4.9.5", "{}", "^10.0.0", true),
            ("^5.3.3", "{}", "^11.0.0", true),
            ("^5.3.3", "{ \"skipLibCheck\": true }", "^11.0.0", false),
            ("^5.7.3", "{}", "^11.0.0", false),
        ] {
            let path = |text| ProjectPath::existing(text).unwrap();
            let package = format!("{{\"devDependencies\": {{\"typescript\": \"{typescript}\"}}}}");
            let files: BTreeMap<ProjectPath, Arc<str>> = BTreeMap::from([
                (path("package.json"), package.as_str().into()),
                (path("tsconfig.json"), tsconfig.into()),
            ]);
            let application = application(path("package.json"));
            let wanted = Dependency {
                also: Some("^10.0.0".to_owned()),
                ..dependency(TERMINUS, "^11.0.0")
            };
            let readable = readable(&files, &application, &[wanted]).unwrap();
            assert_eq!(readable[0].version, terminus, "{typescript}");
            let said = !advice(&files, &application).unwrap().is_empty();
            assert_eq!(said, is_said, "{typescript} {tsconfig}");
        }
    }
}
