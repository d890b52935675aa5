use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::types::{LOCK, Problem, ProjectPath};

const MANIFESTS: [&str; 5] = [
    "Cargo.toml",
    "package.json",
    "pyproject.toml",
    "requirements.txt",
    "Pipfile",
];

/// Where a project begins, and where in it the user stands.
#[derive(Debug, Clone)]
pub struct Root {
    pub path: PathBuf,
    /// The directory that the search began in, below `path`.
    pub here: ProjectPath,
}

/// Finds the project that `start` lies in: the nearest ancestor with our lock, unless it is a workspace of Cargo's that
/// `start` is no part of; else the outermost workspace root (of Cargo's, the one that Cargo takes), else the nearest
/// manifest. The search does not leave the git work tree, where there is one.
///
/// # Errors
/// `start` is no directory, or none of these is found.
pub fn find_root(start: &Path) -> Result<Root, Problem> {
    let start = start
        .canonicalize()
        .map_err(|error| Problem::input(format!("cannot open `{}`: {error}", start.display())))?;
    let mut ancestors: Vec<&Path> = Vec::new();
    for directory in start.ancestors() {
        ancestors.push(directory);
        if directory.join(".git").exists() {
            break;
        }
    }
    // Cargo takes the nearest root: workspaces do not nest, one below another is a project of its own.
    let cargo = ancestors
        .iter()
        .position(|directory| is_cargo_root_of(directory, &start));
    let locked = (0..ancestors.len()).find(|place| {
        let directory = ancestors[*place];
        directory.join(LOCK).is_file() && (cargo == Some(*place) || workspace(directory).is_none())
    });
    let other = || {
        ancestors
            .iter()
            .rposition(|directory| is_other_root(directory))
    };
    let manifest = || {
        ancestors
            .iter()
            .find(|directory| MANIFESTS.iter().any(|name| directory.join(name).is_file()))
    };
    let path = locked
        .or_else(|| cargo.max(other()))
        .map(|place| &ancestors[place])
        .or_else(manifest)
        .ok_or_else(|| {
            let below = projects_below(&start);
            let mut problem =
                Problem::input(format!("no project in `{}` or above it", start.display()))
                    .note(format!("looked for {}", MANIFESTS.join(", ")));
            if !below.is_empty() {
                problem = problem.note(format!("below it there are: {}", below.join(", ")));
            }
            problem.help("run this in a project's directory, or name it: `rapidkit-pg -C DIR …`")
        })?
        .to_path_buf();
    let below = start.strip_prefix(&path).unwrap_or(Path::new(""));
    let here = below
        .to_str()
        .and_then(|below| ProjectPath::existing(&below.replace('\\', "/")).ok())
        .ok_or_else(|| Problem::input(format!("`{}` is not UTF-8", below.display())))?;
    Ok(Root { path, here })
}

/// The nearest directories below one that have a manifest, two levels deep.
fn projects_below(directory: &Path) -> Vec<String> {
    let has_manifest = |path: &Path| MANIFESTS.iter().any(|name| path.join(name).is_file());
    let mut found = Vec::new();
    let mut entries = WalkDir::new(directory)
        .min_depth(1)
        .max_depth(2)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.file_type().is_dir() && entry.file_name() != "node_modules");
    while let Some(Ok(entry)) = entries.next() {
        if has_manifest(entry.path()) {
            let below = entry.path().strip_prefix(directory);
            found.extend(below.map(|below| below.display().to_string()));
            entries.skip_current_dir();
        }
    }
    found
}

fn toml(file: &Path) -> Option<toml_edit::DocumentMut> {
    std::fs::read_to_string(file).ok()?.parse().ok()
}

/// Whether Cargo would take what lies in `start` for a part of the workspace in `directory`.
fn is_cargo_root_of(directory: &Path, start: &Path) -> bool {
    let Some(workspace) = workspace(directory) else {
        return false;
    };
    let excluded = workspace
        .get("exclude")
        .and_then(|exclude| exclude.as_array());
    !excluded
        .into_iter()
        .flatten()
        .filter_map(|path| path.as_str())
        .any(|path| start.starts_with(directory.join(path)))
}

/// The workspace that a `Cargo.toml` in `directory` describes.
fn workspace(directory: &Path) -> Option<toml_edit::Item> {
    toml(&directory.join("Cargo.toml"))?.remove("workspace")
}

/// Whether a uv, npm or pnpm workspace begins in `directory`.
fn is_other_root(directory: &Path) -> bool {
    let uv = || {
        toml(&directory.join("pyproject.toml")).is_some_and(|pyproject| {
            pyproject
                .get("tool")
                .and_then(|tool| tool.get("uv"))
                .is_some_and(|uv| uv.get("workspace").is_some())
        })
    };
    let npm = || {
        std::fs::read_to_string(directory.join("package.json"))
            .ok()
            .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
            .is_some_and(|package| package.get("workspaces").is_some())
    };
    directory.join("pnpm-workspace.yaml").is_file() || npm() || uv()
}
