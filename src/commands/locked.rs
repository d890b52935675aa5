use crate::frameworks;
use crate::lockfile::{Lock, LockedModule};
use crate::project::{Project, Root};
use crate::report::Subject;
use crate::types::{Problem, ProjectPath};

/// The one record of a module that is meant: in the package that was named, the one around the user, or the only one.
///
/// # Errors
/// The module is in none of them, or in several.
pub fn locked<'l>(
    project: &Project,
    lock: &'l Lock,
    root: &Root,
    name: &str,
    package: Option<&str>,
) -> Result<&'l LockedModule, Problem> {
    let is_name = |locked: &&LockedModule| locked.module == name || locked.name() == name;
    let mut found: Vec<&LockedModule> = lock.modules.iter().filter(is_name).collect();
    if found.is_empty() {
        return Err(
            Problem::input(format!("the project does not have {}", name.escape_debug()))
                .help("`rapidkit-pg status` shows what it has"),
        );
    }
    let all: Vec<String> = found
        .iter()
        .map(|locked| format!("{} ({})", locked.target, locked.framework))
        .collect();
    match package {
        Some(package) => {
            let named = packages(project, package);
            found.retain(|locked| {
                locked.target.as_str() == package.trim_end_matches('/')
                    || named.contains(&locked.target)
            });
        }
        // As in cargo: inside a member, that member is meant.
        None if found.len() > 1 => {
            let around = |locked: &&LockedModule| root.here.below(&locked.target).is_some();
            let depth = |locked: &&LockedModule| locked.target.as_str().len();
            let deepest = found.iter().copied().filter(around).max_by_key(depth);
            found = deepest.map_or(found, |deepest| vec![deepest]);
        }
        // A module of another package is not meant.
        None => found.retain(|locked| {
            let (here, there) = (&root.here, &locked.target);
            here.below(there).is_some() || there.below(here).is_some()
        }),
    }
    match found[..] {
        [only] => Ok(only),
        [] => {
            let package = package.unwrap_or(root.here.as_str()).escape_debug();
            let mut problem = Problem::input(format!("`{package}` does not have {name}"));
            problem.notes = all;
            Err(problem.help("say which package is meant: `--package NAME`, or its path"))
        }
        _ => {
            let mut problem = Problem::decision("several packages have it");
            problem.notes = all;
            Err(problem.help("say which: `--package NAME`, or its path"))
        }
    }
}

/// Where the packages of this name are. The lock does not know names, and what cannot be read has none.
fn packages(project: &Project, name: &str) -> Vec<ProjectPath> {
    let detected = frameworks::all()
        .iter()
        .filter_map(|framework| framework.detect(project).ok());
    let named = detected.flatten().filter(|target| target.package == name);
    named.map(|target| target.root).collect()
}

/// A recorded module, as a report names it. The lock does not know its package's name.
pub fn subject(locked: &LockedModule) -> Subject<'_> {
    Subject {
        module: locked.name(),
        from: None,
        changelog: None,
        version: locked.version.to_string(),
        framework: &locked.framework,
        package: match locked.target.as_str() {
            "" => ".",
            path => path,
        },
        target: locked.target.to_string(),
    }
}
