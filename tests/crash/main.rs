//! That nothing tears a project: each part prints how many times it tried, and how often a project was torn.
//!
//! `cargo test --test crash [-- PART… SCENE…]` is a sample, for CI. `RAPIDKIT_CRASH=500` before it tries so many places of
//! every scene, `RAPIDKIT_CRASH=all` all, which takes hours: a kill and each error at every system call of every command in
//! every framework. `RAPIDKIT_CRASH_SEED` is a number that chance begins with.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a test prints and sets up files"
)]

#[path = "../support/chance.rs"]
mod chance;
mod disk;
mod errors;
mod kill;
mod power;
mod races;
mod record;
mod sample;
mod scene;
mod together;
mod trace;
mod tree;

use std::process::ExitCode;

use crate::sample::Sample;
use crate::scene::Scenes;

/// Prints its figures; `false` if a project was torn.
type Part = fn(&Scenes, &Sample) -> bool;

const PARTS: &[(&str, Part)] = &[
    ("kill", kill::run),
    ("errors", errors::run),
    ("power", power::run),
    ("races", races::run),
    ("together", together::run),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let sample = Sample::from_environment();
    let mut scenes = Scenes::new(sample.is_short());
    let is_part = |word: &String| PARTS.iter().any(|(name, _)| name == word);
    let (wanted, named): (Vec<_>, Vec<_>) = wanted.into_iter().partition(is_part);
    scenes.keep(&named);
    let mut passed = 0;
    let mut failed = 0;
    for (name, part) in PARTS {
        if !wanted.is_empty() && !wanted.iter().any(|word| word == name) {
            continue;
        }
        match part(&scenes, &sample) {
            true => passed += 1,
            false => failed += 1,
        }
    }
    println!("{passed} passed, {failed} failed");
    match failed {
        0 if passed > 0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
