//! Runs the conformance suite against one application:
//! `cargo test --test conformance -- --app app.json [--only ROW,ROW] [--list] [--verbose]`,
//! the deliberate faults: `… -- --faults faults.json --app app.json [--only FAULT,FAULT]`,
//! and whether runtime hooks work: `… -- --hooks VARIABLE,VARIABLE --app app.json`.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a test prints and sets up files"
)]

#[path = "mod.rs"]
mod conformance;
#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use conformance::{App, Selection, faults, hooks, run};

fn main() -> ExitCode {
    match answer() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn answer() -> Result<bool> {
    let (mut app, mut list_of_faults, mut list_of_hooks, mut list) = (None, None, None, false);
    let mut selection = Selection::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || {
            words
                .next()
                .with_context(|| format!("{word} needs a value"))
        };
        match word.as_str() {
            "--app" => app = Some(PathBuf::from(value()?)),
            "--faults" => list_of_faults = Some(PathBuf::from(value()?)),
            "--hooks" => list_of_hooks = Some(value()?),
            "--only" => selection.only(&value()?),
            "--list" => list = true,
            "--verbose" => selection.verbose = true,
            other => bail!("unknown argument {other}"),
        }
    }
    if list {
        conformance::list();
        return Ok(true);
    }
    let app = app.context("--app FILE says how the application is started; see App")?;
    let app = App::read(&app)?;
    match (list_of_faults, list_of_hooks) {
        (Some(file), _) => faults::run_all(&app, &file, &selection),
        (None, Some(variables)) => hooks::run_all(&app, &variables),
        (None, None) => Ok(run(&app, &selection)?.print(&selection)),
    }
}
