use std::path::{Path, PathBuf};

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

/// Finds the project that `start` lies in: the nearest ancestor with our lock, else the outermost workspace root, else
/// the nearest manifest. The search does not leave the git work tree, where there is one.
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
    let locked = ancestors
        .iter()
        .find(|directory| directory.join(LOCK).is_file());
    let workspace = || {
        ancestors
            .iter()
            .rev()
            .find(|directory| is_workspace_root_of(directory, &start))
    };
    let manifest = || {
        ancestors
            .iter()
            .find(|directory| MANIFESTS.iter().any(|name| directory.join(name).is_file()))
    };
    let path = locked
        .or_else(workspace)
        .or_else(manifest)
        .ok_or_else(|| {
            Problem::input(format!("no project in `{}` or above it", start.display()))
                .note(format!("looked for {}", MANIFESTS.join(", ")))
                .help("run this in a project's directory, or name it: `rapidkit-pg -C DIR …`")
        })?
        .to_path_buf();
    let below = start.strip_prefix(&path).unwrap_or(Path::new(""));
    let here = below
        .to_str()
        .and_then(|below| ProjectPath::existing(&below.replace('\\', "/")).ok())
        .ok_or_else(|| Problem::input(format!("`{}` is not UTF-8", below.display())))?;
    Ok(Root { path, here })
}

fn is_workspace_root_of(directory: &Path, start: &Path) -> bool {
    let read = |name: &str| std::fs::read_to_string(directory.join(name)).ok();
    let toml = |name: &str| read(name)?.parse::<toml_edit::DocumentMut>().ok();
    if let Some(cargo) = toml("Cargo.toml")
        && let Some(workspace) = cargo.get("workspace")
    {
        let excluded = workspace
            .get("exclude")
            .and_then(|exclude| exclude.as_array())
            .is_some_and(|exclude| {
                exclude
                    .iter()
                    .filter_map(|path| path.as_str())
                    .any(|path| start.starts_with(directory.join(path)))
            });
        return !excluded;
    }
    let uv = || {
        toml("pyproject.toml").is_some_and(|pyproject| {
            pyproject
                .get("tool")
                .and_then(|tool| tool.get("uv"))
                .is_some_and(|uv| uv.get("workspace").is_some())
        })
    };
    let npm = || {
        read("package.json")
            .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
            .is_some_and(|package| package.get("workspaces").is_some())
    };
    directory.join("pnpm-workspace.yaml").is_file() || npm() || uv()
}
