//! Inputs that nobody would write, for everything that reads what others wrote. An input may be refused or read, but never
//! crash, take long, or count when it should not.
//!
//! In CI each reader gets some hundreds or thousands, as it is slow or quick. `RAPIDKIT_FUZZ=200 cargo test --release --test
//! fuzz` gives each 200 times as many, over ten million in all; the last line that is printed has the total.

mod cargo_toml;
mod cargo_workspace;
mod dotenv;
#[path = "../signature/fixture.rs"]
#[allow(dead_code, reason = "shared with the tests of signatures")]
mod fixture;
mod inputs;
mod lock;
mod module;
mod package_json;
mod path;
mod pyproject;
mod python;
mod requirements;
mod run;
mod rust;
mod signature;
mod typescript;
mod wiring;
