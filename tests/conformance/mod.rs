//! The contract of the data layer, asked of a started application from outside: over HTTP, in its
//! log, in `pg_stat_activity` and in the server's log. Nothing here knows what the application is
//! written in.
//!
//! An [`App`] says how it is started; a [`row::Row`] is one sentence of the contract and the
//! function that asks it. Rows that can share a started application form a [`row::Group`]; each
//! group has a PostgreSQL server of its own, which its rows may stop, hang and cut off.

#![allow(dead_code, reason = "another test binary may use its own part")]

mod expect;
pub mod faults;
pub mod hooks;
mod report;
mod row;
mod rows;
mod runner;
mod stage;

pub use crate::support::app::App;
pub use runner::{Selection, list, run};
