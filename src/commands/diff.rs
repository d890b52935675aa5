use schemars::JsonSchema;
use serde::Serialize;

use super::context::{self, Context};
use crate::cli::{Diff, Format};
use crate::lockfile::{Lock, LockedModule};
use crate::module::Module;
use crate::plan::{self, Finished, State, To, has_other_mode, pristine, remarked, states};
use crate::project::Project;
use crate::report::{FileDiff, print_json};
use crate::types::{FileKind, Files, Problem};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Diff")]
pub(super) struct Report {
    modules: Vec<ModuleDiff>,
}

#[derive(Serialize, JsonSchema)]
struct ModuleDiff {
    module: String,
    target: String,
    version: String,
    /// What was edited since it was generated.
    yours: Vec<FileDiff>,
    /// What was put into files of the user's and is no longer as it was recorded: `src/main.rs (routes)`.
    blocks: Vec<String>,
    /// Files whose executable bit is not as it was recorded.
    modes: Vec<String>,
    /// What an upgrade would change; `null` if there is none.
    upgrade: Option<UpgradeDiff>,
}

#[derive(Serialize, JsonSchema)]
struct UpgradeDiff {
    version: String,
    changes: Vec<FileDiff>,
    /// Paths of the files in which the user and the new version have changed the same.
    conflicts: Vec<String>,
}

/// `rapidkit-pg diff`
pub fn run(context: &Context, args: &Diff) -> Result<u8, Problem> {
    let (project, _) = context.project()?;
    if project.is_interrupted() {
        return Err(Problem::decision(
            "an interrupted run is pending, and files are as it left them",
        )
        .help("the next command that writes finishes or discards it; then run this again"));
    }
    let lock = context::lock(&project)?;
    let module = match &args.to {
        Some(directory) => Module::read(&context.directory.join(directory))?,
        None => Module::embedded()?,
    };
    let mut report = Report {
        modules: Vec::new(),
    };
    for locked in &lock.modules {
        let Yours {
            files,
            blocks,
            modes,
        } = yours(&project, locked)?;
        let slug = &module.manifest.slug.value;
        let is_newer = *slug == locked.module && module.manifest.version.value > locked.version;
        report.modules.push(ModuleDiff {
            module: locked.module.clone(),
            target: locked.target.to_string(),
            version: locked.version.to_string(),
            yours: files,
            blocks,
            modes,
            upgrade: match is_newer {
                true => Some(upgrade(&project, &lock, locked, &module)?),
                false => None,
            },
        });
    }
    let differs = report
        .modules
        .iter()
        .any(|module| module.is_edited() || module.upgrade.is_some());
    match args.reporting.format {
        Format::Json => print_json(context.terminal, "diff", &report),
        Format::Human => print(context, &report, args.stat),
    }
    Ok(u8::from(args.exit_code && differs))
}

impl ModuleDiff {
    fn is_edited(&self) -> bool {
        !(self.yours.is_empty() && self.blocks.is_empty() && self.modes.is_empty())
    }
}

/// What was edited, as in [`ModuleDiff`].
#[derive(Default)]
struct Yours {
    files: Vec<FileDiff>,
    blocks: Vec<String>,
    modes: Vec<String>,
}

fn yours(project: &Project, locked: &LockedModule) -> Result<Yours, Problem> {
    let copies = pristine(project, locked)?;
    let finished = Finished::read(project, locked)?;
    let mut found = Yours::default();
    for state in states(project, locked)? {
        let path = &state.file.path;
        match state.file.kind {
            FileKind::Generated => {
                let now = project.text(path)?;
                let copy = copies.get(path).map_or("", |text| &**text);
                let before = finished.of(path, copy)?;
                let edited = FileDiff::of(path.as_str(), Some(&before), now.as_deref());
                found.files.extend(edited);
                if has_other_mode(project, state.file) {
                    found.modes.push(path.to_string());
                }
            }
            FileKind::Block => {
                let name = state.file.name.as_deref().unwrap_or_default();
                let now = project.text(path)?;
                let copy = copies.get(path).zip(now.as_deref());
                let before = copy.and_then(|(copy, now)| remarked(copy, now, name));
                if before.is_some() {
                    let edited = FileDiff::of(path.as_str(), before.as_deref(), now.as_deref());
                    found.files.extend(edited);
                } else if state.state != State::Unchanged {
                    found.blocks.push(format!("{path} ({name})"));
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

fn upgrade(
    project: &Project,
    lock: &Lock,
    locked: &LockedModule,
    module: &Module,
) -> Result<UpgradeDiff, Problem> {
    let (texts, _) = plan::carried_answers(&module.spec, locked);
    let to = To {
        module,
        answers: &plan::check_answers(&module.spec, &texts)?,
        dev: !module.drift().is_empty(),
        finish: None,
    };
    let upgrade = plan::upgrade(project, lock, locked, &to)?;
    let changes = upgrade
        .changes
        .iter()
        .filter(|change| change.kind != FileKind::Vendor);
    Ok(UpgradeDiff {
        version: module.manifest.version.value.to_string(),
        changes: changes.filter_map(FileDiff::of_change).collect(),
        conflicts: upgrade
            .conflicts
            .iter()
            .map(|conflict| conflict.path.to_string())
            .collect(),
    })
}

fn print(context: &Context, report: &Report, stat: bool) {
    let say = |text: &str| context.terminal.result(text);
    for module in &report.modules {
        let ModuleDiff {
            module: name,
            version,
            target,
            ..
        } = module;
        let how = match module.is_edited() {
            true => "edited since it was generated",
            false => "as it was generated",
        };
        say(&format!("{name} {version} in {target}: {how}"));
        for file in &module.yours {
            file.print(context.terminal, stat);
        }
        for block in &module.blocks {
            say(&format!("  not as it was put in: {block}"));
        }
        for path in &module.modes {
            say(&format!("  executable bit not as recorded: {path}"));
        }
        let Some(upgrade) = &module.upgrade else {
            continue;
        };
        say(&format!("an upgrade to {} would change", upgrade.version));
        for file in &upgrade.changes {
            file.print(context.terminal, stat);
        }
        for path in &upgrade.conflicts {
            say(&format!("  conflict: {path}"));
        }
    }
    if report.modules.is_empty() {
        say("no module here; `rapidkit-pg add` puts one in");
    }
}
