//! The applications of a project: its package, those of its workspace, and the projects of a Nest or Nx monorepo.

use std::collections::BTreeSet;

use glob::Pattern;
use serde_json::Value;

use super::bootstrap;
use crate::edit::package_json::{self, major};
use crate::types::{EntryKind, Files, Install, Problem, ProjectPath, Target, relative};

/// Directories that hold no sources of the user's.
const SKIPPED: [&str; 5] = ["node_modules", "dist", "build", "coverage", "tmp"];

/// One NestJS application.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its directory.
    pub root: ProjectPath,
    /// Its name, as its manifest or its monorepo says.
    pub name: String,
    /// Where its sources are.
    pub source_root: ProjectPath,
    /// The `package.json` that its dependencies are in.
    pub manifest: ProjectPath,
    /// The name of the file that is started, without its ending: what Nest calls `entryFile`.
    pub entry: String,
}

impl Application {
    /// Checks that the generated code can run in it.
    ///
    /// # Errors
    /// A version of NestJS that is not supported.
    pub fn supported(&self, files: &dyn Files) -> Result<(), Problem> {
        let package = read(files, &self.manifest)?.unwrap_or_default();
        let range = requirement(&package, "@nestjs/core").unwrap_or_default();
        if let Some(version) = major(range)
            && !(10..=11).contains(&version)
        {
            return Err(Problem::input(format!("NestJS {version} is not supported"))
                .in_file(&self.manifest)
                .note("the generated code is tested with NestJS 10 and 11")
                .help("upgrade NestJS first: https://docs.nestjs.com/migration-guide"));
        }
        Ok(())
    }

    /// What relative imports end in: ES modules ask for `.js`, unless something else resolves them.
    ///
    /// # Errors
    /// A manifest that cannot be read or is no JSON.
    pub fn extension(&self, files: &dyn Files) -> Result<&'static str, Problem> {
        if let Some(extension) = bootstrap::extension(files, &self.source_root)? {
            return Ok(extension);
        }
        let package = read(files, &self.manifest)?.unwrap_or_default();
        let is_module = package["type"] == "module";
        Ok(if is_module { ".js" } else { "" })
    }

    /// The test runner that the package has. Jest reads no TypeScript until it is told how.
    pub fn runner(&self, files: &dyn Files) -> Result<Option<&'static str>, Problem> {
        let package = read(files, &self.manifest)?.unwrap_or_default();
        let has = |name| requirement(&package, name).is_some();
        let home = self.manifest.parent().unwrap_or_else(ProjectPath::root);
        let mut is_set_up = package["jest"].is_object();
        // Jest takes this name only where a script hands it over.
        let json = package["scripts"].to_string().contains("jest.json");
        for dir in [&home, &self.root] {
            let entries = files.entries(dir)?;
            is_set_up |= entries.iter().any(|entry| {
                (json && entry.name == "jest.json") || entry.name.starts_with("jest.config.")
            });
        }
        Ok(match (has("jest") && is_set_up, has("vitest")) {
            (true, _) => Some("jest"),
            (false, true) => Some("vitest"),
            (false, false) => None,
        })
    }
}

/// All applications, sorted by path.
///
/// # Errors
/// A manifest that cannot be read or is no JSON.
pub fn applications(files: &dyn Files) -> Result<Vec<Application>, Problem> {
    let (mut found, mut elsewhere) = (Vec::new(), Vec::new());
    let shared = read(files, &manifest_in(&ProjectPath::root()))?.unwrap_or_default();
    for dir in packages(files, &shared)? {
        let manifest = manifest_in(&dir);
        let Some(package) = read(files, &manifest)? else {
            continue;
        };
        if requirement(&package, "@nestjs/core").is_none() {
            continue;
        }
        for application in projects(files, &dir, &package, &manifest)? {
            let main = relative(
                &application.source_root,
                &format!("{}.ts", application.entry),
            );
            if bootstrap::exists(files, &application.source_root)? {
                found.push(application);
            } else if main.is_some_and(|main| files.exists(&main).is_ok_and(|is_there| is_there)) {
                elsewhere.push(application);
            }
        }
    }
    // One that is created by a library of the user's can be wired by hand.
    if found.is_empty() {
        found = elsewhere;
    }
    found.sort_by(|a, b| a.root.cmp(&b.root));
    found.dedup_by(|a, b| a.root == b.root);
    Ok(found)
}

