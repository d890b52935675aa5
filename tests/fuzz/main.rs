//! Inputs that nobody would write, for everything that reads what others wrote. An input may be refused or read, but never
//! crash, take long, or count when it should not.
//!
//! In CI each reader gets a few hundred or thousand. `RAPIDKIT_FUZZ=1000000 cargo test --release --test fuzz READER` gives
//! a reader as many as asked for.

mod cargo_toml;
mod cargo_workspace;
mod dotenv;
#[path = "../signature/fixture.rs"]
#[allow(dead_code, reason = "shared with the tests of signatures")]
mod fixture;
mod inputs;
mod lock;
mod module;
mod path;
mod run;
mod rust;
mod signature;
