//! Where new entries and features go, so that the manifest keeps its form.

use std::ops::Range;

use toml_edit::{InlineTable, Item, Value};

use super::dependencies::{Editor, features};
use super::text::{extend, line_end, quoted, span_of, whole};
use crate::edit::splice::{Splice, line_start};
use crate::types::{Dependency, Problem};

impl Editor<'_> {
    /// Lines put into a table, in order where the table is in order.
    pub fn insert(&self, kind: &str, lines: &[(&str, &str)]) -> Result<Vec<Splice>, Problem> {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let text = self.text();
        let all: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
        let table = match self.manifest.get(&[kind]) {
            None => {
                let apart = match text {
                    "" => "",
                    _ if text.ends_with("\n\n") || text.ends_with("\n\r\n") => "",
                    _ if text.ends_with('\n') => "\n",
                    _ => "\n\n",
                };
                return Ok(vec![Splice::insert(
                    text.len(),
                    format!("{apart}[{kind}]\n{all}"),
                )]);
            }
            // Lines below a dotted key would be entries of the whole manifest.
            Some(Item::Table(table)) if !table.is_dotted() => table,
            Some(item) => {
                return Err(self
                    .manifest
                    .problem(
                        format!("`{kind}` is not written as a table"),
                        item.span(),
                        "here",
                    )
                    .help(format!("write it as `[{kind}]`")));
            }
        };
        // Entries that are lines of this table; `[dependencies.x]` stands elsewhere.
        let mut entries: Vec<(&str, Range<usize>)> = table
            .iter()
            .filter(|(_, item)| item.as_table().is_none_or(|t| t.is_dotted()))
            .filter_map(|(key, item)| Some((key, whole(table, key, item)?)))
            .collect();
        entries.sort_by_key(|(_, span)| span.start);
        let Some((_, last)) = entries.last() else {
            return Ok(vec![match (table.is_implicit(), table.span()) {
                (false, Some(header)) => {
                    Splice::insert(self.line_end(header.end), format!("\n{}", all.trim_end()))
                }
                _ => {
                    let first = table
                        .iter()
                        .filter_map(|(_, item)| item.as_table()?.span())
                        .map(|span| span.start)
                        .min();
                    let at = first.map_or(text.len(), |at| self.above(line_start(text, at)));
                    Splice::insert(at, format!("[{kind}]\n{all}\n"))
                }
            }]);
        };
        let sorted = entries.len() > 1 && entries.is_sorted_by_key(|(key, _)| *key);
        let end = self.line_end(last.end);
        let mut splices = Vec::new();
        let mut after = String::new();
        for (name, line) in lines {
            match entries.iter().find(|(key, _)| sorted && key > name) {
                Some((_, next)) => {
                    let at = self.above(line_start(text, next.start));
                    splices.push(Splice::insert(at, format!("{line}\n")));
                }
                None => {
                    after.push('\n');
                    after.push_str(line);
                }
            }
        }
        if !after.is_empty() {
            splices.push(Splice::insert(end, after));
        }
        Ok(splices)
    }

    /// The text that spans count in.
    fn text(&self) -> &str {
        &self.manifest.text[self.manifest.offset()..]
    }

    /// The end of a line, before its line break.
    fn line_end(&self, at: usize) -> usize {
        line_end(self.text(), at)
    }

    /// The start of the comment lines directly above a line.
    fn above(&self, line: usize) -> usize {
        let text = self.text();
        let mut at = line;
        while at > 0 {
            let before = line_start(text, at - 1);
            if !text[before..at].trim_start().starts_with('#') {
                break;
            }
            at = before;
        }
        at
    }

    /// Adds features to an entry, whatever its form.
    pub fn add_features(
        &self,
        dependency: &Dependency,
        item: &Item,
        missing: &[String],
    ) -> Result<Splice, Problem> {
        let name = &dependency.name;
        let strange = || {
            self.manifest
                .problem(
                    format!("`{name}` is written in a way that features cannot be added to"),
                    span_of(item),
                    "here",
                )
                .help(format!("add {} to its features", quoted(missing)))
        };
        if let Some(array) = item.get("features") {
            let array = array.as_array().ok_or_else(strange)?;
            return extend(self.text(), array, missing).ok_or_else(strange);
        }
        match item {
            Item::Value(Value::String(text)) => {
                let span = text.span().ok_or_else(strange)?;
                let version = &self.text()[span.clone()];
                Ok(Splice {
                    text: format!("{{ version = {version}, {} }}", features(missing)),
                    span,
                })
            }
            Item::Value(Value::InlineTable(table)) => {
                let end = end_of(table).ok_or_else(strange)?;
                Ok(Splice::insert(end, format!(", {}", features(missing))))
            }
            Item::Table(table) => {
                let end = table
                    .iter()
                    .filter_map(|(_, item)| item.span())
                    .map(|span| span.end)
                    .max();
                let end = end.ok_or_else(strange)?;
                let prefix = if table.is_dotted() {
                    format!("{name}.")
                } else {
                    String::new()
                };
                let line = format!("\n{prefix}{}", features(missing));
                Ok(Splice::insert(self.line_end(end), line))
            }
            _ => Err(strange()),
        }
    }
}

/// Where the last value ends; the span of a dotted key is not that of its value.
fn end_of(table: &InlineTable) -> Option<usize> {
    let ends = table.iter().filter_map(|(_, value)| match value {
        Value::InlineTable(inner) if inner.is_dotted() => end_of(inner),
        value => value.span().map(|span| span.end),
    });
    ends.max()
}