fn manifest_in(dir: &ProjectPath) -> ProjectPath {
    relative(dir, "package.json").unwrap_or_else(ProjectPath::root)
}

pub fn read(files: &dyn Files, path: &ProjectPath) -> Result<Option<Value>, Problem> {
    let Some(text) = files.text(path)? else {
        return Ok(None);
    };
    let bare = text.trim_start_matches('\u{feff}');
    match serde_json::from_str(bare) {
        Ok(value) if !bare.contains("\"@nestjs/core\"") => Ok(Some(value)),
        // Of a key that is there twice, only the last is in the value: it may hide the application.
        parsed => package_json::check(path, bare).map(|()| parsed.ok()),
    }
}

pub fn requirement<'p>(package: &'p Value, name: &str) -> Option<&'p str> {
    ["dependencies", "devDependencies", "peerDependencies"]
        .into_iter()
        .find_map(|field| package[field][name].as_str())
}

/// The command of the package manager that left its lock file, nearest to the target first; npm's where there is none.
pub fn install(files: &dyn Files, target: &Target) -> Result<Install, Problem> {
    const LOCKS: [(&str, &str); 5] = [
        ("pnpm-lock.yaml", "pnpm install"),
        ("yarn.lock", "yarn install"),
        ("bun.lock", "bun install"),
        ("package-lock.json", "npm install"),
        ("pnpm-workspace.yaml", "pnpm install"),
    ];
    let mut dir = Some(target.root.clone());
    while let Some(here) = dir {
        for (lock, command) in LOCKS {
            if let Some(path) = relative(&here, lock)
                && files.exists(&path)?
            {
                return Ok(Install::new(&here, command));
            }
        }
        dir = here.parent();
    }
    Ok(Install::new(&target.root, "npm install"))
}

/// The root package and the members of its workspace.
fn packages(files: &dyn Files, root: &Value) -> Result<BTreeSet<ProjectPath>, Problem> {
    let mut patterns: Vec<String> = Vec::new();
    let listed = match &root["workspaces"] {
        Value::Object(object) => object.get("packages").cloned().unwrap_or_default(),
        other => other.clone(),
    };
    patterns.extend(
        listed
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|p| p.as_str().map(str::to_owned)),
    );
    let pnpm = relative(&ProjectPath::root(), "pnpm-workspace.yaml");
    if let Some(path) = pnpm
        && let Some(text) = files.text(&path)?
    {
        patterns.extend(yaml_list(&text, "packages"));
    }
    let (without, with): (Vec<String>, Vec<String>) = patterns
        .into_iter()
        .partition(|pattern| pattern.starts_with('!'));
    let mut found = BTreeSet::from([ProjectPath::root()]);
    for pattern in with {
        found.extend(expand(files, &pattern)?);
    }
    for pattern in without {
        for dir in expand(files, &pattern[1..])? {
            found.remove(&dir);
        }
    }
    Ok(found)
}

/// The entries of a top-level list of a YAML file.
fn yaml_list(text: &str, key: &str) -> Vec<String> {
    let mut lines = text
        .lines()
        .skip_while(|line| line.trim_end() != format!("{key}:"));
    lines.next();
    lines
        .take_while(|line| line.starts_with([' ', '-', '#']) || line.trim().is_empty())
        .filter_map(|line| {
            let item = line.trim_start().strip_prefix('-')?.trim();
            let item = item.split(" #").next().unwrap_or_default().trim();
            Some(item.trim_matches(['\'', '"']).to_owned())
        })
        .collect()
}

