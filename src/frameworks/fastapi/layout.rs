//! Where the layer goes, and how the application's file names it.

use std::collections::BTreeSet;

use super::MODULE;
use super::application::{Application, File};
use super::manifest::{Manifest, child, is_searched};
use crate::edit::python::{Import, Style, is_stdlib};
use crate::edit::requirement::normalised;
use crate::frameworks::CORE_HOME;
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

/// Files that tell how the application is started, beside scripts and what Docker reads.
const STARTERS: [&str; 5] = [
    "Makefile",
    "Procfile",
    "README.md",
    "justfile",
    "pyproject.toml",
];
/// Directories that such files are in, below the project's.
const ASIDE: [&str; 4] = ["bin", "deploy", "docker", "scripts"];

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
    let relative_imports = file.imports.iter().filter(|import| !import.may_fail);
    if let Some(dots) = relative_imports
        .map(|import| import.dots)
        .max()
        .filter(|n| *n > 0)
    {
        return relative(files, target, &here, dots);
    }
    let stem = file.source.path.file_name().trim_end_matches(".py");
    let dotted_name = format!("{}.{stem}", here.file_name());
    let unsure = |names: &str, why: &str| {
        let span = application.statement.byte_range();
        Problem::decision("it is not certain by what name this file is run").at(
            &file.source.path,
            &file.source.text,
            span,
            format!("as {names}: {why}"),
        )
    };
    let found = evidence(files, target, &here, file)?;
    if found.roots.len() > 1 {
        return Err(unsure(
            "what is open",
            "its imports do not all begin in one directory",
        ));
    }
    if let Some(root) = found.roots.into_iter().next() {
        let package = package(files, target, &here)?;
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
            neighbours: found.names,
        });
    }
    let is_package = has_init(files, &here)?;
    if here == *target {
        if let Some(above) = found.above {
            return Err(unsure(
                &format!("`{stem}` or as `{above}.{stem}`"),
                "what it imports may be its own directory",
            ));
        }
        let is_dotted =
            !here.is_root() && is_started(files, target, |text| text.contains(&dotted_name));
        if is_dotted && !is_started(files, target, |text| names_bare(text, stem)) {
            return Err(unsure(
                &format!("`{stem}` or as `{dotted_name}`"),
                "what starts it names it so, and it imports nothing of its own project",
            ));
        }
        if is_package && !is_started(files, target, |text| names_bare(text, stem)) {
            return Err(unsure(
                &format!("`{stem}` or below a package"),
                "its directory is a package, and it imports nothing of its own project",
            ));
        }
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
    let is_bare = is_started(files, target, |text| {
        names_bare(text, stem) || is_flattened(text, here.file_name())
    });
    let is_dotted = is_started(files, target, |text| text.contains(&dotted_name));
    let is_script = file.source.text.contains("__main__");
    if !is_bare && (is_dotted || is_package && !is_script) {
        return relative(files, target, &here, 1);
    }
    Err(unsure(
        &format!("`{stem}` or as `{dotted_name}`"),
        "it imports nothing of its own project",
    ))
}

/// Whether a file that tells how applications are started says so.
fn is_started(files: &dyn Files, target: &ProjectPath, says: impl Fn(&str) -> bool) -> bool {
    let mut directories = vec![target.clone(), ProjectPath::root()];
    for name in ASIDE {
        directories.extend([child(target, name), child(&ProjectPath::root(), name)]);
    }
    directories.sort();
    directories.dedup();
    directories.iter().any(|directory| {
        let entries = files.entries(directory).unwrap_or_default();
        let starters = entries.iter().filter(|entry| is_starter(&entry.name));
        let mut texts =
            starters.filter_map(|entry| files.text(&child(directory, &entry.name)).ok()?);
        texts.any(|text| says(&text))
    })
}

fn is_starter(name: &str) -> bool {
    STARTERS.contains(&name)
        || name.contains("Dockerfile")
        || name.contains("compose") && (name.ends_with(".yml") || name.ends_with(".yaml"))
        || name.ends_with(".sh")
}

/// Whether a server is told to serve `main:app`, not `app.main:app`.
fn names_bare(text: &str, stem: &str) -> bool {
    text.match_indices(&format!("{stem}:")).any(|(at, name)| {
        let follows = text[at + name.len()..].starts_with(|c: char| c.is_ascii_alphabetic());
        follows && text[..at].ends_with([' ', '"', '\'', '='])
    })
}

