use schemars::JsonSchema;
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use super::Terminal;
use super::terminal::{BAD, FAINT, GOOD, STRONG};
use crate::types::Change;

/// How a file differs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FileDiff {
    path: String,
    /// Lines that are new.
    added: usize,
    /// Lines that are gone.
    removed: usize,
    /// Unified.
    diff: String,
}

/// How many lines around a change are shown: none of a dotenv file, whose other lines are secrets.
fn context(path: &str) -> usize {
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.starts_with(".env") && name != ".env.example" {
        true => 0,
        false => 3,
    }
}

impl FileDiff {
    /// What is different between two texts of a file, line ends aside; `None` if nothing is. A text that is `None` is no file.
    pub fn of(path: &str, before: Option<&str>, after: Option<&str>) -> Option<Self> {
        let plain = |text: Option<&str>| text.unwrap_or_default().replace("\r\n", "\n");
        let (old, new) = (plain(before), plain(after));
        if old == new && before.is_some() == after.is_some() {
            return None;
        }
        let diff = TextDiff::from_lines(&old, &new);
        let count = |tag| {
            let changes = diff.iter_all_changes();
            changes.filter(|change| change.tag() == tag).count()
        };
        let name = |side: &str, text: Option<&str>| match text {
            Some(_) => format!("{side}/{path}"),
            None => "/dev/null".to_owned(),
        };
        let header = (name("a", before), name("b", after));
        Some(Self {
            path: path.to_owned(),
            added: count(ChangeTag::Insert),
            removed: count(ChangeTag::Delete),
            diff: diff
                .unified_diff()
                .context_radius(context(path))
                .header(&header.0, &header.1)
                .to_string(),
        })
    }

    /// What a change changes.
    pub fn of_change(change: &Change) -> Option<Self> {
        let text = |bytes: &Option<Vec<u8>>| {
            bytes
                .as_ref()
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        };
        let (before, after) = (text(&change.before), text(&change.after));
        Self::of(change.path.as_str(), before.as_deref(), after.as_deref())
    }

    /// The unified difference.
    pub fn text(self) -> String {
        self.diff
    }

    /// Prints the difference, or how large it is.
    pub fn print(&self, terminal: Terminal, stat: bool) {
        if stat {
            let Self {
                path,
                added,
                removed,
                ..
            } = self;
            terminal.result(format!(
                "  {GOOD}+{added:<4}{GOOD:#} {BAD}-{removed:<4}{BAD:#} {path}"
            ));
            return;
        }
        for line in self.diff.lines() {
            let style = match line.as_bytes() {
                [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => STRONG,
                [b'+', ..] => GOOD,
                [b'-', ..] => BAD,
                [b'@', ..] => FAINT,
                _ => {
                    terminal.result(line);
                    continue;
                }
            };
            terminal.result(format!("{style}{line}{style:#}"));
        }
    }
}
