//! The `rapidkit-pg` command.

use std::process::ExitCode;

use clap::Parser;
use rapidkit_pg::cli::Cli;

fn main() -> ExitCode {
    ExitCode::from(rapidkit_pg::commands::run(&Cli::parse()))
}
