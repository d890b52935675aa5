use schemars::JsonSchema;
use semver::Version;
use serde::Serialize;

use super::context::{self, Context};
use crate::cli::{Format, Reporting};
use crate::plan::{Pending, State, states};
use crate::report::print_json;
use crate::types::{FileKind, Problem};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Status")]
pub(super) struct Report {
    interrupted: bool,
    /// An upgrade whose conflicts are not resolved: the files that hold them.
    waiting: Vec<String>,
    modules: Vec<ModuleStatus>,
}

#[derive(Serialize, JsonSchema)]
struct ModuleStatus {
    module: String,
    target: String,
    framework: String,
    version: String,
    files: Vec<FileStatus>,
}

#[derive(Serialize, JsonSchema)]
struct FileStatus {
    path: String,
    kind: FileKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<String>,
    state: State,
}

/// `rapidkit-pg status`
pub fn run(context: &Context, args: &Reporting) -> Result<u8, Problem> {
    let (project, _) = context.project()?;
    let lock = context::lock(&project)?;
    let mut report = Report {
        interrupted: project.is_interrupted(),
        waiting: Pending::read(&project)?
            .map(|pending| pending.conflicts.iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
        modules: Vec::new(),
    };
    for locked in &lock.modules {
        let files = states(&project, locked)?
            .into_iter()
            .map(|state| FileStatus {
                path: state.file.path.to_string(),
                kind: state.file.kind,
                block: state.file.name.clone(),
                state: state.state,
            })
            .collect();
        report.modules.push(ModuleStatus {
            module: locked.module.clone(),
            target: locked.target.to_string(),
            framework: locked.framework.clone(),
            version: locked.version.to_string(),
            files,
        });
    }
    match args.format {
        Format::Json => print_json(context.terminal, "status", &report),
        Format::Human => print(context, &report),
    }
    Ok(0)
}

fn print(context: &Context, report: &Report) {
    let say = |text: String| context.terminal.result(text);
    if report.interrupted {
        say(
            "an interrupted run is pending: the next command that writes finishes or discards it"
                .to_owned(),
        );
    }
    if !report.waiting.is_empty() {
        say(format!(
            "an upgrade waits for its conflicts to be resolved, in {}: then `rapidkit-pg upgrade --continue`, or `--abort`",
            report.waiting.join(", ")
        ));
    }
    if report.modules.is_empty() {
        say("no module here; `rapidkit-pg add` puts one in".to_owned());
    }
    for module in &report.modules {
        let newer = newer(module);
        let changed: Vec<_> = module
            .files
            .iter()
            .filter(|file| file.state != State::Unchanged)
            .collect();
        say(format!(
            "{} {} in {} ({}): {} of {} files and blocks as recorded",
            module.module,
            module.version,
            module.target,
            module.framework,
            module.files.len() - changed.len(),
            module.files.len()
        ));
        if let Some(newer) = newer {
            say(format!("  `rapidkit-pg upgrade` brings {newer}"));
        }
        for file in changed {
            let state = match file.state {
                State::Edited => "edited ",
                // What was edited in code is not found any more.
                State::Missing if file.block.is_some() => "edited or missing",
                State::Missing => "missing",
                State::Doubled => "doubled",
                State::Returned => "is back",
                State::Mode => "executable bit",
                State::Unchanged => continue,
            };
            let block = file
                .block
                .as_ref()
                .map(|name| format!(" ({name})"))
                .unwrap_or_default();
            say(format!("  {state}  {}{block}", file.path));
        }
    }
}

/// The version that this binary carries, if it is a later one.
fn newer(module: &ModuleStatus) -> Option<Version> {
    // Known without reading the module.
    let (slug, version) = env!("MODULE").split_once(' ')?;
    let [carried, here] = [version, &module.version].map(|text| Version::parse(text).ok());
    carried.filter(|carried| module.module == slug && here.is_some_and(|here| *carried > here))
}
