use schemars::{JsonSchema, schema_for};
use serde::Serialize;

use super::{diff, info, list, status};
use crate::report::verification::JsonReport;
use crate::report::{JSON_SCHEMA_VERSION, JsonChanges, JsonPlan, JsonProblem};

/// What a command prints with `--format json`: one document on standard output.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "rapidkit-pg --format json")]
struct Document<'a> {
    /// Version of this shape; raised when a field goes or changes its meaning, not when one is added.
    #[schemars(extend("const" = JSON_SCHEMA_VERSION))]
    schema: u32,
    #[serde(flatten)]
    report: Report<'a>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the shape of what the commands print, never made")]
enum Report<'a> {
    Done(Done<'a>),
    Failed {
        command: &'a str,
        error: JsonProblem<'a>,
    },
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "command", rename_all = "kebab-case")]
#[expect(dead_code, reason = "the shape of what the commands print, never made")]
enum Done<'a> {
    Add(JsonPlan<'a>),
    Diff(diff::Report),
    Info(info::Report<'a>),
    List(list::Report<'a>),
    Reconfigure(JsonPlan<'a>),
    Remove(JsonPlan<'a>),
    Restore(JsonChanges<'a>),
    Status(status::Report),
    Upgrade(JsonPlan<'a>),
    VerifyAll(JsonReport),
    Vet(JsonReport),
}

/// The JSON Schema of all reports: its path in the repository, its text.
pub fn schema() -> (&'static str, String) {
    let schema = schema_for!(Document);
    (
        "docs/schema/report.schema.json",
        format!("{:#}\n", schema.as_value()),
    )
}
