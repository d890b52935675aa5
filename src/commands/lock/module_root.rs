use super::write::{Record, write};
use crate::cli::Lock;
use crate::commands::context::Context;
use crate::commands::run::recover;
use crate::module::{Module, SUMS, Sums};
use crate::project::Project;
use crate::signature::Namespace;
use crate::types::Problem;

/// `rapidkit-pg lock` in a module's root: records its files.
pub fn run(context: &Context, args: &Lock) -> Result<u8, Problem> {
    let module = Module::read(&context.directory)?;
    let changed = match &module.recorded {
        Some(recorded) => module.actual.difference(recorded),
        None => module.actual.hashes.keys().cloned().collect(),
    };
    let version_changed = module
        .recorded
        .as_ref()
        .is_some_and(|recorded| recorded.version != module.actual.version);
    if changed.is_empty() && !version_changed && args.sign.is_none() {
        context.terminal.line(format!("{SUMS} is up to date"));
        return Ok(0);
    }
    let drifted = module
        .recorded
        .as_ref()
        .filter(|_| !version_changed && !args.same_version && !module.drift().is_empty());
    if !args.overwrite {
        for path in &changed {
            context.terminal.result(format!("changed: {path}"));
        }
        context.terminal.line(match drifted {
            None => "`rapidkit-pg lock --overwrite` records this".to_owned(),
            Some(recorded) => format!(
                "bump `version`, which is still {}, or add `--same-version` if it is not released yet; then \
                 `rapidkit-pg lock --overwrite` records this",
                recorded.version
            ),
        });
        return Ok(1);
    }
    if let Some(recorded) = drifted {
        let mut problem = Problem::decision(format!(
            "what is generated has changed, but module.yaml still says version {}",
            recorded.version
        ));
        problem.notes = module
            .drift()
            .iter()
            .map(|path| format!("changed: {path}"))
            .collect();
        return Err(problem
            .help("bump `version` in module.yaml and open a changelog entry")
            .help("or pass `--same-version` if this version is not released yet"));
    }
    let project = Project::open(&context.directory)?;
    let (writer, _) = recover(context, &project)?;
    let before = module.recorded.as_ref().map(Sums::render);
    let record = Record {
        path: SUMS,
        before: before.as_deref(),
        after: &module.actual.render(),
        namespace: Namespace::Module,
    };
    write(context, &project, &writer, &record, args.sign.as_deref())?;
    context.terminal.done(
        "Recorded",
        format!("{} files in {SUMS}", module.actual.hashes.len()),
    );
    Ok(0)
}
