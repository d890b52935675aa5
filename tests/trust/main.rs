//! No tampering gets past `verify-all`: the command on real projects, in ways that an attacker or an accident could leave
//! them.

#![allow(clippy::disallowed_methods, reason = "tests set up files")]

mod baseline;
mod caps;
mod core;
mod find;
#[path = "../cli/fixture.rs"]
#[allow(dead_code, reason = "shared with the tests of the command")]
mod fixture;
mod flips;
mod formats;
mod lock;
mod merge;
mod mutants;
mod mutations;
mod nothing_written;
mod project;
mod signatures;
mod unreadable;
mod vet;
