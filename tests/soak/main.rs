//! Loads applications with payments for minutes while the server, PgBouncer, pools and clients fail, and counts the money:
//! `cargo test --test soak -- [--minutes N] [FRAMEWORK…]`; 60 minutes and every framework if nothing is said.
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
    let mut frameworks = Vec::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--minutes" => {
                let value = words.next().context("--minutes needs a number")?;
                minutes = value.parse().context("--minutes needs a number")?;
            }
            name if FRAMEWORKS.contains(&name) => frameworks.push(word),
            other => bail!("unknown argument {other}"),
        }
    }
    ensure!(minutes >= 1.0, "a minute at least: every fault comes once");
    if frameworks.is_empty() {
        frameworks = FRAMEWORKS.map(str::to_owned).to_vec();
    }
    let mut scene = Scene::set(&frameworks)?;
    scene.load(Duration::from_secs_f64(minutes * 60.0))?;
    let figures = scene.figures()?;
    Ok(figures::print(&figures))
}
