//! A throwaway PostgreSQL server, for `demo` and for the tests: found on the machine or brought by
//! the user's own package client, run in a temporary folder, and gone afterwards whatever happens.
//!
//! The room prints nothing and reads no environment variable: what it may look at comes in a
//! [`Search`], what it is doing goes out through a callback. It writes in its own temporary folder
//! and in the cache it is given, nowhere else.
//!
//! ```no_run
//! # fn main() -> Result<(), rapidkit_pg::types::Problem> {
//! use rapidkit_pg::postgres::{Installation, Options, Search, Server, Shutdown};
//!
//! let search = Search::new("cache").bin_dir(None).path(std::env::var_os("PATH"));
//! let installation = Installation::find(&search, &|step| eprintln!("{step}"))?;
//! let mut server = Server::start(&installation, &Options::default(), &|_| {})?;
//! println!("{}", server.url("postgres"));
//! server.stop(Shutdown::Fast)?;
//! server.start_again()?; // the same port, the same data
//! # Ok(())
//! # }
//! ```

#![allow(
    clippy::disallowed_methods,
    reason = "writes in its own temporary folder and in the cache"
)]

mod account;
mod children;
mod download;
mod folder;
mod guard;
mod installation;
mod options;
mod port;
mod run;
mod search;
mod server;
#[cfg(test)]
mod tests;

pub use installation::{Installation, Source};
pub use options::Options;
pub use port::free_port;
pub use search::Search;
pub use server::{LeftRunning, Server, Shutdown};

/// Where progress goes: one short sentence a step.
pub type Progress<'a> = &'a dyn Fn(&str);
