use std::path::{Path, PathBuf};
use std::process::Command;

use super::application::{Example, copy, failed};
use super::process::Running;
use crate::types::Problem;

/// The Axum application, before and after a developer has used the layer.
pub fn example() -> Example {
    Example {
        files: &[
            ("Cargo.toml", include_str!("axum/Cargo.toml.txt")),
            ("src/main.rs", include_str!("axum/main.rs.txt")),
        ],
        handlers: ("src/accounts.rs", include_str!("axum/accounts.rs.txt")),
        edits: &[
            ("src/main.rs", "use axum::", "mod accounts;\n\nuse axum::"),
            (
                "src/main.rs",
                "get(|| async { \"hello\" }))",
                "get(|| async { \"hello\" }))\n        .merge(accounts::router())",
            ),
        ],
    }
}

/// Builds the application with cargo and returns the program.
///
/// # Errors
/// cargo is missing or failed; its output is in the message.
pub fn build(
    project: &Path,
    target: &Path,
    interrupted: &dyn Fn() -> bool,
) -> Result<PathBuf, Problem> {
    let log = project.join("build.log");
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new("cargo");
        command
            .args(arguments)
            .arg("--quiet")
            .env("CARGO_TARGET_DIR", target);
        Running::spawn(command, project, &log)?.wait(interrupted)
    };
    if cargo(&["build"])? != Some(0) {
        return Err(failed("the application does not build", &log));
    }
    let program = project.join("program");
    copy(&target.join("debug/demo"), &program)?;
    // Each run has a folder of its own: what is built for it alone would pile up in the cache.
    cargo(&["clean", "--package", "demo"])?;
    Ok(program)
}
