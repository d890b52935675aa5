//! The command against its limits, side by side: start against `/bin/true`, `add` against `cp -r` and `sync` of the same
//! files, what reads the project against `cp -r` of it, `upgrade` against `git merge-file` of each generated file.
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
    for framework in ["axum", "actix", "fastapi", "nestjs"] {
        add(framework, folder.path());
    }
    day_two::measure(folder.path());
}

fn add(framework: &str, folder: &Path) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(framework)
        .join("plain");
    let [added, fresh, copied] = ["added", "fresh", "copied"].map(|name| folder.join(name));
    let added_to = |project: &Path| {
        reset(project);
        run(Command::new("cp").arg("-r").arg(&fixture).arg(project));
        timed(
            Command::new(BINARY)
                .args(["-q", "add", "--yes"])
                .current_dir(project),
        )
    };
    added_to(&added);
    let entries = walkdir::WalkDir::new(&added).into_iter().flatten();
    let files = entries.filter(|entry| entry.file_type().is_file()).count();
    let times = medians([&|| added_to(&fresh), &|| {
        reset(&copied);
        let script = r#"cp -r "$0" "$1" && find "$1" -exec sync {} +"#;
        timed(
            Command::new("sh")
                .args(["-c", script])
                .args([&added, &copied]),
        )
    }]);
    print(
        &format!("add, {framework}, {files} files, synced to disk"),
        "cp -r of the result, and sync of each file",
        times,
    );
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
