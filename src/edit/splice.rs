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

/// Takes a statement out, with its lines where nothing else stands in them, and with one of two blank lines around it.
pub fn taken_out(text: &str, statement: Range<usize>) -> Splice {
    let start = line_start(text, statement.start);
    let end = text[statement.end..]
        .find('\n')
        .map_or(text.len(), |at| statement.end + at + 1);
    let is_blank = |range: Range<usize>| text[range].trim().is_empty();
    if !is_blank(start..statement.start) || !is_blank(statement.end..end) {
        let rest = &text[statement.end..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        return Splice {
            span: statement.start..statement.end + blanks,
            text: String::new(),
        };
    }
    let before = line_start(text, start.saturating_sub(1));
    let after = text[end..].find('\n').map(|at| end + at + 1);
    let end = match after {
        Some(after) if is_blank(end..after) && is_blank(before..start) => after,
        _ => end,
    };
    Splice {
        span: start..end,
        text: String::new(),
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

/// The file at `path` after all splices of its `text`, each line in its own ending, new ones in the file's. `parses` judges the result, `count` says how
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
            text: ended_as(
                text.get(splice.span.clone()).unwrap_or_default(),
                &splice.text,
                newline,
            ),
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

/// How many lines of a text that is replaced may be gone before one that stays.
const AHEAD: usize = 100;

/// The lines of `new`, which takes the place of `old`. One that `old` has too, perhaps with something put in, ends as it
/// does there, any other with `newline`.
fn ended_as(old: &str, new: &str, newline: &str) -> String {
    let mut left: &[&str] = &old.split_inclusive('\n').collect::<Vec<_>>();
    let mut ended = String::with_capacity(new.len());
    for line in new.split_inclusive('\n') {
        let (bare, is_ended) = match line.strip_suffix('\n') {
            Some(bare) => (bare.strip_suffix('\r').unwrap_or(bare), true),
            None => (line, false),
        };
        let same = left
            .iter()
            .take(AHEAD)
            .position(|old| old.trim() == bare.trim())
            .or_else(|| {
                let next = left.first()?;
                is_within(next.trim(), bare).then_some(0)
            });
        let end = match same {
            Some(at) if left[at].ends_with("\r\n") => "\r\n",
            Some(at) if left[at].ends_with('\n') => "\n",
            _ => newline,
        };
        left = &left[same.map_or(0, |at| at + 1)..];
        ended.push_str(bare);
        if is_ended {
            ended.push_str(end);
        }
    }
    ended
}

/// Whether `new` is `old` with something put in.
fn is_within(old: &str, new: &str) -> bool {
    let mut rest = new.chars();
    old.chars().all(|wanted| rest.any(|c| c == wanted))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_keeps_its_end() {
        let path = ProjectPath::existing("main.rs").unwrap();
        for (before, after, inside, outside) in [
            (
                "serve(app)\r\n    .a()\n    .b()\n",
                "serve(app.x())\n        .new()\n        .a()\n        .b()\n",
                ["\r\n", "\n", "\n", "\n"],
                "\n",
            ),
            (
                "serve(app)\n    .a()\r\n    .b()\r\n",
                "serve(app.x())\n        .new()\n        .a()\n        .b()\n",
                ["\n", "\r\n", "\r\n", "\r\n"],
                "\r\n",
            ),
        ] {
            let head = format!("// head{outside}");
            let text = format!("{head}{before}");
            let splice = Splice {
                span: head.len()..text.len(),
                text: after.to_owned(),
            };
            let edit = edited(&path, &text, &[splice], Vec::new(), |_| true, |_, _| 1).unwrap();
            let ends: Vec<&str> = edit.text[head.len()..]
                .split_inclusive('\n')
                .map(|line| &line[line.trim_end().len()..])
                .collect();
            assert_eq!(ends, inside, "{:?}", edit.text);
        }
    }
}
