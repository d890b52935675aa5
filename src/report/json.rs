use schemars::JsonSchema;
use serde::Serialize;

use super::Terminal;
use crate::types::Problem;

/// Version of the shape of every JSON report.
pub const JSON_SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Envelope<'a, T> {
    schema: u32,
    command: &'a str,
    #[serde(flatten)]
    report: &'a T,
}

#[derive(Serialize)]
struct ProblemReport<'a> {
    error: JsonProblem<'a>,
}

/// A command that could not do what it was asked.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct JsonProblem<'a> {
    message: &'a str,
    path: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    label: Option<&'a str>,
    notes: &'a [String],
    help: &'a [String],
    steps: Vec<JsonStep<'a>>,
    exit: u8,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Step")]
pub struct JsonStep<'a> {
    what: &'a str,
    code: &'a str,
}

/// Prints a command's report as one JSON document on standard output.
pub fn print_json(terminal: Terminal, command: &str, report: &impl Serialize) {
    let envelope = Envelope {
        schema: JSON_SCHEMA_VERSION,
        command,
        report,
    };
    match serde_json::to_string_pretty(&envelope) {
        Ok(text) => terminal.result(text),
        Err(error) => terminal.result(format!(
            "{{\"schema\": {JSON_SCHEMA_VERSION}, \"bug\": \"{error}\"}}"
        )),
    }
}

impl Terminal {
    /// Prints a problem as the command's JSON report.
    pub fn json_problem(self, command: &str, problem: &Problem) {
        let at = problem.location.as_deref();
        let position = at
            .filter(|at| !at.source.is_empty())
            .map(|at| at.line_column());
        let report = ProblemReport {
            error: JsonProblem {
                message: &problem.message,
                path: at.map(|at| at.path.as_str()),
                line: position.map(|(line, _)| line),
                column: position.map(|(_, column)| column),
                label: at
                    .map(|at| at.label.as_str())
                    .filter(|label| !label.is_empty()),
                notes: &problem.notes,
                help: &problem.help,
                steps: problem
                    .steps
                    .iter()
                    .map(|step| JsonStep {
                        what: &step.what,
                        code: &step.code,
                    })
                    .collect(),
                exit: problem.exit.code(),
            },
        };
        print_json(self, command, &report);
    }
}
