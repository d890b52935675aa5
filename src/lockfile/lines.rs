//! Reads what [`Lock::render`] writes, line by line: a reader of all of YAML takes most of the time of a verification of
//! many files. It may read more than is written: whoever calls it compares.

use std::collections::BTreeMap;

use super::{Lock, LockedFile, LockedModule};
use crate::types::{Answer, FileKind, ProjectPath};

/// The lock that `text` is; `None` if it was not written by [`Lock::render`].
pub(super) fn read(text: &str) -> Option<Lock> {
    let mut lines = Lines(text);
    let mut lock = Lock {
        format: lines.after("format: ")?.parse().ok()?,
        core: lines.is("core: true"),
        modules: Vec::new(),
    };
    if !lines.is("modules: []") {
        lines.after("modules:")?;
        while !lines.0.is_empty() {
            lock.modules.push(module(&mut lines)?);
        }
    }
    lines.0.is_empty().then_some(lock)
}

fn module(lines: &mut Lines) -> Option<LockedModule> {
    Some(LockedModule {
        module: lines.text("  - module: ")?,
        target: ProjectPath::existing(&lines.text("    target: ")?).ok()?,
        framework: lines.text("    framework: ")?,
        profile: lines.text("    profile: ")?,
        version: lines.text("    version: ")?.parse().ok()?,
        content: lines.text("    content: ")?.parse().ok()?,
        dev: lines.is("    dev: true"),
        answers: lines.map("answers", Some)?,
        facts: lines.map("facts", |answer| serde_json::to_value(answer).ok())?,
        directories: directories(lines)?,
        files: files(lines)?,
    })
}

fn directories(lines: &mut Lines) -> Option<Vec<ProjectPath>> {
    let mut directories = Vec::new();
    if lines.is("    directories:") {
        while lines.0.starts_with("      - ") {
            directories.push(ProjectPath::existing(&lines.text("      - ")?).ok()?);
        }
    }
    Some(directories)
}

fn files(lines: &mut Lines) -> Option<Vec<LockedFile>> {
    let mut files = Vec::new();
    if lines.is("    files: []") {
        return Some(files);
    }
    lines.after("    files:")?;
    while lines.0.starts_with("      - ") {
        files.push(LockedFile {
            path: ProjectPath::existing(&lines.text("      - path: ")?).ok()?,
            kind: kind(&lines.text("        kind: ")?)?,
            name: lines.optional("        name: ")?,
            text: lines.optional("        text: ")?,
            template: lines.optional("        template: ")?,
            base: lines.parsed("        base: ")?,
            accepted: lines.parsed("        accepted: ")?,
            executable: lines.is("        executable: true"),
        });
    }
    Some(files)
}

fn kind(name: &str) -> Option<FileKind> {
    [
        FileKind::Vendor,
        FileKind::Generated,
        FileKind::Block,
        FileKind::Seed,
    ]
    .into_iter()
    .find(|kind| kind.name() == name)
}

/// Lines that are not read yet.
struct Lines<'t>(&'t str);

impl<'t> Lines<'t> {
    /// What follows `start` in the next line, if it begins so.
    fn after(&mut self, start: &str) -> Option<&'t str> {
        let (line, rest) = self.0.strip_prefix(start)?.split_once('\n')?;
        self.0 = rest;
        Some(line)
    }

    /// Whether the next line is `line`. Then it is read.
    fn is(&mut self, line: &str) -> bool {
        let rest = self
            .0
            .strip_prefix(line)
            .and_then(|rest| rest.strip_prefix('\n'));
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn text(&mut self, start: &str) -> Option<String> {
        let (text, rest) = quoted(self.after(start)?)?;
        rest.is_empty().then_some(text)
    }

    /// The text after `start`, if the next line begins so.
    #[allow(clippy::option_option, reason = "what is not there, in what is read")]
    fn optional(&mut self, start: &str) -> Option<Option<String>> {
        match self.0.starts_with(start) {
            true => self.text(start).map(Some),
            false => Some(None),
        }
    }

    #[allow(clippy::option_option, reason = "as above")]
    fn parsed<T: std::str::FromStr>(&mut self, start: &str) -> Option<Option<T>> {
        match self.optional(start)? {
            Some(text) => text.parse().ok().map(Some),
            None => Some(None),
        }
    }

    fn map<T>(
        &mut self,
        name: &str,
        value: impl Fn(Answer) -> Option<T>,
    ) -> Option<BTreeMap<String, T>> {
        let mut map = BTreeMap::new();
        if self.is(&format!("    {name}: {{}}")) {
            return Some(map);
        }
        self.after(&format!("    {name}:"))?;
        while self.0.starts_with("      \"") {
            let (key, rest) = quoted(self.after("      ")?)?;
            let answer = match rest.strip_prefix(": ")? {
                "true" => Answer::Boolean(true),
                "false" => Answer::Boolean(false),
                text if text.starts_with('"') => {
                    let (text, rest) = quoted(text)?;
                    if !rest.is_empty() {
                        return None;
                    }
                    Answer::String(text)
                }
                number => Answer::Integer(number.parse().ok()?),
            };
            map.insert(key, value(answer)?);
        }
        Some(map)
    }
}

/// The text that [`crate::types::quote`] put between quotation marks, and what follows it.
fn quoted(line: &str) -> Option<(String, &str)> {
    let mut rest = line.strip_prefix('"')?;
    let mut text = String::new();
    loop {
        let (plain, marked) = rest.split_at(rest.find(['"', '\\'])?);
        text += plain;
        if let Some(rest) = marked.strip_prefix('"') {
            return Some((text, rest));
        }
        let escaped = &marked[1..];
        rest = match escaped.strip_prefix('u') {
            Some(code) => {
                let digits = code.get(..4)?;
                text.push(u32::from_str_radix(digits, 16).ok()?.try_into().ok()?);
                &code[4..]
            }
            None => {
                let mark = escaped
                    .get(..1)
                    .filter(|mark| ["\"", "\\"].contains(mark))?;
                text += mark;
                &escaped[1..]
            }
        };
    }
}
