use std::sync::Arc;

use crate::edit::is_source;
use crate::types::{CACHE_SIGNATURE, CACHE_TAG, Entry, EntryKind, Files, Problem, ProjectPath};

/// Directories of tools and of what they make, beside those whose names begin with a dot.
const OF_TOOLS: [&str; 6] = [
    "__pycache__",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "target",
];
/// Files by which other directories of that kind are known.
const MARKS: [&str; 2] = [CACHE_TAG, "pyvenv.cfg"];

/// The source code in and below a directory, whatever that is, with its text; links are not followed. What is no text is left out.
///
/// # Errors
/// A directory that cannot be listed.
pub fn sources(
    files: &dyn Files,
    directory: &ProjectPath,
) -> Result<Vec<(ProjectPath, Arc<str>)>, Problem> {
    let mut found = Vec::new();
    let mut queue = vec![directory.clone()];
    while let Some(here) = queue.pop() {
        let entries = files.entries(&here)?;
        let is_mark = |entry: &Entry| {
            let tag = || ProjectPath::existing(CACHE_TAG).ok();
            let text = || files.text(&here.join(&tag()?)).ok()?;
            MARKS.contains(&entry.name.as_str())
                && (entry.name != CACHE_TAG
                    || text().is_some_and(|text| text.starts_with(CACHE_SIGNATURE)))
        };
        if here != *directory && entries.iter().any(is_mark) {
            continue;
        }
        for entry in entries {
            let Ok(name) = ProjectPath::existing(&entry.name) else {
                continue;
            };
            let path = here.join(&name);
            match entry.kind {
                EntryKind::Directory
                    if !entry.name.starts_with('.') && !OF_TOOLS.contains(&entry.name.as_str()) =>
                {
                    queue.push(path);
                }
                EntryKind::File if is_source(&entry.name) => {
                    if let Ok(Some(text)) = files.text(&path) {
                        found.push((path, text));
                    }
                }
                _ => {}
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}
