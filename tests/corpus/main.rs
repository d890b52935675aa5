//! Applications of many shapes, under `tests/fixtures/`: each is built and asked as it is, gets the layer with
//! `rapidkit-pg add`, is built, linted, tested and started again, without a database and with one. Where the wiring is
//! not certain (`unsure-…`), nothing may be written.
//!
//! `cargo test --test corpus -- [NAME…]`

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a test prints and sets up files"
)]

mod application;
mod fixture;
mod node;
mod rust;
#[path = "../support/mod.rs"]
mod support;
mod toolchain;

use std::process::ExitCode;
use std::time::Instant;

use rapidkit_pg::postgres::{Options, Server};

use fixture::Fixture;

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let fixtures: Vec<Fixture> = Fixture::all()
        .into_iter()
        .filter(|fixture| {
            wanted.is_empty() || wanted.iter().any(|word| fixture.label().contains(word))
        })
        .collect();
    let started = support::throwaway::installation()
        .and_then(|installation| Ok(Server::start(&installation, &Options::default(), &|_| {})?));
    let server = match started {
        Ok(server) => server,
        Err(error) => panic!("{error:#}"),
    };
    let mut failed = 0;
    for fixture in &fixtures {
        let started = Instant::now();
        let result = match &fixture.unsure {
            Some(reason) => application::is_left_alone(fixture, reason),
            None => application::gets_the_layer(fixture, &server),
        };
        let seconds = started.elapsed().as_secs_f32();
        match result {
            Ok(seen) => println!("ok      {:<44} {seconds:>5.1} s  {seen}", fixture.label()),
            Err(error) => {
                failed += 1;
                println!(
                    "FAILED  {:<44} {seconds:>5.1} s\n{error:#}",
                    fixture.label()
                );
            }
        }
    }
    println!("{} passed, {failed} failed", fixtures.len() - failed);
    match failed {
        0 if !fixtures.is_empty() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
