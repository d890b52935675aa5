//! Where the user's code names what a module has put in.

use std::collections::BTreeSet;

use super::sources::sources;
use crate::edit::mentions;
use crate::lockfile::LockedModule;
use crate::types::{FileKind, Files, Problem, ProjectPath};

/// The lines of a source, the first is 1, that mention every one of `names`.
pub fn lines_that_name(path: &ProjectPath, text: &str, names: &[String]) -> BTreeSet<usize> {
    let lines = |name: &String| -> BTreeSet<usize> {
        let lines = mentions(path.file_name(), text, name);
        lines.into_iter().collect()
    };
    let lines = names.iter().map(lines);
    lines.reduce(|all, more| &all & &more).unwrap_or_default()
}

/// The directory and the name by which code names a file.
pub fn names_of(file: &ProjectPath) -> Option<[String; 2]> {
    let (stem, _) = file.file_name().rsplit_once('.')?;
    Some([file.parent()?.file_name().to_owned(), stem.to_owned()])
}

/// The lines of the user's that name a file which is no longer there.
///
/// # Errors
/// A directory that cannot be listed.
pub fn still_used(
    files: &dyn Files,
    locked: &LockedModule,
    gone: &[ProjectPath],
) -> Result<Vec<String>, Problem> {
    let mut uses = Vec::new();
    if gone.is_empty() {
        return Ok(uses);
    }
    let is_ours = |path: &ProjectPath| {
        let mut outputs = locked
            .files
            .iter()
            .filter(|file| file.kind != FileKind::Block);
        outputs.any(|file| file.path == *path)
    };
    for (path, text) in sources(files, &locked.target)? {
        if is_ours(&path) {
            continue;
        }
        for file in gone {
            let names = names_of(file).unwrap_or_default();
            let lines = lines_that_name(&path, &text, &names).into_iter();
            uses.extend(lines.map(|line| {
                format!(
                    "{path}:{line} uses {file}, which the new version has elsewhere or no longer"
                )
            }));
        }
    }
    Ok(uses)
}
