//! NestJS 10 and 11.

mod bootstrap;
mod compiler;
mod manual;
mod module;
mod packages;
mod paths;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{CORE_HOME, Framework};
use crate::edit::package_json;
use crate::edit::splice::spliced;
use crate::edit::typescript::{Source, name_files};
use crate::types::{
    Dependency, Facts, FileEdit, Files, Install, Problem, Profile, ProjectPath, Target, Unsure,
};
use packages::Application;

/// The NestJS plugin.
pub struct NestJs;

impl Framework for NestJs {
    fn name(&self) -> &'static str {
        "nestjs"
    }

    fn known_by(&self) -> &'static str {
        "`@nestjs/core` in package.json, and `NestFactory` in a source in TypeScript"
    }

    fn detect(&self, files: &dyn Files) -> Result<Vec<Target>, Problem> {
        packages::applications(files)?
            .into_iter()
            .map(|application| {
                Ok(Target {
                    framework: self.name(),
                    profile: super::profile(files, &application.root)?,
                    root: application.root,
                    package: application.name,
                })
            })
            .collect()
    }

    fn pre_generation(&self, files: &dyn Files, target: &Target) -> Result<Facts, Problem> {
        let application = application(files, target)?;
        application.supported(files)?;
        let source_root = application
            .source_root
            .below(&target.root)
            .map_or_else(|| "src".to_owned(), |path| path.to_string());
        let runner = application.runner(files)?;
        Ok(Facts::from([
            (
                "extension".to_owned(),
                Value::from(application.extension(files)?),
            ),
            ("has_runner".to_owned(), Value::from(runner.is_some())),
            ("source_root".to_owned(), Value::from(source_root)),
            (
                "terminus_10".to_owned(),
                Value::from(compiler::has_terminus_10(files, &application)?),
            ),
            ("vitest".to_owned(), Value::from(runner == Some("vitest"))),
        ]))
    }

    /// In ES modules, imports name files.
    fn post_generation(&self, facts: &Facts, output: &ProjectPath, text: String) -> String {
        match facts.get("extension").and_then(Value::as_str) {
            Some(extension) if !extension.is_empty() && output.as_str().ends_with(".ts") => {
                let source = Source::parse(output.clone(), text.into());
                spliced(&source.text, &name_files(&source, extension))
            }
            _ => text,
        }
    }

    fn own_facts(&self) -> &'static [&'static str] {
        &["extension", "source_root"]
    }

    fn block_names(&self) -> &'static [&'static str] {
        &["import", "imports", "shutdown"]
    }

    fn samples(&self) -> Vec<(Profile, Facts)> {
        let standard = Profile::Standard;
        [
            (standard, false, false, "", false),
            (standard, true, false, "", true),
            (standard, true, true, ".js", false),
            (Profile::Rapidkit, true, false, "", false),
        ]
        .into_iter()
        .map(|(profile, has_runner, vitest, extension, terminus_10)| {
            let facts = Facts::from([
                ("extension".to_owned(), Value::from(extension)),
                ("has_runner".to_owned(), Value::from(has_runner)),
                ("source_root".to_owned(), Value::from("src")),
                ("terminus_10".to_owned(), Value::from(terminus_10)),
                ("vitest".to_owned(), Value::from(vitest)),
            ]);
            (profile, facts)
        })
        .collect()
    }

    fn place(&self, target: &Target, facts: &Facts, output: &ProjectPath) -> ProjectPath {
        if target.profile == Profile::Rapidkit
            && let Some(place) = core_place(output)
        {
            return target.root.join(&place);
        }
        let source = facts.get("source_root").and_then(Value::as_str);
        let inside = output.as_str().strip_prefix("src/");
        match (source, inside) {
            (Some(source), Some(inside)) => {
                let source = ProjectPath::existing(source).unwrap_or_else(|_| ProjectPath::root());
                let inside = ProjectPath::existing(inside).unwrap_or_else(|_| output.clone());
                target.root.join(&source).join(&inside)
            }
            _ => target.root.join(output),
        }
    }

    fn health_stands(&self) -> &'static str {
        "The health route stands outside your global prefix, versions, guards, pipes and interceptors."
    }

    fn add_dependencies(
        &self,
        files: &dyn Files,
        target: &Target,
        dependencies: &[Dependency],
    ) -> Result<Vec<FileEdit>, Problem> {
        let application = application(files, target)?;
        let dependencies = compiler::readable(files, &application, dependencies)?;
        let path = application.manifest;
        let text = files.text(&path)?.unwrap_or_default();
        let edit = package_json::add_dependencies(&path, &text, &dependencies)?;
        Ok(edit.into_iter().collect())
    }

    fn install(&self, files: &dyn Files, target: &Target) -> Result<Install, Problem> {
        packages::install(files, target)
    }

    fn advice(&self, files: &dyn Files, target: &Target) -> Result<Vec<String>, Problem> {
        compiler::advice(files, &application(files, target)?)
    }

    fn wire(
        &self,
        files: &dyn Files,
        target: &Target,
        _facts: &Facts,
    ) -> Result<Vec<FileEdit>, Box<Unsure>> {
        let wired = application(files, target)
            .and_then(|application| bootstrap::edits(files, &application, target.profile));
        wired.map_err(|problem| {
            Box::new(Unsure {
                problem,
                steps: manual::steps(target.profile),
            })
        })
    }
}

/// Where RapidKit Core's kits have what the layer's files take the place of.
fn core_place(output: &ProjectPath) -> Option<ProjectPath> {
    let file = output.as_str().strip_prefix("src/db-postgres/")?;
    let place = match file {
        "postgres.spec.ts" => {
            "tests/modules/integration/database/postgres.integration.spec.ts".to_owned()
        }
        _ => format!("{CORE_HOME}/db_postgres/{file}"),
    };
    ProjectPath::existing(&place).ok()
}

/// How a file in the directory of the sources imports the layer.
fn import_path(profile: Profile) -> &'static str {
    match profile {
        Profile::Standard => "./db-postgres",
        Profile::Rapidkit => "./modules/free/database/db_postgres",
    }
}

fn application(files: &dyn Files, target: &Target) -> Result<Application, Problem> {
    packages::applications(files)?
        .into_iter()
        .find(|application| application.root == target.root)
        .ok_or_else(|| Problem::input(format!("there is no NestJS application in {}", target.root)))
}
