//! Builds of generated projects: one target directory, shared by all tests.

use std::path::Path;
use std::process::Command;

/// Makes what `command` builds share dependencies with the other projects, and keep nothing that a single build does not
/// need: some sixty applications with incremental state and debug information would take tens of gigabytes.
pub fn share(command: &mut Command) -> &mut Command {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/generated/target");
    command
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
}
