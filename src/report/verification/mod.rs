//! What verification found, for people and for four kinds of programs.

mod github;
mod human;
mod json;
mod junit;
mod sarif;

use super::Terminal;
use crate::types::{Finding, Level};

pub use json::JsonReport;

/// How to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Human,
    Json,
    Sarif,
    Github,
    Junit,
}

/// A verification, as reported.
#[derive(Debug)]
pub struct View<'a> {
    /// `verify-all` or `vet`
    pub command: &'static str,
    pub release: bool,
    /// The exit code it leads to.
    pub exit: u8,
    pub checked: Vec<Checked<'a>>,
    pub findings: &'a [Finding],
    /// Why nothing could be checked at all.
    pub problem: Option<&'a str>,
}

/// What was looked at.
#[derive(Debug)]
pub struct Checked<'a> {
    pub root: &'a str,
    /// `project` or `module`
    pub kind: &'static str,
    pub modules: &'a [String],
    pub signer: Option<&'a str>,
}

impl View<'_> {
    /// How many projects and modules were looked at, in words.
    fn looked_at(&self) -> String {
        let of = |kind: &str| self.checked.iter().filter(|it| it.kind == kind).count();
        let (projects, modules) = (of("project"), of("module"));
        format!(
            "{} and {}",
            counted(projects, "project"),
            counted(modules, "module")
        )
    }

    fn count(&self, level: Level) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    }
}

/// Prints a verification on standard output.
pub fn print(terminal: Terminal, format: Format, view: &View) {
    match format {
        Format::Human => human::print(terminal, view),
        Format::Json => json::print(terminal, view),
        Format::Sarif => sarif::print(terminal, view),
        Format::Github => github::print(terminal, view),
        Format::Junit => junit::print(terminal, view),
    }
}

fn counted(count: usize, name: &str) -> String {
    match count {
        1 => format!("1 {name}"),
        count => format!("{count} {name}s"),
    }
}
