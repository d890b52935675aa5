use std::fmt;

use super::{ManualStep, PathError};

/// What a refused command ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 1: a decision that only the user can make; nothing was written.
    Decision,
    /// 130: the user pressed Ctrl-C; nothing was written.
    Interrupted,
    /// 2: bad usage, bad input, or it could not be checked.
    BadInput,
}

/// A place in a file that a problem points at.
#[derive(Debug, Clone)]
pub struct Location {
    /// The file, as the user would name it.
    pub path: String,
    /// The file's text, from which the snippet is cut; empty if there is none to show.
    pub source: String,
    /// Bytes of `source` to underline.
    pub span: std::ops::Range<usize>,
    /// What is wrong there, in a few words.
    pub label: String,
}

/// Those of these bytes that lie in `source`, from the first byte of a character on, to the last of one.
fn whole(source: &str, span: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let border = |at: usize| {
        let at = at.min(source.len());
        (0..=at).rev().find(|at| source.is_char_boundary(*at))
    };
    border(span.start).unwrap_or(0)..border(span.end).unwrap_or(0)
}

impl Location {
    /// Line and column of the span's start, both from 1, the column in characters.
    pub fn line_column(&self) -> (usize, usize) {
        let before = &self.source.as_bytes()[..self.span.start];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let line_start = before
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        (
            line,
            String::from_utf8_lossy(&before[line_start..])
                .chars()
                .count()
                + 1,
        )
    }
}

/// A user's mistake, or a state that needs the user: printed like a compiler's message.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What is wrong, one line, no full stop.
    pub message: String,
    /// Where, if it is in a file.
    pub location: Option<Box<Location>>,
    /// Facts that explain it, one line each.
    pub notes: Vec<String>,
    /// What to do about it, one line each.
    pub help: Vec<String>,
    /// What the user can do by hand instead.
    pub steps: Vec<ManualStep>,
    /// The exit code it leads to.
    pub exit: Exit,
}

impl Problem {
    /// Bad usage or bad input (exit 2).
    pub fn input(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            location: None,
            notes: Vec::new(),
            help: Vec::new(),
            steps: Vec::new(),
            exit: Exit::BadInput,
        }
    }

    /// A decision that only the user can make (exit 1).
    pub fn decision(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Decision,
            ..Self::input(message)
        }
    }

    /// The user pressed Ctrl-C (exit 130).
    pub fn interrupted() -> Self {
        Self {
            exit: Exit::Interrupted,
            ..Self::input("interrupted; nothing was changed")
        }
    }

    /// Points at bytes of a file.
    #[must_use]
    pub fn at(
        mut self,
        path: impl fmt::Display,
        source: &str,
        span: std::ops::Range<usize>,
        label: impl Into<String>,
    ) -> Self {
        self.location = Some(Box::new(Location {
            path: path.to_string(),
            source: source.to_owned(),
            span: whole(source, &span),
            label: label.into(),
        }));
        self
    }

    /// Points at a whole file.
    #[must_use]
    pub fn in_file(self, path: impl fmt::Display) -> Self {
        self.at(path, "", 0..0, "")
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Decision => 1,
            Self::BadInput => 2,
            Self::Interrupted => 130,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = &self.location {
            let (line, column) = at.line_column();
            if at.source.is_empty() {
                write!(f, "{}: ", at.path)?;
            } else {
                write!(f, "{}:{line}:{column}: ", at.path)?;
            }
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl From<PathError> for Problem {
    fn from(error: PathError) -> Self {
        Self::input(error.to_string())
    }
}
