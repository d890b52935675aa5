use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use crate::report::{Terminal, print_json};
use crate::types::Level;

/// What `verify-all` and `vet` print with `--format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Verification")]
pub struct JsonReport {
    /// Whether warnings were findings.
    pub release: bool,
    /// The exit code: 0 clean, 1 findings, 2 could not be checked.
    pub exit: u8,
    pub checked: Vec<JsonChecked>,
    pub findings: Vec<JsonFinding>,
}

/// A project or module that was looked at.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Checked")]
pub struct JsonChecked {
    /// From where the command was started.
    pub root: String,
    /// `project` or `module`
    pub kind: String,
    /// `free/database/db_postgres 1.0.0 in crates/api`
    pub modules: Vec<String>,
    /// Who vouches for it; `null` if no signature was found to count.
    pub signer: Option<String>,
}

/// One finding. Texts can be printed as they are.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub struct JsonFinding {
    /// `RK0301`
    #[schemars(regex(pattern = r"^RK[0-9]{4}$"))]
    pub code: String,
    /// `vendor-changed`
    pub name: String,
    pub level: Level,
    /// What the code means, one sentence.
    pub message: String,
    /// The project's or module's root, from where the command was started.
    pub root: String,
    /// Below the root.
    pub path: String,
    pub expected: String,
    pub actual: String,
    /// The command that mends it, run where this one was, or what to do by hand; empty if there is neither.
    pub fix: String,
}

pub(super) fn print(terminal: Terminal, view: &View) {
    let report = JsonReport {
        release: view.release,
        exit: view.exit,
        checked: view
            .checked
            .iter()
            .map(|checked| JsonChecked {
                root: checked.root.to_owned(),
                kind: checked.kind.to_owned(),
                modules: checked.modules.to_vec(),
                signer: checked.signer.map(ToOwned::to_owned),
            })
            .collect(),
        findings: view
            .findings
            .iter()
            .map(|finding| JsonFinding {
                code: finding.code.id().to_owned(),
                name: finding.code.slug().to_owned(),
                level: finding.level,
                message: finding.code.title().to_owned(),
                root: finding.root.clone(),
                path: finding.path.clone(),
                expected: finding.expected.clone(),
                actual: finding.actual.clone(),
                fix: finding.fix.clone(),
            })
            .collect(),
    };
    print_json(terminal, view.command, &report);
}
