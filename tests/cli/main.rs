//! The command, as a user runs it: real processes, real projects on disk.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "tests set up files and print"
)]

mod add;
mod adopt;
mod applications;
mod architecture;
mod bad_input;
mod bad_sources;
mod demo;
mod docs;
mod faults;
mod fixture;
mod hooks;
mod json;
mod module;
mod remove;
mod side_by_side;
mod snapshots;
#[path = "../support/mod.rs"]
mod support;
mod transaction;
mod upgrade;
