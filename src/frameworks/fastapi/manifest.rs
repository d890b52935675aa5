//! The file that names the packages which an application needs.

use crate::edit::pyproject::{Pyproject, Tool};
use crate::edit::requirement::Requirement;
use crate::edit::requirements;
use crate::types::{Dependency, EntryKind, FileEdit, Files, Install, Problem, ProjectPath};

/// Names of lists, the one that others are made from first.
const LISTS: [&str; 7] = [
    "requirements.in",
    "requirements/base.in",
    "requirements.txt",
    "requirements/base.txt",
    "requirements/common.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
];

/// A directory's list of packages.
pub enum Manifest {
    Pyproject(Pyproject),
    /// A file, its text, and what the files name that it includes, or that include it.
    Requirements(ProjectPath, String, Vec<Requirement>),
}

impl Manifest {
    /// The list in `directory` that names FastAPI.
    ///
    /// # Errors
    /// A file that cannot be read or parsed; only a Pipfile names FastAPI.
    pub fn read(files: &dyn Files, directory: &ProjectPath) -> Result<Option<Self>, Problem> {
        let entries = files.entries(directory)?;
        let has = |name: &str| {
            let first = name.split('/').next().unwrap_or_default();
            entries.iter().any(|entry| entry.name == first)
        };
        let mut dynamic = false;
        if has("pyproject.toml") {
            let path = child(directory, "pyproject.toml");
            if let Some(text) = files
                .text(&path)?
                .filter(|text| names_fastapi(text) || text.contains("dynamic"))
            {
                let pyproject = Pyproject::parse(path, &text)?;
                if pyproject.requirements().iter().any(is_fastapi) {
                    return Ok(Some(Self::Pyproject(pyproject)));
                }
                dynamic = pyproject.is_dynamic();
            }
        }
        for name in LISTS.into_iter().filter(|name| has(name)) {
            let path = child(directory, name);
            let Some(text) = files.text(&path)? else {
                continue;
            };
            let mut lists = vec![(path, text.to_string())];
            lists.extend(included(files, &lists[0])?);
            let names_it = |(_, text): &(ProjectPath, String)| named(text).iter().any(is_fastapi);
            if let Some(at) = lists.iter().position(names_it) {
                let (path, text) = lists.swap_remove(at);
                let others = lists.iter().flat_map(|(_, text)| named(text)).collect();
                return Ok(Some(Self::Requirements(path, text, others)));
            }
        }
        if has("Pipfile") && !dynamic {
            let path = child(directory, "Pipfile");
            let text = files.text(&path)?.unwrap_or_default();
            if names_fastapi(&text) {
                return Err(Problem::input("Pipenv is not supported")
                    .in_file(&path)
                    .note("its lock file can only be made by running Pipenv, which would change versions of yours")
                    .help("move to a pyproject.toml or a requirements.txt, then run this again"));
            }
        }
        Ok(None)
    }

    /// The project's name, if the list says it.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Pyproject(pyproject) => pyproject.name(),
            Self::Requirements(..) => None,
        }
    }

    /// The versions of Python that it runs on, if the list says so.
    pub fn python(&self) -> Option<&str> {
        match self {
            Self::Pyproject(pyproject) => pyproject.python(),
            Self::Requirements(..) => None,
        }
    }

    /// The versions of FastAPI that it takes.
    pub fn fastapi(&self) -> String {
        let fastapi = self.requirements().into_iter().find(is_fastapi);
        fastapi.map(|there| there.versions).unwrap_or_default()
    }

    /// The names of the packages, as package indexes compare them.
    pub fn packages(&self) -> Vec<String> {
        let found = self.requirements().into_iter();
        found.map(|there| there.name).collect()
    }

    fn requirements(&self) -> Vec<Requirement> {
        match self {
            Self::Pyproject(pyproject) => pyproject.requirements(),
            Self::Requirements(_, text, others) => named(text)
                .into_iter()
                .chain(others.iter().cloned())
                .collect(),
        }
    }

    /// How what it names is installed: into the directory's own virtual environment, where there is one.
    ///
    /// # Errors
    /// A directory that cannot be read.
    pub fn install(&self, files: &dyn Files, directory: &ProjectPath) -> Result<Install, Problem> {
        let has = |name: &str| files.exists(&child(directory, name));
        let mut pip = "pip";
        for own in ["venv/bin/pip", ".venv/bin/pip"] {
            if has(own)? {
                pip = own;
            }
        }
        let line = match self {
            Self::Pyproject(_) if has("poetry.lock")? => {
                // `poetry install` refuses a lock that is older than the manifest; `poetry lock` raises other packages.
                "poetry update asyncpg psycopg python-dotenv sqlalchemy".to_owned()
            }
            Self::Pyproject(_) if is_locked_by_uv(files, directory)? => "uv sync".to_owned(),
            Self::Pyproject(pyproject) => match pyproject.tool() {
                Some(Tool::Pdm) => "pdm install".to_owned(),
                Some(Tool::Poetry) => "poetry install".to_owned(),
                Some(Tool::Uv) => "uv sync".to_owned(),
                // Editable: a copy of the application would go stale.
                None if pyproject.is_built() => format!("{pip} install -e ."),
                None => {
                    format!(
                        "{pip} install asyncpg psycopg[binary] python-dotenv sqlalchemy[asyncio]"
                    )
                }
            },
            Self::Requirements(path, ..) => {
                let path = path.below(directory).unwrap_or_else(|| path.clone());
                match path.as_str().strip_suffix(".in") {
                    Some(name) => format!("pip-compile {path} && {pip} install -r {name}.txt"),
                    None => format!("{pip} install -r {path}"),
                }
            }
        };
        Ok(Install::new(directory, &line))
    }

    /// The list with the packages that it lacks; `None` if it lacks none.
    ///
    /// # Errors
    /// A package in a version that cannot work.
    pub fn add(&self, dependencies: &[Dependency]) -> Result<Option<FileEdit>, Problem> {
        match self {
            Self::Pyproject(pyproject) => pyproject.add_dependencies(dependencies),
            Self::Requirements(path, text, others) => {
                requirements::add_dependencies(path, text, others, dependencies)
            }
        }
    }
}

