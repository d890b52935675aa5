//! The merge of a text loses nothing, and does what `git merge-file` does.
//!
//! In CI some thousands of texts; `RAPIDKIT_MERGE=20 cargo test --test merge` takes 20 times as many.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "tests set up files and print"
)]

mod cases;
mod git;
mod lost;
mod same;

use std::io::Write;

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rapidkit_pg::plan::{Labels, Merged, merge};

use crate::cases::{Case, cases};

pub const LABELS: Labels = Labels {
    mine: "yours",
    base: "1.0.0",
    theirs: "1.1.0",
};

pub fn merged(base: &[u8], mine: &[u8], theirs: &[u8]) -> Merged {
    merge(base, mine, theirs, LABELS)
}

/// Puts `count` cases, or `RAPIDKIT_MERGE` times as many, to `judge`; says how many these were.
pub fn run(count: u32, judge: impl Fn(&Case)) -> u32 {
    let times = std::env::var("RAPIDKIT_MERGE").map_or(1, |times| times.parse().unwrap());
    let cases_wanted = count * times;
    let config = Config {
        cases: cases_wanted,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    if let Err(error) = runner.run(&cases(), |case| {
        judge(&case);
        Ok(())
    }) {
        panic!("{error}");
    }
    cases_wanted
}

/// Past the test harness, which would keep it to itself.
pub fn say(line: &str) {
    let mut out = std::io::stderr();
    writeln!(out, "    {line}").unwrap();
}
