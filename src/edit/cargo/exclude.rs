//! Keeps a directory that is no package out of a workspace whose members are a pattern.

use toml_edit::{Item, Value};

use super::text::{edited, extend, line_end, strings};
use super::workspace::{Manifest, segment_matches};
use crate::edit::splice::Splice;
use crate::types::{Block, FileEdit, Files, Problem, ProjectPath};

/// The name of the block that records the entry.
pub const BLOCK: &str = "exclude";

/// The root manifest with `directory` in `workspace.exclude`, if Cargo would take it for a member otherwise: it fails on
/// every directory without a manifest that a pattern matches, hidden ones too.
///
/// # Errors
/// A manifest that cannot be read; an `exclude` that is no array.
pub fn exclude(files: &dyn Files, directory: &str) -> Result<Option<FileEdit>, Problem> {
    let Some(manifest) = Manifest::read(files, &ProjectPath::root())? else {
        return Ok(None);
    };
    let members = manifest.get(&["workspace", "members"]);
    let present = manifest.get(&["workspace", "exclude"]);
    let excluded = strings(present)
        .iter()
        .any(|path| path.trim_start_matches("./").trim_end_matches('/') == directory);
    let matched = strings(members).iter().any(|p| matches(p, directory));
    let Some(members) = members.filter(|_| matched && !excluded) else {
        return Ok(None);
    };
    let text = &manifest.text[manifest.offset()..];
    let entry = format!("exclude = [{}]", Value::from(directory));
    let strange = |item: &Item| {
        manifest
            .problem("`exclude` cannot be added to here", item.span(), "this")
            .help(format!("add {} to `exclude`", Value::from(directory)))
    };
    let splice = match present {
        Some(item) => item
            .as_array()
            .and_then(|array| extend(text, array, &[directory.to_owned()]))
            .ok_or_else(|| strange(item))?,
        None => {
            let table = manifest
                .get(&["workspace"])
                .and_then(Item::as_table)
                .ok_or_else(|| strange(members))?;
            let prefix = if table.is_dotted() { "workspace." } else { "" };
            let span = members.span().ok_or_else(|| strange(members))?;
            Splice::insert(line_end(text, span.end), format!("\n{prefix}{entry}"))
        }
    };
    let block = Block {
        name: BLOCK.to_owned(),
        text: entry,
    };
    edited(&manifest, vec![splice], vec![block]).map(Some)
}

/// Whether a pattern of members matches a directory, or could match one in it.
fn matches(pattern: &str, directory: &str) -> bool {
    let wild = |segment: &str| segment.contains(['*', '?', '[']);
    let segments: Vec<&str> = pattern
        .split('/')
        .filter(|s| !s.is_empty() && *s != ".")
        .collect();
    match segments.as_slice() {
        ["**", ..] => true,
        [first] => wild(first) && segment_matches(first, directory),
        [first, second, ..] => wild(first) && wild(second) && segment_matches(first, directory),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::super::count;
    use super::*;

    fn with(manifest: &str) -> String {
        let files = |text: &str| BTreeMap::from([("Cargo.toml".parse().unwrap(), Arc::from(text))]);
        let before: BTreeMap<ProjectPath, Arc<str>> = files(manifest);
        let Some(edit) = exclude(&before, ".kit").unwrap() else {
            return "unchanged".to_owned();
        };
        assert_eq!(count(manifest, &edit.blocks[0]), 0);
        assert_eq!(count(&edit.text, &edit.blocks[0]), 1);
        let after: BTreeMap<ProjectPath, Arc<str>> = files(&edit.text);
        assert_eq!(exclude(&after, ".kit").unwrap(), None, "a second run");
        edit.text
    }

    #[test]
    fn only_where_a_pattern_matches() {
        for members in ["crates/*", "a*", "api", "*/api", "./crates/*"] {
            let text = format!("[workspace]\nmembers = [\"{members}\"]\n");
            assert_eq!(with(&text), "unchanged", "{members}");
        }
        for members in ["*", "./*", ".*", "**", "*/*"] {
            let text = format!("[workspace]\nmembers = [\"{members}\"]\n");
            let now = format!("{text}exclude = [\".kit\"]\n");
            assert_eq!(with(&text), now, "{members}");
        }
        let excluded = "[workspace]\nmembers = [\"*\"]\nexclude = [\"./.kit/\"]\n";
        assert_eq!(with(excluded), "unchanged");
        assert_eq!(with("[package]\nname = \"a\"\n"), "unchanged");
    }

    #[test]
    fn an_array_keeps_its_form() {
        assert_eq!(
            with("[workspace]\nexclude = [\"target\"]\nmembers = [\"*\"] # all\n"),
            "[workspace]\nexclude = [\"target\", \".kit\"]\nmembers = [\"*\"] # all\n"
        );
        assert_eq!(
            with("[workspace]\nmembers = [\n    \"*\",\n] # all\nresolver = \"2\"\n"),
            "[workspace]\nmembers = [\n    \"*\",\n] # all\nexclude = [\".kit\"]\nresolver = \"2\"\n"
        );
        assert_eq!(
            with("workspace.members = [\"*\"]\n"),
            "workspace.members = [\"*\"]\nworkspace.exclude = [\".kit\"]\n"
        );
    }
}
