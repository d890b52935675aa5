use std::path::PathBuf;

use super::application::{Workshop, copy};
use crate::types::Problem;

/// Builds the application with cargo and returns the program.
///
/// # Errors
/// cargo is missing or failed; its output is in the message.
pub fn build(workshop: &Workshop) -> Result<Vec<String>, Problem> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || workshop.cache.join("demo-target"),
        |target| PathBuf::from(&target),
    );
    let cargo = |command: &str, more: &[&str]| {
        let arguments = [&[command, "--quiet"], more].concat();
        workshop.run("cargo", &arguments, &[("CARGO_TARGET_DIR", &target)])
    };
    cargo("build", &[])?;
    let program = workshop.project.join("program");
    copy(&target.join("debug/demo"), &program)?;
    // Each run has a folder of its own: what is built for it alone would pile up in the cache.
    cargo("clean", &["--package", "demo"])?;
    Ok(vec![program.display().to_string()])
}