/// The directories with a list that names FastAPI, sorted.
///
/// # Errors
/// A file that cannot be read or parsed.
pub fn directories(files: &dyn Files) -> Result<Vec<ProjectPath>, Problem> {
    let mut found = Vec::new();
    let mut queue = vec![(ProjectPath::root(), 0)];
    while let Some((directory, depth)) = queue.pop() {
        if Manifest::read(files, &directory)?.is_some() {
            found.push(directory.clone());
        }
        if depth < 3 {
            for entry in files.entries(&directory)? {
                if entry.kind == EntryKind::Directory && is_searched(&entry.name) {
                    queue.push((child(&directory, &entry.name), depth + 1));
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a directory may hold sources of the user's.
pub fn is_searched(name: &str) -> bool {
    const OTHERS: [&str; 12] = [
        "__pycache__",
        "build",
        "dist",
        "env",
        "migrations",
        "node_modules",
        "requirements",
        "site-packages",
        "static",
        "target",
        "templates",
        "venv",
    ];
    !name.starts_with('.') && !OTHERS.contains(&name) && ProjectPath::existing(name).is_ok()
}

/// The path of an entry whose name a directory gave, or of a name that is known to be one.
pub fn child(directory: &ProjectPath, name: &str) -> ProjectPath {
    let name = ProjectPath::existing(name).unwrap_or_else(|_| ProjectPath::root());
    directory.join(&name)
}

/// The packages that a list names.
fn named(text: &str) -> Vec<Requirement> {
    let lines = requirements::requirements(text).into_iter();
    lines.map(|(_, _, there)| there).collect()
}

/// The files that a list includes.
fn included(
    files: &dyn Files,
    (path, text): &(ProjectPath, String),
) -> Result<Vec<(ProjectPath, String)>, Problem> {
    let directory = path.parent().unwrap_or_else(ProjectPath::root);
    let mut found = Vec::new();
    for line in text.lines() {
        let other = line
            .strip_prefix("-r ")
            .or_else(|| line.strip_prefix("--requirement "))
            .and_then(|other| ProjectPath::existing(other.trim()).ok());
        if let Some(other) = other.map(|other| directory.join(&other))
            && let Some(text) = files.text(&other)?
        {
            found.push((other, text.to_string()));
        }
    }
    Ok(found)
}

/// Whether uv locks the packages: those of one project, or of the workspace around it.
fn is_locked_by_uv(files: &dyn Files, directory: &ProjectPath) -> Result<bool, Problem> {
    let mut directory = Some(directory.clone());
    while let Some(here) = directory {
        if files.exists(&child(&here, "uv.lock"))? {
            return Ok(true);
        }
        directory = here.parent();
    }
    Ok(false)
}

fn is_fastapi(requirement: &Requirement) -> bool {
    matches!(requirement.name.as_str(), "fastapi" | "fastapi-slim")
}

/// Whether a text could name FastAPI as a package.
pub fn names_fastapi(text: &str) -> bool {
    text.to_lowercase().contains("fastapi")
}
