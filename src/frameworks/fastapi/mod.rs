//! FastAPI.

mod advice;
mod application;
mod layout;
mod manifest;
mod manual;
mod packaging;
#[cfg(test)]
mod tests;

use serde_json::Value;
use tree_sitter::Node;

use super::{CORE_HOME, Framework};
use crate::edit::python::{Import, edit, insert_import};
use crate::edit::requirement::overlap;
use crate::edit::splice::{Splice, indent};
use crate::edit::tree::descendants;
use crate::types::{
    Block, Dependency, Facts, FileEdit, Files, Install, Problem, Profile, ProjectPath, Target,
    Unsure,
};
use layout::Layout;
use manifest::Manifest;

/// The layer's package.
const MODULE: &str = "db_postgres";
/// The health route.
const HEALTH: &str = "/api/health/module/postgres";
/// The versions of FastAPI that the layer is tested with.
const FASTAPI: &str = ">=0.100,<1";
/// The versions of Python that the layer runs on.
const PYTHON: &str = ">=3.10,<4";

/// The FastAPI plugin.
pub struct FastApi;

impl Framework for FastApi {
    fn name(&self) -> &'static str {
        "fastapi"
    }

    fn known_by(&self) -> &'static str {
        "FastAPI among the dependencies in pyproject.toml, not in an extra or a group, or in a requirements file"
    }

    fn detect(&self, files: &dyn Files) -> Result<Vec<Target>, Problem> {
        manifest::directories(files)?
            .into_iter()
            .map(|root| {
                let manifest = Manifest::read(files, &root)?;
                let name = manifest.as_ref().and_then(Manifest::name);
                let directory = if root.is_root() {
                    "app"
                } else {
                    root.file_name()
                };
                Ok(Target {
                    framework: self.name(),
                    profile: super::profile(files, &root)?,
                    package: name.unwrap_or(directory).to_owned(),
                    root,
                })
            })
            .collect()
    }

    fn pre_generation(&self, files: &dyn Files, target: &Target) -> Result<Facts, Problem> {
        let manifest = manifest(files, target)?;
        for (what, found, needed) in [
            ("FastAPI", manifest.fastapi(), FASTAPI),
            (
                "Python",
                manifest.python().unwrap_or_default().to_owned(),
                PYTHON,
            ),
        ] {
            if !overlap(&found, needed) {
                return Err(Problem::input(format!(
                    "{what} {needed} is needed, and the project says {found}"
                )));
            }
        }
        let layout = match (target.profile, place(files, target)) {
            (Profile::Rapidkit, _) => layout::core(&target.root),
            (_, Ok(layout)) => layout,
            (_, Err(_)) => layout::fallback(files, &target.root)?,
        };
        let home = layout
            .home
            .below(&target.root)
            .unwrap_or_else(ProjectPath::root);
        Ok(Facts::from([
            ("home".to_owned(), Value::from(home.as_str())),
            ("module".to_owned(), Value::from(layout.module)),
        ]))
    }

    fn own_facts(&self) -> &'static [&'static str] {
        &["home"]
    }

    fn block_names(&self) -> &'static [&'static str] {
        &["import", "init"]
    }

    fn samples(&self) -> Vec<(Profile, Facts)> {
        [
            (Profile::Standard, "", MODULE),
            (Profile::Standard, "app", "app.db_postgres"),
            (Profile::Standard, "src/shop", "shop.db_postgres"),
            (
                Profile::Rapidkit,
                CORE_HOME,
                "src.modules.free.database.db_postgres",
            ),
        ]
        .into_iter()
        .map(|(profile, home, module)| {
            let facts = Facts::from([
                ("home".to_owned(), Value::from(home)),
                ("module".to_owned(), Value::from(module)),
            ]);
            (profile, facts)
        })
        .collect()
    }

    fn place(&self, target: &Target, facts: &Facts, output: &ProjectPath) -> ProjectPath {
        let home = facts
            .get("home")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let is_layer = output.as_str().starts_with(&format!("{MODULE}/"));
        match ProjectPath::existing(home) {
            Ok(home) if is_layer => target.root.join(&home).join(output),
            _ => target.root.join(output),
        }
    }

    fn health_stands(&self) -> &'static str {
        "The health route comes before your own routes and their dependencies; middleware sees it."
    }

    fn add_dependencies(
        &self,
        files: &dyn Files,
        target: &Target,
        dependencies: &[Dependency],
    ) -> Result<Vec<FileEdit>, Problem> {
        let edit = manifest(files, target)?.add(dependencies)?;
        Ok(edit.into_iter().collect())
    }

    fn install(&self, files: &dyn Files, target: &Target) -> Result<Install, Problem> {
        manifest(files, target)?.install(files, &target.root)
    }

    fn advice(&self, files: &dyn Files, target: &Target) -> Result<Vec<String>, Problem> {
        advice::advice(files, target)
    }

    fn wire(
        &self,
        files: &dyn Files,
        target: &Target,
        _facts: &Facts,
    ) -> Result<Vec<FileEdit>, Box<Unsure>> {
        let unsure = |problem: Problem, layout: Option<&Layout>| {
            Box::new(Unsure {
                problem,
                steps: manual::steps(layout),
            })
        };
        let sources = application::files(files, target).map_err(|problem| unsure(problem, None))?;
        let guess = match target.profile {
            Profile::Rapidkit => Some(layout::core(&target.root)),
            Profile::Standard => layout::fallback(files, &target.root).ok(),
        };
        if sources.iter().any(is_wired) {
            return Ok(Vec::new());
        }
        let application = application::find(&sources, &target.root)
            .map_err(|problem| unsure(problem, guess.as_ref()))?;
        let layout = match target.profile {
            Profile::Rapidkit => layout::core(&target.root),
            Profile::Standard => layout::layout(files, &target.root, &application)
                .map_err(|problem| unsure(problem, guess.as_ref()))?,
        };
        wired(&application, &layout)
            .map(|edit| vec![edit])
            .map_err(|problem| unsure(problem, Some(&layout)))
    }
}

