//! The rows, by area of the contract.

mod bouncer;
mod config;
mod health;
mod hooks;
mod lifecycle;
mod pool;
mod secrets;
mod sessions;
mod sync;
mod tls;
mod transactions;
mod urls;

use super::row::Group;

pub use hooks::SEEN_BY;

/// All groups, those that take longest first.
pub static GROUPS: &[Group] = &[
    lifecycle::BOUND,
    health::GROUP,
    lifecycle::GROUP,
    health::EXHAUSTED,
    health::NETWORK,
    pool::GROUP,
    transactions::GROUP,
    pool::PINGS,
    config::GROUP,
    urls::GROUP,
    hooks::GROUP,
    hooks::QUIET,
    sessions::GROUP,
    bouncer::GROUP,
    sync::GROUP,
    tls::GROUP,
    secrets::GROUP,
];
