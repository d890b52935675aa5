//! Byte splices in a source file, checked by parsing the result.

use std::ops::Range;

use crate::types::{Block, FileEdit, Problem, ProjectPath};

/// A replacement of some bytes of a file.
#[derive(Debug, Clone)]
pub struct Splice {
    pub span: Range<usize>,
    pub text: String,
}

impl Splice {
    /// Puts `text` at a byte.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self {
            span: at..at,
            text: text.into(),
        }
    }
}

/// The text with all splices made; those at one place in the order they are given. One that overlaps another, or lies
/// outside the text, is left out.
pub fn spliced(text: &str, splices: &[Splice]) -> String {
    let mut ordered: Vec<&Splice> = splices.iter().collect();
    ordered.sort_by_key(|s| s.span.start);
    let mut result = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for splice in ordered {
        let (Some(before), true) = (
            text.get(at..splice.span.start),
            text.is_char_boundary(splice.span.end),
        ) else {
            continue;
        };
        result.push_str(before);
        result.push_str(&splice.text);
        at = splice.span.end;
    }
    result.push_str(&text[at..]);
    result
}

/// The file at `path` after all splices of its `text`, in its own line ending. `parses` judges the result, `count` says how
/// often a block stands in it.
///
/// # Errors
/// The result does not parse, or a block is not in it: a bug of this program.
pub fn edited(
    path: &ProjectPath,
    text: &str,
    splices: &[Splice],
    blocks: Vec<Block>,
    parses: impl Fn(&str) -> bool,
    count: impl Fn(&str, &str) -> usize,
) -> Result<FileEdit, Problem> {
    let newline = newline(text);
    let splices: Vec<Splice> = splices
        .iter()
        .map(|splice| Splice {
            span: splice.span.clone(),
            text: splice.text.replace("\r\n", "\n").replace('\n', newline),
        })
        .collect();
    let text = spliced(text, &splices);
    let lost = blocks.iter().find(|block| count(&text, &block.text) == 0);
    if lost.is_some() || !parses(&text) {
        let what = lost.map_or("it would no longer parse".to_owned(), |block| {
            format!("the block `{}` would not be found again", block.name)
        });
        return Err(Problem::input(format!(
            "internal error: {path} was not changed, since {what}"
        ))
        .help("please report this with the file; `--no-wire` adds everything else"));
    }
    Ok(FileEdit {
        path: path.clone(),
        text,
        blocks,
    })
}

/// The line ending of a text, by its first line.
pub fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The white space before the first word of the line that holds a byte.
pub fn indent(text: &str, at: usize) -> &str {
    let start = line_start(text, at);
    let line = &text[start..];
    let end = line
        .find(|c: char| c != ' ' && c != '\t')
        .unwrap_or(line.len());
    &line[..end]
}

/// The first byte of the line that holds a byte.
pub fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |n| n + 1)
}

/// One step of indentation, as the file does it.
pub fn step(text: &str) -> &'static str {
    let tabbed = text.lines().filter(|l| l.starts_with('\t')).count();
    let spaced = text.lines().filter(|l| l.starts_with("  ")).count();
    if tabbed > spaced {
        return "\t";
    }
    let two = |l: &str| l.starts_with("  ") && !l.starts_with("   ");
    if text.lines().any(two) { "  " } else { "    " }
}
