use serde::de::DeserializeOwned;
use serde_yaml::Location as YamlLocation;

use super::Problem;

/// Reads a strict, typed YAML document: unknown and duplicate keys, wrong types, alias bombs and deep nesting are errors.
///
/// # Errors
/// A [`Problem`] that points at the place in `text`.
pub fn read_yaml<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, Problem> {
    serde_yaml::from_str(text).map_err(|error| {
        let plain = error.without_snippet();
        let span = plain
            .location()
            .map_or(0..0, |location| span_of(text, location));
        let message = plain.to_string();
        let message = match message.rsplit_once(" at line ") {
            Some((before, _)) => before,
            None => &message,
        };
        Problem::input(format!("{path} is not valid")).at(path, text, span, message)
    })
}

/// The bytes of `text` from a YAML location to the end of its word.
pub fn span_of(text: &str, location: YamlLocation) -> std::ops::Range<usize> {
    let line = usize::try_from(location.line()).unwrap_or(1).max(1);
    let column = usize::try_from(location.column()).unwrap_or(1).max(1);
    let line_start = match line {
        1 => 0,
        _ => text
            .match_indices('\n')
            .nth(line - 2)
            .map_or(text.len(), |(at, _)| at + 1),
    };
    let rest = text.get(line_start..).unwrap_or_default();
    let start = line_start + rest.char_indices().nth(column - 1).map_or(0, |(at, _)| at);
    let word = text.get(start..).unwrap_or_default();
    let length = word
        .find(|c: char| c.is_whitespace() || c == ',')
        .unwrap_or(word.len());
    start..start + length
}
