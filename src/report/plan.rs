use schemars::JsonSchema;
use serde::Serialize;

use super::terminal::{DOUBTFUL, FAINT, GOOD, STRONG};
use super::{FileDiff, Terminal, print_json};
use crate::types::{Change, FileKind};

/// How a plan is shown.
#[derive(Debug, Clone, Copy)]
pub struct PlanView {
    /// With the contents of what is written.
    pub diff: bool,
    /// Whether it has been carried out.
    pub applied: bool,
}

/// A module in a package.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Subject<'a> {
    pub module: &'a str,
    /// The version before, where it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What the changelog says of the versions since then, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changelog: Option<String>,
    pub version: String,
    pub framework: &'a str,
    pub package: &'a str,
    pub target: String,
}

/// A plan, as reported.
#[derive(Debug)]
pub struct PlanReport<'a> {
    pub command: &'a str,
    /// What the changes are of; `None` where it is not one module.
    pub subject: Option<Subject<'a>>,
    pub changes: &'a [Change],
    /// What a person should know before it is done.
    pub notes: Vec<String>,
    /// What a person should know or do next.
    pub next: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Plan")]
pub struct JsonPlan<'a> {
    #[serde(flatten)]
    subject: &'a Subject<'a>,
    #[serde(flatten)]
    changes: JsonChanges<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Changes")]
pub struct JsonChanges<'a> {
    applied: bool,
    changes: Vec<JsonChange<'a>>,
    notes: &'a [String],
    next: &'a [String],
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Change")]
pub struct JsonChange<'a> {
    path: String,
    kind: FileKind,
    action: &'a str,
    summary: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

impl PlanReport<'_> {
    /// Prints the plan as text: one line a file, the vendor snapshot in one. What is long comes first, and scrolls away.
    pub fn print(&self, terminal: Terminal, view: PlanView) {
        if let Some(subject) = &self.subject {
            let Subject {
                module,
                from,
                changelog,
                version,
                framework,
                package,
                target,
            } = subject;
            for line in changelog.iter().flat_map(|text| text.lines()) {
                terminal.line(line);
            }
            if changelog.is_some() {
                terminal.line("");
            }
            let from = from
                .as_ref()
                .map_or_else(String::new, |from| format!("{from} → "));
            let place = match *package == target.as_str() {
                true => String::new(),
                false => format!(" ({target})"),
            };
            terminal.line(format!(
                "{STRONG}{module} {from}{version}{STRONG:#} for {framework} package {STRONG}{package}{STRONG:#}{place}"
            ));
        }
        for change in self
            .changes
            .iter()
            .filter(|change| change.kind != FileKind::Vendor)
        {
            let what = match change.summary.is_empty() {
                true => String::new(),
                false => format!("  {FAINT}{}{FAINT:#}", change.summary.join(", ")),
            };
            terminal.line(format!(
                "  {GOOD}{}{GOOD:#}  {}{what}",
                action(change),
                change.path
            ));
            if view.diff
                && !terminal.is_quiet()
                && let Some(diff) = FileDiff::of_change(change)
            {
                diff.print(terminal, false);
            }
        }
        for done in ["create", "edit", "remove"] {
            let ours = |change: &&Change| change.kind == FileKind::Vendor && action(change) == done;
            let files = match self.changes.iter().filter(ours).count() {
                0 => continue,
                1 => "1 file".to_owned(),
                count => format!("{count} files"),
            };
            let under = "snapshot and lock under .rapidkit/";
            terminal.line(format!("  {GOOD}{done}{GOOD:#}  {files}: {under}"));
        }
        if self.changes.is_empty() {
            terminal.line("  nothing to do");
        }
        for note in &self.notes {
            terminal.line(format!("  {DOUBTFUL}note{DOUBTFUL:#}  {note}"));
        }
        if !self.next.is_empty() {
            terminal.line("");
            for line in &self.next {
                terminal.line(line);
            }
        }
    }

    /// Prints the plan as JSON.
    pub fn print_json(&self, terminal: Terminal, view: PlanView) {
        let changes = JsonChanges {
            applied: view.applied,
            changes: self
                .changes
                .iter()
                .map(|change| JsonChange {
                    path: change.path.to_string(),
                    kind: change.kind,
                    action: action(change),
                    summary: &change.summary,
                    diff: FileDiff::of_change(change)
                        .filter(|_| view.diff)
                        .map(FileDiff::text),
                })
                .collect(),
            notes: &self.notes,
            next: &self.next,
        };
        match &self.subject {
            Some(subject) => print_json(terminal, self.command, &JsonPlan { subject, changes }),
            None => print_json(terminal, self.command, &changes),
        }
    }
}

fn action(change: &Change) -> &'static str {
    match (&change.before, &change.after) {
        (_, None) => "remove",
        (Some(_), _) => "edit",
        (None, _) => "create",
    }
}
