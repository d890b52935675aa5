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
mod compiler;
mod fixture;
mod judged;
mod node;
mod python;
mod rust;
#[path = "../support/mod.rs"]
mod support;
mod toolchain;

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rapidkit_pg::postgres::{Options, Server};

use fixture::Fixture;
use toolchain::Toolchain;

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let fixtures: Vec<Fixture> = Fixture::all()
        .into_iter()
        .filter(|fixture| {
            wanted.is_empty() || wanted.iter().any(|word| fixture.name.contains(word))
        })
        .collect();
    let started = support::throwaway::installation()
        .and_then(|installation| Ok(Server::start(&installation, &Options::default(), &|_| {})?));
    let server = match started {
        Ok(server) => server,
        Err(error) => panic!("{error:#}"),
    };
    let failed = try_all(&fixtures, &server);
    compiler::stop();
    println!("{} passed, {failed} failed", fixtures.len() - failed);
    match failed {
        0 if !fixtures.is_empty() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Tries every fixture, as many at once as there are processors; how many failed.
fn try_all(fixtures: &[Fixture], server: &Server) -> usize {
    let (queued, others): (VecDeque<_>, VecDeque<_>) = fixtures
        .iter()
        .partition(|fixture| Toolchain::of(&fixture.framework).is_ok_and(|of| of.one_at_a_time));
    let (queued, others) = (Mutex::new(queued), Mutex::new(others));
    let failed = AtomicUsize::new(0);
    let next = |of: &Mutex<VecDeque<_>>| of.lock().expect("nothing panics holding it").pop_front();
    let worker = |first: bool| {
        let mine = || if first { next(&queued) } else { None };
        while let Some(fixture) = mine().or_else(|| next(&others)) {
            if !succeeds(fixture, server) {
                failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for number in 0..processors {
            scope.spawn({
                let worker = &worker;
                move || worker(number == 0)
            });
        }
    });
    failed.into_inner()
}

fn succeeds(fixture: &Fixture, server: &Server) -> bool {
    let started = Instant::now();
    let result = match &fixture.unsure {
        Some(reason) => application::is_left_alone(fixture, reason),
        None => application::gets_the_layer(fixture, server),
    };
    let seconds = started.elapsed().as_secs_f32();
    match &result {
        Ok(seen) => println!("ok      {:<44} {seconds:>5.1} s  {seen}", fixture.name),
        Err(error) => println!("FAILED  {:<44} {seconds:>5.1} s\n{error:#}", fixture.name),
    }
    result.is_ok()
}
