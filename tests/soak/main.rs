//! Loads applications with payments for minutes while the server, PgBouncer, pools and clients fail, and counts the money:
//! `cargo test --release --test soak -- [--minutes N] [--module DIR] [FRAMEWORK…]`; 60 minutes, this module and every
//! framework if nothing is said. Without `--release` the applications are not optimised either, and eight of them leave no
//! processor to recover on. `RAPIDKIT_SOAK_RECOVERY` is how many seconds after the end of a fault all has to be well again,
//! 2 if unset.
//! `… -- --sabotage tests/soak/sabotage.json [NAME…]` breaks the layer on purpose, and says what is seen of it.
//!
//! Every framework has two applications, straight at the server and behind PgBouncer, and all have their load at the same
//! time, on one server. What is printed is a line of figures an application; the exit code is 1 if a figure may not be so.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a test prints and sets up files"
)]

mod bank;
mod clients;
mod faults;
mod figures;
mod ledger;
mod memory;
mod sabotage;
mod scene;
mod site;
#[path = "../support/mod.rs"]
mod support;
mod timeline;
mod watcher;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::scene::Scene;

const FRAMEWORKS: [&str; 4] = ["axum", "actix", "fastapi", "nestjs"];

fn main() -> ExitCode {
    match soaked() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn soaked() -> Result<bool> {
    let mut minutes = 60.0;
    let (mut module, mut sabotage) = (None, None);
    let mut names = Vec::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--minutes" => {
                let value = words.next().context("--minutes needs a number")?;
                minutes = value.parse().context("--minutes needs a number")?;
            }
            "--module" => module = Some(words.next().context("--module needs a directory")?),
            "--sabotage" => sabotage = Some(words.next().context("--sabotage needs a file")?),
            option if option.starts_with('-') => bail!("unknown argument {option}"),
            _ => names.push(word),
        }
    }
    if let Some(list) = sabotage {
        return sabotage::run_all(&list, &names);
    }
    if let Some(name) = names
        .iter()
        .find(|name| !FRAMEWORKS.contains(&name.as_str()))
    {
        bail!("unknown framework {name}");
    }
    ensure!(minutes >= 1.0, "a minute at least: every fault comes once");
    if names.is_empty() {
        names = FRAMEWORKS.map(str::to_owned).to_vec();
    }
    let mut scene = Scene::set(&names, module.as_deref())?;
    scene.load(Duration::from_secs_f64(minutes * 60.0))?;
    let figures = scene.figures()?;
    Ok(figures::print(&figures))
}
