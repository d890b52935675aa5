//! The text of a manifest: spans, lists, splices.

use std::ops::Range;

use toml_edit::{Array, Item, Value};

use super::workspace::Manifest;
use crate::edit::splice::{Splice, line_start, newline, spliced};
use crate::types::{Block, FileEdit, Problem};

/// The manifest with splices in the text that its spans count in.
pub fn edited(
    manifest: &Manifest,
    mut splices: Vec<Splice>,
    blocks: Vec<Block>,
) -> Result<FileEdit, Problem> {
    let newline = newline(&manifest.text);
    for splice in &mut splices {
        splice.text = splice.text.replace('\n', newline);
        let by = manifest.offset();
        splice.span = splice.span.start + by..splice.span.end + by;
    }
    let text = spliced(&manifest.text, &splices);
    let bare = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if let Err(error) = toml_edit::Document::parse(bare) {
        return Err(Problem::input(format!(
            "internal error: {} was not changed, since it would no longer be TOML: {}",
            manifest.path(),
            error.message()
        )));
    }
    Ok(FileEdit {
        path: manifest.path(),
        text,
        blocks,
    })
}

/// Whether an entry takes what the workspace says.
pub fn is_inherited(entry: &Item) -> bool {
    entry.get("workspace").and_then(Item::as_bool) == Some(true)
}

/// What an entry says of default features, in either spelling.
pub fn default_features(entry: &Item) -> Option<bool> {
    ["default-features", "default_features"]
        .iter()
        .find_map(|key| entry.get(key)?.as_bool())
}

/// What an entry says of its version.
pub fn version(entry: &Item) -> Option<&str> {
    entry
        .as_str()
        .or_else(|| entry.get("version").and_then(Item::as_str))
}

/// The strings of an array.
pub fn strings(item: Option<&Item>) -> Vec<String> {
    let array = item.and_then(Item::as_array);
    array
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Adds elements to an array, on lines of their own if it is written so.
pub fn extend(text: &str, array: &Array, names: &[String]) -> Option<Splice> {
    let span = array.span()?;
    let Some(last) = array.iter().filter_map(Value::span).max_by_key(|s| s.end) else {
        return Some(Splice::insert(span.start + 1, quoted(names)));
    };
    let own_line = text[line_start(text, last.start)..last.start]
        .trim()
        .is_empty();
    if !own_line {
        return Some(Splice::insert(last.end, format!(", {}", quoted(names))));
    }
    let indent = &text[line_start(text, last.start)..last.start];
    let comma = text[last.end..span.end].trim_start().starts_with(',');
    if comma {
        let lines: String = names
            .iter()
            .map(|n| format!("\n{indent}{},", Value::from(n.as_str())))
            .collect();
        let at = line_end(text, last.end + text[last.end..].find(',')?);
        return Some(Splice::insert(at.min(span.end - 1), lines));
    }
    let lines: String = names
        .iter()
        .map(|n| format!(",\n{indent}{}", Value::from(n.as_str())))
        .collect();
    Some(Splice::insert(last.end, lines))
}

/// The end of a line, before its line break.
pub fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
    end - usize::from(text[..end].ends_with('\r'))
}

/// The bytes of an entry's value; of a dotted one, of all its values.
pub fn span_of(item: &Item) -> Option<Range<usize>> {
    let dotted = item.as_table().is_some_and(toml_edit::Table::is_dotted);
    // What the parser calls the span of a dotted table is that of its keys.
    if let Some(span) = item.span().filter(|_| !dotted) {
        return Some(span);
    }
    let table = item.as_table_like()?;
    let spans = table.iter().filter_map(|(_, item)| span_of(item));
    spans.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
}

/// The bytes of an entry from its key to its value's end.
pub fn whole(table: &toml_edit::Table, key: &str, item: &Item) -> Option<Range<usize>> {
    let value = span_of(item)?;
    let start = table
        .key(key)
        .and_then(|key| key.span())
        .map_or(value.start, |span| span.start);
    // A dotted key has its own span for the last line only.
    let mut first = start.min(value.start);
    if let Some(inner) = item.as_table_like() {
        let keys = inner.iter().filter_map(|(name, _)| inner.key(name)?.span());
        first = keys.map(|span| span.start).fold(first, usize::min);
    }
    Some(first..value.end)
}

/// Strings as elements of an array.
pub fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names
        .iter()
        .map(|n| Value::from(n.as_str()).to_string())
        .collect();
    names.join(", ")
}
