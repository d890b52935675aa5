use serde::Serialize;

use super::View;
use crate::report::Terminal;
use crate::types::{Code, Finding, Level};

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    invocations: [Invocation; 1],
    results: Vec<Result<'a>>,
    column_kind: &'static str,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    name: &'static str,
    short_description: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    exit_code: u8,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Result<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'a str,
    message: Text,
    locations: [Location; 1],
    partial_fingerprints: Fingerprints,
}

/// Tells a service that a finding of another run is the same.
#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "codeAndPath/v1")]
    code_and_path: String,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

/// SARIF 2.1.0.
pub(super) fn print(terminal: Terminal, view: &View) {
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "rapidkit-pg",
                    version: env!("CARGO_PKG_VERSION"),
                    rules: Code::ALL.iter().map(|code| rule(*code)).collect(),
                },
            },
            invocations: [Invocation {
                execution_successful: view.exit != 2,
                exit_code: view.exit,
                tool_execution_notifications: view
                    .problem
                    .map(|problem| Notification {
                        level: "error",
                        message: Text {
                            text: problem.to_owned(),
                        },
                    })
                    .into_iter()
                    .collect(),
            }],
            results: view.findings.iter().map(result).collect(),
            column_kind: "utf16CodeUnits",
        }],
    };
    match serde_json::to_string_pretty(&log) {
        Ok(text) => terminal.result(text),
        Err(error) => terminal.result(format!("{{\"bug\": \"{error}\"}}")),
    }
}

fn rule(code: Code) -> Rule {
    Rule {
        id: code.id(),
        name: code.slug(),
        short_description: Text {
            text: code.title().to_owned(),
        },
    }
}

fn result(finding: &Finding) -> Result<'_> {
    let mut text = format!("{}.", finding.code.title());
    for (name, value) in [
        ("Expected", &finding.expected),
        ("Actual", &finding.actual),
        ("Fix", &finding.fix),
    ] {
        if !value.is_empty() {
            text += &format!("\n{name}: {value}");
        }
    }
    Result {
        rule_id: finding.code.id(),
        rule_index: Code::ALL
            .iter()
            .position(|code| *code == finding.code)
            .unwrap_or_default(),
        level: match finding.level {
            Level::Finding | Level::Unchecked => "error",
            Level::Warning => "warning",
            Level::Info => "note",
        },
        message: Text { text },
        locations: [Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation { uri: finding.uri() },
                region: Region { start_line: 1 },
            },
        }],
        partial_fingerprints: Fingerprints {
            code_and_path: format!("{}:{}", finding.code.id(), finding.uri()),
        },
    }
}
