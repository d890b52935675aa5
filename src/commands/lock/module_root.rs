use crate::cli::Lock;
use crate::commands::context::Context;
use crate::commands::interrupt;
use crate::module::{Module, SUMS, Sums};
use crate::project::Project;
use crate::types::{Change, FileKind, Problem, ProjectPath};

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
    if changed.is_empty() && !version_changed {
        context.terminal.line(format!("{SUMS} is up to date"));
        return Ok(0);
    }
    if !args.overwrite {
        for path in &changed {
            context.terminal.result(format!("changed: {path}"));
        }
        context
            .terminal
            .line("`rapidkit-pg lock --overwrite` records this");
        return Ok(1);
    }
    if let Some(recorded) = &module.recorded
        && !version_changed
        && !args.same_version
        && !module.drift().is_empty()
    {
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
    write(context, &module.actual, module.recorded.as_ref())?;
    context.terminal.done(
        "Recorded",
        format!("{} files in {SUMS}", module.actual.hashes.len()),
    );
    Ok(0)
}

fn write(context: &Context, sums: &Sums, recorded: Option<&Sums>) -> Result<(), Problem> {
    let project = Project::open(&context.directory)?;
    let (writer, _) = project.writer()?;
    let change = Change {
        path: ProjectPath::existing(SUMS).map_err(|error| Problem::input(error.to_string()))?,
        kind: FileKind::Vendor,
        before: recorded.map(|recorded| recorded.render().into_bytes()),
        after: sums.render().into_bytes(),
        summary: Vec::new(),
    };
    writer.apply(&[change], &interrupt::requested)
}
