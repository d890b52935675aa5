use super::write::{Record, write};
use crate::cli::Lock as Args;
use crate::commands::context::Context;
use crate::commands::run::{nothing_waits, recover};
use crate::lockfile::Lock;
use crate::module::Module;
use crate::plan::{Templates, differences, relock};
use crate::signature::Namespace;
use crate::types::{FileKind, Files, LOCK, Problem, ProjectPath};

/// `rapidkit-pg lock` in a project: accepts its generated files and blocks as they stand.
pub fn run(context: &Context, args: &Args) -> Result<u8, Problem> {
    let (project, _) = context.project()?;
    // What an interrupted run left is neither the old project nor the new one.
    let writer = match args.overwrite {
        true => Some(recover(context, &project)?.0),
        false if project.is_interrupted() => {
            return Err(Problem::decision("an interrupted run is pending").help(
                "run `rapidkit-pg lock --overwrite`: it finishes or discards that run first",
            ));
        }
        false => None,
    };
    nothing_waits(&project)?;
    let path = ProjectPath::existing(LOCK)?;
    let Some(text) = project.text(&path)? else {
        return Err(Problem::input("the project has no lock")
            .in_file(LOCK)
            .help("`rapidkit-pg add` puts a module in and records it")
            .help("or take the lock back from version control"));
    };
    let module = module(context, args)?;
    let templates = Templates::new(&module)?;
    let before = Lock::read_loosely(&text).map_err(|error| *error.problem)?;
    let after = relock(&project, &before, &templates, !module.drift().is_empty())?;
    let rendered = after.render_readable()?;
    if *rendered == *text && args.sign.is_none() {
        context.terminal.line(format!("{LOCK} is up to date"));
        return Ok(0);
    }
    for line in differences(&before.canonical(), &after) {
        context.terminal.result(crate::types::shown_text(&line));
    }
    let Some(writer) = writer else {
        context
            .terminal
            .line("`rapidkit-pg lock --overwrite` records this");
        return Ok(1);
    };
    let record = Record {
        path: LOCK,
        before: Some(&text),
        after: &rendered,
        namespace: Namespace::Lock,
    };
    write(context, &project, &writer, &record, args.sign.as_deref())?;
    // As `status` counts: the first test is the user's.
    let files = after.modules.iter().flat_map(|module| &module.files);
    let records = files.filter(|file| file.kind != FileKind::Seed).count();
    context
        .terminal
        .done("Recorded", format!("{records} files and blocks in {LOCK}"));
    Ok(0)
}

fn module(context: &Context, args: &Args) -> Result<Module, Problem> {
    let module = match &args.module.module_directory {
        Some(directory) => Module::read(&context.directory.join(directory))?,
        None => Module::embedded()?,
    };
    if !args.module.allow_drift {
        module.check_drift()?;
    }
    Ok(module)
}
