use std::collections::BTreeMap;
use std::time::Duration;

use super::runner::Selection;

/// What came of one row.
#[derive(Debug)]
pub struct Result {
    pub id: &'static str,
    pub says: &'static str,
    /// Why it failed, `None` if it held.
    pub failure: Option<String>,
    /// What was asked and what came back.
    pub transcript: Vec<String>,
    pub took: Duration,
}

/// What came of all rows.
#[derive(Debug, Default)]
pub struct Report {
    pub app: String,
    pub rows: Vec<Result>,
    pub took: Duration,
}

/// How many lines of a transcript are shown of a row that held, and of one that did not.
const LINES: (usize, usize) = (1, 40);

impl Report {
    /// Prints every row, what did not hold at the end, a table, and the closing line. Whether all
    /// held.
    pub fn print(&self, selection: &Selection) -> bool {
        for row in &self.rows {
            row.print(selection.verbose);
        }
        let failed: Vec<_> = self
            .rows
            .iter()
            .filter(|row| row.failure.is_some())
            .collect();
        if !failed.is_empty() {
            println!("\nwhat did not hold:");
        }
        for row in &failed {
            println!("\n  {}: {}", row.id, row.says);
            println!(
                "    {}",
                row.failure
                    .as_deref()
                    .unwrap_or_default()
                    .replace('\n', "\n    ")
            );
        }
        let mut areas: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for row in &self.rows {
            let area = areas
                .entry(row.id.split('.').next().unwrap_or(row.id))
                .or_default();
            if row.failure.is_none() {
                area.0 += 1;
            } else {
                area.1 += 1;
            }
        }
        println!(
            "\n{:<14} {:>6} {:>6}   {}, {:.0} s",
            "area",
            "held",
            "not",
            self.app,
            self.took.as_secs_f64()
        );
        for (area, (held, not)) in areas {
            println!("{area:<14} {held:>6} {not:>6}");
        }
        println!(
            "\n{} passed, {} failed",
            self.rows.len() - failed.len(),
            failed.len()
        );
        failed.is_empty() && !self.rows.is_empty()
    }
}

impl Result {
    fn print(&self, verbose: bool) {
        let held = self.failure.is_none();
        let word = if held { "ok  " } else { "FAIL" };
        println!(
            "{word} {:<44} {:>6} ms  {}",
            self.id,
            self.took.as_millis(),
            self.says
        );
        let shown = match (held, verbose) {
            (true, false) => LINES.0,
            _ => LINES.1,
        };
        let left_out = self.transcript.len().saturating_sub(shown);
        if left_out > 0 && !held {
            println!("       … {left_out} more");
        }
        for line in &self.transcript[left_out..] {
            let width = if held && !verbose { 180 } else { 2000 };
            let short: String = line.chars().take(width).collect();
            println!("       {}", short.replace('\n', "\n       "));
        }
    }
}
