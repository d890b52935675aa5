//! The command against its limits, side by side: start against `/bin/true`, `add` and what reads the project against
//! `cp -r` of the same files, `upgrade` against `git merge-file` of each generated file.
//!
//! Runs are interleaved so that both sides see the same machine; medians are compared.

#![allow(clippy::disallowed_methods, reason = "a benchmark sets up files")]

mod day_two;
#[path = "../shop.rs"]
mod shop;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 300;
const BINARY: &str = env!("CARGO_BIN_EXE_rapidkit-pg");

fn main() {
    let start = medians([&|| timed(Command::new(BINARY).arg("--version")), &|| {
        timed(&mut Command::new("/bin/true"))
    }]);
    print("start, `--version`", "/bin/true", start);

    let folder = tempfile::tempdir().expect("a temporary folder");
    let added = folder.path().join("added");
    shop::make(&added);
    run(Command::new(BINARY)
        .args(["-q", "add", "--yes"])
        .current_dir(&added));
    let files = walkdir::WalkDir::new(&added)
        .into_iter()
        .filter(|entry| {
            entry
                .as_ref()
                .is_ok_and(|entry| entry.file_type().is_file())
        })
        .count();
    let fresh = folder.path().join("fresh");
    let copy = folder.path().join("copy");
    let add = medians([
        &|| {
            reset(&fresh);
            shop::make(&fresh);
            timed(
                Command::new(BINARY)
                    .args(["-q", "add", "--yes"])
                    .current_dir(&fresh),
            )
        },
        &|| {
            reset(&copy);
            timed(Command::new("cp").arg("-r").arg(&added).arg(&copy))
        },
    ]);
    print(
        &format!("add, {files} files, synced to disk"),
        "cp -r of the result",
        add,
    );
    day_two::measure(folder.path());
}

fn reset(folder: &Path) {
    if folder.exists() {
        std::fs::remove_dir_all(folder).expect("removed");
    }
}

fn run(command: &mut Command) {
    let status = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("it starts");
    assert!(status.success(), "{command:?} failed");
}

fn timed(command: &mut Command) -> Duration {
    let started = Instant::now();
    run(command);
    started.elapsed()
}

fn medians(sides: [&dyn Fn() -> Duration; 2]) -> [Duration; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (side, times) in sides.iter().zip(&mut times) {
            times.push(side());
        }
    }
    times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    })
}

#[allow(clippy::disallowed_macros, reason = "a benchmark prints its figures")]
fn print(what: &str, peer: &str, [ours, theirs]: [Duration; 2]) {
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("{what}: {ours:.2?}   {peer}: {theirs:.2?}   ratio {ratio:.2}");
}
