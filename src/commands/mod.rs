//! One file a command: from arguments to a report.

mod add;
mod ask;
mod context;
mod demo;
mod diff;
mod hooks;
mod info;
mod install;
mod interrupt;
mod list;
mod lock;
mod locked;
mod remove;
mod restore;
mod run;
mod schema;
mod settings;
mod status;
mod upgrade;
mod verify_all;
mod vet;

use clap::CommandFactory;

use crate::cli::{Cli, Command, FindingFormat, Format, Reporting};
use crate::types::Problem;
use context::Context;
pub use schema::schema;

/// Runs a command and returns the process's exit code.
pub fn run(cli: &Cli) -> u8 {
    interrupt::install(only_reads(&cli.command));
    let context = Context::new(cli);
    let mut findings = FindingFormat::Human;
    let (name, reporting, result) = match &cli.command {
        Command::Add(args) => (
            "add",
            Some(&args.writing.reporting),
            add::run(&context, args),
        ),
        Command::Remove(args) => (
            "remove",
            Some(&args.writing.reporting),
            remove::run(&context, args),
        ),
        Command::Restore(args) => (
            "restore",
            Some(&args.writing.reporting),
            restore::run(&context, args),
        ),
        Command::Diff(args) => ("diff", Some(&args.reporting), diff::run(&context, args)),
        Command::Upgrade(args) => (
            "upgrade",
            Some(&args.change.writing.reporting),
            upgrade::run(&context, args),
        ),
        Command::Reconfigure(args) => (
            "reconfigure",
            Some(&args.change.writing.reporting),
            upgrade::reconfigure(&context, args),
        ),
        Command::List(args) => ("list", Some(args), list::run(&context, args)),
        Command::Info(args) => ("info", Some(&args.reporting), info::run(&context, args)),
        Command::Status(args) => ("status", Some(args), status::run(&context, args)),
        Command::Lock(args) => ("lock", None, lock::run(&context, args)),
        Command::VerifyAll(args) => {
            findings = args.format;
            ("verify-all", None, verify_all::run(&context, args))
        }
        Command::Vet(args) => {
            findings = args.format;
            ("vet", None, vet::run(&context, args))
        }
        Command::Demo(args) => ("demo", None, demo::run(&context, args)),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "rapidkit-pg", &mut text);
            // https://github.com/clap-rs/clap/issues/6421: with a hyphen in a name no subcommand is found.
            let text =
                String::from_utf8_lossy(&text).replace("rapidkit__subcmd__pg", "rapidkit__pg");
            context.terminal.bytes(text.as_bytes());
            ("completions", None, Ok(0))
        }
        Command::Man { command } => ("man", None, man(&context, command.as_deref())),
    };
    let code = match result {
        Ok(code) => code,
        Err(problem) => {
            let asked = matches!(
                reporting,
                Some(Reporting {
                    format: Format::Json
                })
            );
            match findings {
                FindingFormat::Human if !asked => context.terminal.problem(&problem),
                FindingFormat::Human | FindingFormat::Json => {
                    context.terminal.json_problem(name, &problem);
                }
                _ => {
                    context.terminal.problem(&problem);
                    verify_all::show_problem(&context, name, findings, &problem);
                }
            }
            problem.exit.code()
        }
    };
    match context.terminal.finish() {
        Ok(()) => code,
        Err(problem) => {
            // Not where the output went.
            context.terminal.problem(&problem);
            problem.exit.code()
        }
    }
}

/// Whether a command writes nothing, and starts nothing that it would have to stop.
fn only_reads(command: &Command) -> bool {
    match command {
        Command::Lock(args) => !args.overwrite,
        Command::Vet(args) => args.bump.is_none() && !args.deep,
        Command::Diff(_)
        | Command::List(_)
        | Command::Info(_)
        | Command::Status(_)
        | Command::VerifyAll(_)
        | Command::Completions { .. }
        | Command::Man { .. } => true,
        Command::Add(_)
        | Command::Remove(_)
        | Command::Restore(_)
        | Command::Upgrade(_)
        | Command::Reconfigure(_)
        | Command::Demo(_) => false,
    }
}

fn man(context: &Context, name: Option<&str>) -> Result<u8, Problem> {
    let mut all = Cli::command();
    all.build();
    let page = match name {
        None => all,
        Some(name) => all.find_subcommand(name).cloned().ok_or_else(|| {
            Problem::input(format!("no command `{}`", name.escape_debug()))
                .help("`rapidkit-pg --help` lists them")
        })?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .map_err(|error| Problem::input(error.to_string()))?;
    context.terminal.bytes(&text);
    Ok(0)
}
