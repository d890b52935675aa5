//! Where the layer goes, and how the application's file names it.

use super::MODULE;
use super::application::{Application, File};
use super::manifest::child;
use crate::edit::python::{Import, Style};
use crate::types::{Files, Problem, ProjectPath};

/// The layer's place.
pub struct Layout {
    /// The directory that holds the layer's own.
    pub home: ProjectPath,
    /// How the application's file imports it.
    pub style: Style,
    /// The layer's path for code outside the package: `app.db_postgres`.
    pub module: String,
    /// The project's own modules that the application's file imports.
    pub neighbours: Vec<String>,
}

/// Files that tell how the application is started.
const STARTERS: [&str; 10] = [
    "Dockerfile",
    "Makefile",
    "Procfile",
    "README.md",
    "compose.yaml",
    "docker-compose.yaml",
    "docker-compose.yml",
    "justfile",
    "pyproject.toml",
    "start.sh",
];

/// Finds the place.
///
/// # Errors
/// It is not certain by what name the file is run, and so how it imports its neighbours.
pub fn layout(
    files: &dyn Files,
    target: &ProjectPath,
    application: &Application,
) -> Result<Layout, Problem> {
    let file = application.file;
    let here = file.source.path.parent().unwrap_or_else(ProjectPath::root);
    let package = package(files, target, &here)?;
    if file.imports.iter().any(|import| import.dots > 0) {
        return relative(files, target, &here, &package);
    }
    let (root, neighbours) = import_root(files, target, &here, file)?;
    if let Some(root) = root {
        let home = match package.below(&root) {
            Some(below) if !below.is_root() => package,
            _ => root.clone(),
        };
        let within = dotted(&home, &root);
        return Ok(Layout {
            module: joined(&within),
            style: Style {
                dots: 0,
                package: within,
            },
            home,
            neighbours,
        });
    }
    if here == *target {
        return Ok(Layout {
            home: here,
            style: Style {
                dots: 0,
                package: String::new(),
            },
            module: MODULE.to_owned(),
            neighbours: Vec::new(),
        });
    }
    // Nothing in the file says whether it is run as `main` or as `app.main`.
    let stem = file.source.path.file_name().trim_end_matches(".py");
    let dotted_name = format!("{}.{stem}", here.file_name());
    for name in STARTERS {
        for directory in [target, &ProjectPath::root()] {
            let text = files.text(&child(directory, name)).ok().flatten();
            if text.is_some_and(|text| text.contains(&dotted_name)) {
                return relative(files, target, &here, &package);
            }
        }
    }
    let is_package = has_init(files, &here)?;
    let is_script = file.source.text.contains("__main__");
    if is_package && !is_script {
        return relative(files, target, &here, &package);
    }
    let span = application.statement.byte_range();
    Err(
        Problem::decision("it is not certain by what name this file is run").at(
            &file.source.path,
            &file.source.text,
            span,
            format!("as `{stem}` or as `{dotted_name}`: it imports nothing of its own project"),
        ),
    )
}

/// Where the layer would go if nothing else can be said: beside what looks like the application.
pub fn fallback(files: &dyn Files, target: &ProjectPath) -> Result<Layout, Problem> {
    let app = child(target, "app");
    let home = if files.exists(&app)? {
        app
    } else {
        target.clone()
    };
    let within = dotted(&home, target);
    Ok(Layout {
        module: joined(&within),
        style: Style {
            dots: 0,
            package: within,
        },
        home,
        neighbours: Vec::new(),
    })
}

fn relative(
    files: &dyn Files,
    target: &ProjectPath,
    here: &ProjectPath,
    package: &ProjectPath,
) -> Result<Layout, Problem> {
    let below = here.below(package).filter(|below| !below.is_root());
    let depth = below.map_or(0, |below| below.as_str().split('/').count());
    let source = child(target, "src");
    let is_source =
        package.below(&source).is_some_and(|below| !below.is_root()) && !has_init(files, &source)?;
    let root = if is_source { source } else { target.clone() };
    Ok(Layout {
        home: package.clone(),
        style: Style {
            dots: depth + 1,
            package: String::new(),
        },
        module: joined(&dotted(package, &root)),
        neighbours: Vec::new(),
    })
}

/// The outermost package around a directory; the directory itself if it is none.
fn package(
    files: &dyn Files,
    target: &ProjectPath,
    here: &ProjectPath,
) -> Result<ProjectPath, Problem> {
    let mut package = here.clone();
    while let Some(parent) = package.parent() {
        if package == *target || !has_init(files, &parent)? || parent.below(target).is_none() {
            break;
        }
        package = parent;
    }
    Ok(package)
}

fn has_init(files: &dyn Files, directory: &ProjectPath) -> Result<bool, Problem> {
    files.exists(&child(directory, "__init__.py"))
}

/// The directory that the file's absolute imports of its own project begin in, and the names that they begin with.
fn import_root(
    files: &dyn Files,
    target: &ProjectPath,
    here: &ProjectPath,
    file: &File,
) -> Result<(Option<ProjectPath>, Vec<String>), Problem> {
    let (mut found, mut names) = (None, Vec::new());
    for import in file.imports.iter().filter(|import| import.dots == 0) {
        let mut directory = Some(here.clone());
        while let Some(root) = directory {
            if names_own(files, &root, import)? {
                let first = import.module.split('.').next().unwrap_or_default();
                names.push(first.to_owned());
                found.get_or_insert(root);
                break;
            }
            directory = root.parent().filter(|_| root != *target);
        }
    }
    Ok((found, names))
}

/// Whether an absolute import means a module below `root`.
fn names_own(files: &dyn Files, root: &ProjectPath, import: &Import) -> Result<bool, Problem> {
    let first = import.module.split('.').next().unwrap_or_default();
    if first.is_empty() || ProjectPath::existing(first).is_err() || first == MODULE {
        return Ok(false);
    }
    if files.exists(&child(root, &format!("{first}.py")))? {
        return Ok(true);
    }
    let package = child(root, first);
    // A directory alone may be anything: what is taken from it has to be in it.
    if has_init(files, &package)? {
        return Ok(true);
    }
    let second = import.module.split('.').nth(1).or(import.name.as_deref());
    let Some(second) = second.filter(|name| ProjectPath::existing(name).is_ok()) else {
        return Ok(false);
    };
    Ok(files.exists(&child(&package, &format!("{second}.py")))?
        || files.exists(&child(&package, second))?)
}

fn dotted(directory: &ProjectPath, root: &ProjectPath) -> String {
    directory
        .below(root)
        .filter(|below| !below.is_root())
        .map_or(String::new(), |below| below.as_str().replace('/', "."))
}

fn joined(package: &str) -> String {
    match package.is_empty() {
        true => MODULE.to_owned(),
        false => format!("{package}.{MODULE}"),
    }
}
