//! The three-way merge of one text: what the user has made of it, and what a new version makes of it.
//!
//! Lines are compared without their ends, so a file that was converted to CRLF has no edit in every line. Byte order mark
//! and final newline are merged like a line of their own: who changed them against the base has them, and of two the user.

use std::collections::HashMap;
use std::ops::Range;

use similar::{MergeResolution, TextMerge};

const BOM: &[u8] = b"\xef\xbb\xbf";
const MARKER: usize = 7;

/// What stands behind the markers of a conflict.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'l> {
    pub mine: &'l str,
    pub base: &'l str,
    pub theirs: &'l str,
}

/// What became of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    Clean(Vec<u8>),
    Conflicted {
        /// All that could be merged, and each conflict between diff3 markers.
        text: Vec<u8>,
        conflicts: Vec<Conflict>,
    },
}

/// A place that both sides have changed, and not alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Lines of the user's text, the first is 1. Empty where the user has removed lines: it starts at the line that follows.
    pub lines: Range<usize>,
}

/// Merges into `mine` what has changed between `base` and `theirs`.
pub fn merge(base: &[u8], mine: &[u8], theirs: &[u8], labels: Labels) -> Merged {
    let [base, mine, theirs] = [base, mine, theirs].map(Text::of);
    let mut numbers = HashMap::new();
    let [base_key, mine_key, theirs_key] = [&base, &mine, &theirs].map(|text| {
        let mut key = String::new();
        for line in &text.lines {
            let next = numbers.len();
            let number = *numbers.entry(line.content).or_insert(next);
            key.push_str(&format!("{number}\n"));
        }
        key
    });
    let regions = TextMerge::from_lines(&base_key, &mine_key, &theirs_key);

    let mut out = Output {
        text: if kept(base.bom, mine.bom, theirs.bom) {
            BOM.to_vec()
        } else {
            Vec::new()
        },
        end: mine.end(),
    };
    let mut conflicts = Vec::new();
    for region in regions.regions() {
        let mine = &mine.lines[region.ours_range()];
        let theirs = &theirs.lines[region.theirs_range()];
        match region.resolution() {
            MergeResolution::Theirs => out.lines(theirs, true),
            MergeResolution::Conflict => {
                out.marker('<', labels.mine);
                out.lines(mine, false);
                out.marker('|', labels.base);
                out.lines(&base.lines[region.base_range()], true);
                out.marker('=', "");
                out.lines(theirs, true);
                out.marker('>', labels.theirs);
                let lines = region.ours_range();
                conflicts.push(Conflict {
                    lines: lines.start + 1..lines.end + 1,
                });
            }
            _ => out.lines(mine, false),
        }
    }
    let ends_in_marker = regions
        .regions()
        .last()
        .is_some_and(similar::MergeRegion::is_conflict);
    if !ends_in_marker {
        out.finish(kept(base.is_open, mine.is_open, theirs.is_open));
    }
    if conflicts.is_empty() {
        return Merged::Clean(out.text);
    }
    Merged::Conflicted {
        text: out.text,
        conflicts,
    }
}

/// Whether a line of `text` is a marker of a conflict, also one of a conflict that is half resolved. A line of `=` is none on
/// its own: it underlines headings. See [`separators`].
pub fn has_markers(text: &[u8]) -> bool {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    lines(text).any(|line| {
        let line = line.content;
        b"<|>".iter().any(|marker| {
            let length = line.iter().take_while(|byte| *byte == marker).count();
            length == MARKER && line.get(MARKER).is_none_or(|next| *next == b' ')
        })
    })
}

/// How many lines of `text` could stand between the sides of a conflict.
pub fn separators(text: &[u8]) -> usize {
    let is_separator = |line: &Line| line.content == b"=======";
    lines(text).filter(is_separator).count()
}

/// The merge of a fact about a text that can be true or not.
fn kept(base: bool, mine: bool, theirs: bool) -> bool {
    if mine == base { theirs } else { mine }
}

#[derive(Clone, Copy)]
struct Line<'t> {
    content: &'t [u8],
    /// `\n`, `\r\n`, or nothing.
    end: &'t [u8],
}

struct Text<'t> {
    bom: bool,
    lines: Vec<Line<'t>>,
    /// The last line has no end.
    is_open: bool,
}

impl<'t> Text<'t> {
    fn of(bytes: &'t [u8]) -> Self {
        let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
        let lines: Vec<_> = lines(text).collect();
        Self {
            bom: text.len() < bytes.len(),
            is_open: lines.last().is_some_and(|line| line.end.is_empty()),
            lines,
        }
    }

    /// The end that all lines have; `None` if they differ.
    fn end(&self) -> Option<&'t [u8]> {
        let mut ends = self
            .lines
            .iter()
            .map(|line| line.end)
            .filter(|end| !end.is_empty());
        let first = ends.next()?;
        ends.all(|end| end == first).then_some(first)
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    text.split_inclusive(|byte| *byte == b'\n').map(|line| {
        let content = line.strip_suffix(b"\n").map_or(line, |content| {
            content.strip_suffix(b"\r").unwrap_or(content)
        });
        Line {
            content,
            end: &line[content.len()..],
        }
    })
}

struct Output<'t> {
    text: Vec<u8>,
    /// The end of every line of the user's.
    end: Option<&'t [u8]>,
}

impl Output<'_> {
    /// Lines that are not the user's get the user's line end.
    fn lines(&mut self, lines: &[Line], convert: bool) {
        for line in lines {
            self.close();
            self.text.extend_from_slice(line.content);
            let end = match self.end {
                Some(end) if convert && !line.end.is_empty() => end,
                _ => line.end,
            };
            self.text.extend_from_slice(end);
        }
    }

    fn marker(&mut self, marker: char, label: &str) {
        self.close();
        let line = format!("{} {label}", marker.to_string().repeat(MARKER));
        self.text.extend_from_slice(line.trim_end().as_bytes());
        self.text.extend_from_slice(self.end.unwrap_or(b"\n"));
    }

    /// Ends a line that has no end, before another follows.
    fn close(&mut self) {
        if !self.text.is_empty() && self.text != BOM && !self.text.ends_with(b"\n") {
            self.text.extend_from_slice(self.end.unwrap_or(b"\n"));
        }
    }

    fn finish(&mut self, is_open: bool) {
        if !is_open {
            self.close();
        } else if let Some(content) = self.text.strip_suffix(b"\n") {
            let content = content.strip_suffix(b"\r").unwrap_or(content);
            // Without its end an empty last line would be none.
            if !content.is_empty() && content != BOM && !content.ends_with(b"\n") {
                self.text.truncate(content.len());
            }
        }
    }
}
