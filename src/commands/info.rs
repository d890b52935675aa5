use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::context::Context;
use crate::cli::{Format, Info};
use crate::report::print_json;
use crate::types::{Answer, Problem};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Info")]
pub(super) struct Report<'a> {
    name: &'a str,
    slug: &'a str,
    version: String,
    summary: &'a str,
    license: &'a str,
    content: String,
    postgresql: &'a str,
    frameworks: &'a BTreeMap<String, String>,
    capabilities: &'a [String],
    settings: Vec<Setting<'a>>,
    hooks: BTreeMap<&'a str, &'a str>,
    documentation: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize, JsonSchema)]
struct Setting<'a> {
    name: &'a str,
    default: &'a Answer,
    accepted: String,
    help: &'a str,
}

/// `rapidkit-pg info`
pub fn run(context: &Context, args: &Info) -> Result<u8, Problem> {
    let module = context.module(&args.name, &args.module)?;
    let manifest = &module.manifest;
    let report = Report {
        name: &manifest.name.value,
        slug: &manifest.slug.value,
        version: manifest.version.value.to_string(),
        summary: &manifest.summary,
        license: &manifest.license,
        content: module.content_hash().to_string(),
        postgresql: &manifest.compatibility.postgresql,
        frameworks: &manifest.compatibility.frameworks,
        capabilities: &manifest.capabilities,
        settings: module
            .spec
            .prompts
            .iter()
            .map(|prompt| Setting {
                name: &prompt.value.name,
                default: &prompt.value.default,
                accepted: prompt.value.expected(),
                help: &prompt.value.help,
            })
            .collect(),
        hooks: manifest
            .hooks
            .runtime
            .iter()
            .map(|hook| (hook.variable.as_str(), hook.effect.as_str()))
            .collect(),
        documentation: manifest
            .documentation
            .iter()
            .map(|(page, path)| (page.as_str(), path.value.as_str()))
            .collect(),
    };
    match args.reporting.format {
        Format::Json => print_json(context.terminal, "info", &report),
        Format::Human => print(context, &report),
    }
    Ok(0)
}

fn print(context: &Context, report: &Report) {
    let say = |text: String| context.terminal.result(text);
    say(format!(
        "{} {} ({})",
        report.name, report.version, report.slug
    ));
    say(format!("  {}", report.summary));
    say(format!(
        "  licence {}, content {}",
        report.license, report.content
    ));
    say("\nWorks with".to_owned());
    say(format!("  postgresql {}", report.postgresql));
    for (framework, versions) in report.frameworks {
        say(format!("  {framework} {versions}"));
    }
    say("\nCapabilities".to_owned());
    for capability in report.capabilities {
        say(format!("  {capability}"));
    }
    say("\nSettings of `add --set KEY=VALUE`".to_owned());
    for setting in &report.settings {
        let default = match setting.default {
            Answer::String(text) if text.is_empty() => "(empty)".to_owned(),
            other => other.to_string(),
        };
        say(format!(
            "  {} = {default}: {}. {}",
            setting.name, setting.accepted, setting.help
        ));
    }
    say("\nRuntime hooks".to_owned());
    for (variable, effect) in &report.hooks {
        say(format!("  {variable}\n      {effect}"));
    }
    say("\nDocumentation".to_owned());
    for (page, path) in &report.documentation {
        say(format!("  {page}: {path}"));
    }
}