/// The directories that a pattern of a workspace names.
fn expand(files: &dyn Files, pattern: &str) -> Result<Vec<ProjectPath>, Problem> {
    let mut dirs = vec![ProjectPath::root()];
    for segment in pattern.split('/').filter(|s| !s.is_empty() && *s != ".") {
        let mut next = Vec::new();
        for dir in &dirs {
            match segment {
                "**" => next.extend(below(files, dir, 4)?),
                _ if segment.contains(['*', '?', '[']) => {
                    let Ok(pattern) = Pattern::new(segment) else {
                        continue;
                    };
                    let fits = |path: &ProjectPath| pattern.matches(path.file_name());
                    next.extend(directories(files, dir)?.into_iter().filter(fits));
                }
                _ => next.extend(relative(dir, segment)),
            }
        }
        dirs = next;
    }
    Ok(dirs)
}

fn directories(files: &dyn Files, dir: &ProjectPath) -> Result<Vec<ProjectPath>, Problem> {
    let entries = files.entries(dir)?.into_iter().filter(|entry| {
        entry.kind == EntryKind::Directory
            && !entry.name.starts_with('.')
            && !SKIPPED.contains(&entry.name.as_str())
    });
    Ok(entries
        .filter_map(|entry| relative(dir, &entry.name))
        .collect())
}

/// A directory and those below it, so many levels deep.
pub fn below(
    files: &dyn Files,
    dir: &ProjectPath,
    levels: u32,
) -> Result<Vec<ProjectPath>, Problem> {
    let mut found = vec![dir.clone()];
    if levels > 0 {
        for inner in directories(files, dir)? {
            found.extend(below(files, &inner, levels - 1)?);
        }
    }
    Ok(found)
}

/// Every project in a package: those of `nest-cli.json`, those of Nx, or the package itself.
fn projects(
    files: &dyn Files,
    dir: &ProjectPath,
    package: &Value,
    manifest: &ProjectPath,
) -> Result<Vec<Application>, Problem> {
    let nest = match relative(dir, "nest-cli.json") {
        Some(path) => read(files, &path)?.unwrap_or_default(),
        None => Value::Null,
    };
    let application = |name: &str, root: ProjectPath, source_root: ProjectPath, entry: &Value| {
        let entry = entry.as_str().and_then(|path| path.rsplit('/').next());
        Application {
            root,
            name: name.to_owned(),
            source_root,
            manifest: manifest.clone(),
            entry: entry.unwrap_or("main").to_owned(),
        }
    };
    let mut found = Vec::new();
    for (name, project) in nest["projects"].as_object().into_iter().flatten() {
        let root = project["root"]
            .as_str()
            .and_then(|root| relative(dir, root));
        let source = project["sourceRoot"]
            .as_str()
            .and_then(|source| relative(dir, source));
        if let (Some(root), Some(source), true) = (root, source, project["type"] != "library") {
            found.push(application(name, root, source, &project["entryFile"]));
        }
    }
    let is_nx = relative(dir, "nx.json")
        .map(|path| files.exists(&path))
        .transpose()?;
    if is_nx == Some(true) {
        for inner in below(files, dir, 4)? {
            let Some(path) = relative(&inner, "project.json") else {
                continue;
            };
            let Some(project) = read(files, &path)? else {
                continue;
            };
            let source = match project["sourceRoot"].as_str() {
                Some(source) => relative(dir, source),
                None => relative(&inner, "src"),
            };
            let name = project["name"].as_str().unwrap_or(inner.file_name());
            let name = name.to_owned();
            if let (Some(source), true) = (source, project["projectType"] != "library") {
                found.push(application(&name, inner, source, &Value::Null));
            }
        }
    }
    if found.is_empty() {
        let place = dir.to_string();
        let name = package["name"].as_str().unwrap_or(&place);
        let source = nest["sourceRoot"].as_str().unwrap_or("src");
        if let Some(source) = relative(dir, source) {
            found.push(application(name, dir.clone(), source, &nest["entryFile"]));
        }
    }
    Ok(found)
}
