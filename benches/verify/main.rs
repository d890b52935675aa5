//! Verification against its limits: 10,000 vendor files beside `sha256sum -c` of the same files, one project, 200 projects
//! in one tree; and how much memory each takes at most.
//!
//! Runs are interleaved so that both sides see the same machine; medians are compared.

#![allow(clippy::disallowed_methods, reason = "a benchmark sets up files")]

mod many;
mod peak;
#[path = "../shop.rs"]
mod shop;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_rapidkit-pg");
const PROJECTS: usize = 200;
const SPARSE: u64 = 1 << 30;

fn main() {
    if peak::is_asked() {
        return peak::answer();
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let many = many::make(&folder.path().join("many"));
    ten_thousand(&many);
    let one = folder.path().join("one");
    shop::make(&one);
    run(&mut command(&one, &["-q", "add", "--yes"]), 0);
    single(&one);
    monorepo(folder.path(), &one);
    sparse(&one);
}

fn ten_thousand(many: &many::Many) {
    let verify = |more: &[&str]| command(&many.project, &[&["-q", "verify-all"], more].concat());
    let module = many.module.to_str().expect("UTF-8");
    let sha256sum = || {
        let mut command = Command::new("sha256sum");
        command.args(["--check", "--quiet"]).arg(&many.sums);
        command.current_dir(&many.project);
        command
    };
    let [files, rendered, theirs] = medians(
        15,
        [
            &|| timed(&mut verify(&[])),
            &|| timed(&mut verify(&["--module", module])),
            &|| timed(&mut sha256sum()),
        ],
    );
    let count = many.count;
    ratio(
        &format!("{count} vendor files of 8 KiB"),
        files,
        theirs,
        "goal 0.33",
    );
    ratio("the same, rendered again", rendered, theirs, "");
    memory("of it", &mut verify(&[]));
    memory("rendered again", &mut verify(&["--module", module]));
    memory("sha256sum", &mut sha256sum());
}

fn single(project: &Path) {
    let verify = || command(project, &["-q", "verify-all", "--release"]);
    let [ours, start] = medians(
        200,
        [&|| timed(&mut verify()), &|| {
            timed(&mut command(project, &["--version"]))
        }],
    );
    print(&format!(
        "one project, rendered again: {ours:.2?}, of which the process alone {start:.2?}   goal 10 ms"
    ));
    memory("of it", &mut verify());
}

fn monorepo(folder: &Path, project: &Path) {
    let tree = folder.join("monorepo");
    std::fs::create_dir_all(&tree).expect("a folder");
    for number in 0..PROJECTS {
        let copied = Command::new("cp")
            .arg("-a")
            .arg(project)
            .arg(tree.join(format!("service-{number}")))
            .status();
        assert!(copied.expect("cp").success());
    }
    let verify = || command(&tree, &["-q", "verify-all", "--release"]);
    let [ours] = medians(15, [&|| timed(&mut verify())]);
    print(&format!(
        "{PROJECTS} projects, rendered again: {ours:.2?}   goal 1 s"
    ));
    memory("of it", &mut verify());
}

/// A file that is larger than all memory that verification may take.
fn sparse(project: &Path) {
    let path = project.join(shop::vendor(project)).join("pool.rs");
    let file = std::fs::File::options().write(true).open(&path);
    file.expect("a vendor file")
        .set_len(SPARSE)
        .expect("a sparse file");
    let mut verify = command(project, &["-q", "verify-all"]);
    run(&mut verify, 1);
    memory("with a vendor file of 1 GiB", &mut verify);
}

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(directory);
    for variable in ["CI", "RAPIDKIT_TRUST", "RAPIDKIT_REVOKED"] {
        command.env_remove(variable);
    }
    command
}

fn run(command: &mut Command, code: i32) {
    let status = command.stdout(Stdio::null()).status().expect("it starts");
    assert_eq!(status.code(), Some(code), "{command:?}");
}

fn timed(command: &mut Command) -> Duration {
    let started = Instant::now();
    run(command, 0);
    started.elapsed()
}

fn medians<const N: usize>(rounds: usize, sides: [&dyn Fn() -> Duration; N]) -> [Duration; N] {
    for side in &sides {
        side(); // from here on the files are in memory
    }
    let mut times = [const { Vec::new() }; N];
    for _ in 0..rounds {
        for (side, times) in sides.iter().zip(&mut times) {
            times.push(side());
        }
    }
    times.map(|mut times| {
        times.sort();
        times[rounds / 2]
    })
}

fn ratio(what: &str, ours: Duration, theirs: Duration, goal: &str) {
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    print(&format!(
        "{what}: {ours:.2?}   sha256sum -c: {theirs:.2?}   ratio {ratio:.2}   {goal}"
    ));
}

fn memory(what: &str, command: &mut Command) {
    print(&format!(
        "  memory {what}: {:.1} MiB at most",
        peak::of(command)
    ));
}

#[allow(clippy::disallowed_macros, reason = "a benchmark prints its figures")]
fn print(line: &str) {
    println!("{line}");
}