fn manifest(files: &dyn Files, target: &Target) -> Result<Manifest, Problem> {
    Manifest::read(files, &target.root)?
        .ok_or_else(|| Problem::input(format!("nothing in {} names FastAPI", target.root)))
}

fn place(files: &dyn Files, target: &Target) -> Result<Layout, Problem> {
    let sources = application::files(files, target)?;
    let application = application::find(&sources, &target.root)?;
    layout::layout(files, &target.root, &application)
}

fn is_wired(file: &application::File) -> bool {
    let imports = |import: &Import| import.alias == MODULE;
    let source = &file.source;
    let is_init = |node: &Node| {
        node.kind() == "call"
            && node
                .child_by_field_name("function")
                .is_some_and(|callee| source.slice(callee) == format!("{MODULE}.init_app"))
    };
    file.imports.iter().any(imports) && descendants(source.root()).iter().any(is_init)
}

/// One import, and one call after the application is made.
///
/// # Errors
/// The file uses the layer's name for something else.
fn wired(application: &application::Application, layout: &Layout) -> Result<FileEdit, Problem> {
    let source = &application.file.source;
    let text = &source.text;
    let taken = descendants(source.root())
        .into_iter()
        .find(|node| node.kind() == "identifier" && source.slice(*node) == MODULE);
    if let Some(taken) = taken {
        return Err(
            Problem::decision(format!("`{MODULE}` is something else here")).at(
                &source.path,
                text,
                taken.byte_range(),
                "the layer's package has this name",
            ),
        );
    }
    let import = layout.style.statement(MODULE);
    let call = format!("{MODULE}.init_app({})", application.name);
    let end = application.statement.end_byte();
    let (end, newline) = match text[end..].find('\n') {
        Some(more) => (end + more + 1, ""),
        None => (text.len(), "\n"),
    };
    let indent = indent(text, application.statement.start_byte());
    let own = |import: &Import| {
        let first = import.module.split('.').next().unwrap_or_default();
        import.dots > 0 || layout.neighbours.iter().any(|name| name == first)
    };
    let splices = [
        insert_import(source, &import, application.statement.start_byte(), own),
        Splice::insert(end, format!("{newline}{indent}{call}\n")),
    ];
    let block = |name: &str, text: String| Block {
        name: name.to_owned(),
        text,
    };
    edit(
        source,
        &splices,
        vec![block("import", import), block("init", call)],
    )
}