/// Whether an image that serves `/app/main.py` of itself gets a directory's files as its `/app`:
/// <https://github.com/tiangolo/uvicorn-gunicorn-fastapi-docker#quick-start>.
fn is_flattened(dockerfile: &str, directory: &str) -> bool {
    dockerfile.contains("tiangolo/uvicorn-gunicorn")
        && dockerfile.lines().any(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            matches!(words[..], [copy, from, to]
                if copy.eq_ignore_ascii_case("copy")
                    && from.trim_start_matches("./").trim_matches('/') == directory
                    && to.trim_end_matches('/') == "/app")
        })
}

/// The place in a project of RapidKit Core's. All of its code names its modules from the root of the project.
pub fn core(target: &ProjectPath) -> Layout {
    let home = child(target, CORE_HOME);
    let within = dotted(&home, target);
    Layout {
        module: joined(&within),
        style: Style {
            dots: 0,
            package: within,
        },
        home,
        neighbours: vec!["src".to_owned()],
    }
}

/// Where the layer would go if nothing else can be said: beside what looks like the application.
pub fn fallback(files: &dyn Files, target: &ProjectPath) -> Result<Layout, Problem> {
    let (app, source) = (child(target, "app"), child(target, "src"));
    let (root, home) = match only_package(files, &source)? {
        _ if files.exists(&app)? => (target, app),
        Some(package) => (&source, package),
        None => (target, target.clone()),
    };
    let within = dotted(&home, root);
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

/// The one package in a directory that is none itself.
fn only_package(
    files: &dyn Files,
    directory: &ProjectPath,
) -> Result<Option<ProjectPath>, Problem> {
    let mut packages = Vec::new();
    for entry in files.entries(directory)? {
        let path = child(directory, &entry.name);
        if is_searched(&entry.name) && has_init(files, &path)? {
            packages.push(path);
        }
    }
    let is_one = packages.len() == 1 && !has_init(files, directory)?;
    Ok(packages.pop().filter(|_| is_one))
}

/// In the package that is `dots` above the file: the file's own imports, if they work, reach so far.
fn relative(
    files: &dyn Files,
    target: &ProjectPath,
    here: &ProjectPath,
    dots: usize,
) -> Result<Layout, Problem> {
    let mut home = here.clone();
    for _ in 1..dots {
        home = home.parent().unwrap_or_else(ProjectPath::root);
    }
    if home.below(target).is_none() {
        home = target.clone();
    }
    let dots = home_depth(here, &home) + 1;
    let source = child(target, "src");
    let is_source =
        home.below(&source).is_some_and(|below| !below.is_root()) && !has_init(files, &source)?;
    let root = if is_source { source } else { target.clone() };
    Ok(Layout {
        module: joined(&dotted(&home, &root)),
        home,
        style: Style {
            dots,
            package: String::new(),
        },
        neighbours: Vec::new(),
    })
}

fn home_depth(here: &ProjectPath, home: &ProjectPath) -> usize {
    let below = here.below(home).filter(|below| !below.is_root());
    below.map_or(0, |below| below.as_str().split('/').count())
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

/// What the absolute imports of a file say of where they begin.
#[derive(Default)]
struct Evidence {
    /// The directories that they begin in.
    roots: BTreeSet<ProjectPath>,
    /// The project's own modules among them.
    names: Vec<String>,
    /// What may be the name of the file's own directory, which is the project's.
    above: Option<String>,
}

fn evidence(
    files: &dyn Files,
    target: &ProjectPath,
    here: &ProjectPath,
    file: &File,
) -> Result<Evidence, Problem> {
    let packages: Vec<String> = Manifest::read(files, target)?
        .map(|manifest| manifest.packages())
        .unwrap_or_default();
    let mut found = Evidence::default();
    let mut beside = BTreeSet::new();
    for import in &file.imports {
        let first = import.module.split('.').next().unwrap_or_default();
        if import.dots > 0 || import.may_fail {
            continue;
        }
        // What has the file's own package in its name tells most: beside it may lie a module with the name of
        // another package.
        let is_others = is_stdlib(first) || packages.contains(&normalised(first));
        let mut directory = Some(here.clone());
        while let Some(root) = directory {
            let is_around = here
                .below(&root)
                .is_some_and(|below| below.as_str().split('/').next() == Some(first));
            if (is_around || !is_others) && names_own(files, &root, import)? {
                found.names.push(first.to_owned());
                match is_around {
                    true => found.roots.insert(root),
                    false => beside.insert(root),
                };
                break;
            }
            directory = root.parent().filter(|_| root != *target);
        }
        let second = import.module.split('.').nth(1);
        if let Some(second) = second.filter(|_| !is_others) {
            let script = format!("{second}.py");
            if files.exists(&child(here, second))? || files.exists(&child(here, &script))? {
                found.above = Some(first.to_owned());
            }
        }
    }
    if found.roots.is_empty() {
        found.roots = beside;
    }
    Ok(found)
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
