//! README.md and docs/*.md, proven: every fenced block has a role, and what the role promises is checked. Commands run,
//! snippets compile in a generated application, answers have the documented shape.
//!
//! An info string is `language,role` or `language,role=value`; [`roles`] lists what there is.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests set up files and print"
)]

mod commands;
mod page;
mod recipes;
mod reference;
mod release;
mod roles;
mod scratch;
mod security;
mod session;
mod settings;
mod shape;
mod snippets;
#[path = "../support/mod.rs"]
mod support;
mod text;
mod usage;
mod verification;
mod walk;

use std::path::Path;

/// The repository.
fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
