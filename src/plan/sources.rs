use std::sync::Arc;

use crate::edit::is_source;
use crate::types::{EntryKind, Files, Problem, ProjectPath};

/// Directories of tools and of what they make, beside those whose names begin with a dot.
const OF_TOOLS: [&str; 5] = ["__pycache__", "build", "dist", "node_modules", "target"];
/// Files by which other directories of that kind are known.
const MARKS: [&str; 2] = ["CACHEDIR.TAG", "pyvenv.cfg"];

/// The source code in and below a directory, with its text; links are not followed. What is no text is left out.
///
/// # Errors
/// A directory that cannot be listed.
pub fn sources(
    files: &dyn Files,
    directory: &ProjectPath,
) -> Result<Vec<(ProjectPath, Arc<str>)>, Problem> {
    let mut found = Vec::new();
    let mut queue = vec![directory.clone()];
    while let Some(directory) = queue.pop() {
        let entries = files.entries(&directory)?;
        if entries
            .iter()
            .any(|entry| MARKS.contains(&entry.name.as_str()))
        {
            continue;
        }
        for entry in entries {
            let Ok(name) = ProjectPath::existing(&entry.name) else {
                continue;
            };
            let path = directory.join(&name);
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
