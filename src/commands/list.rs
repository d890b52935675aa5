use schemars::JsonSchema;
use serde::Serialize;

use super::context::Context;
use crate::cli::{Format, Reporting};
use crate::module::Module;
use crate::report::print_json;
use crate::types::Problem;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "List")]
pub(super) struct Report<'a> {
    modules: Vec<Listed<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Listed<'a> {
    name: &'a str,
    slug: &'a str,
    version: String,
    summary: &'a str,
    frameworks: Vec<&'a str>,
}

/// `rapidkit-pg list`
pub fn run(context: &Context, args: &Reporting) -> Result<u8, Problem> {
    let module = Module::embedded()?;
    let manifest = &module.manifest;
    let listed = Listed {
        name: &manifest.name.value,
        slug: &manifest.slug.value,
        version: manifest.version.value.to_string(),
        summary: &manifest.summary,
        frameworks: manifest
            .generation
            .variants
            .keys()
            .map(String::as_str)
            .collect(),
    };
    match args.format {
        Format::Json => print_json(
            context.terminal,
            "list",
            &Report {
                modules: vec![listed],
            },
        ),
        Format::Human => context.terminal.result(format!(
            "{} {}  {}\n  {}",
            listed.name,
            listed.version,
            listed.frameworks.join(", "),
            listed.summary
        )),
    }
    Ok(0)
}
