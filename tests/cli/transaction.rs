//! What `add` writes is written whole or not at all. Kills at every call, and much else, are in tests/crash.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use crate::fixture::Fixture;

#[test]
fn a_full_disk_leaves_the_project_as_it_was() {
    let disk = Fixture::empty();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=160k", "tmpfs"])
        .arg(disk.path())
        .output()
        .unwrap();
    assert!(
        mounted.status.success(),
        "this test mounts a small tmpfs, which needs root: {}",
        String::from_utf8_lossy(&mounted.stderr)
    );
    struct Unmount<'a>(&'a Fixture);
    impl Drop for Unmount<'_> {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(self.0.path()).status();
        }
    }
    let _unmount = Unmount(&disk);
    disk.write("Cargo.toml", crate::fixture::AXUM_MANIFEST);
    disk.write("src/main.rs", crate::fixture::AXUM_MAIN);
    disk.refuses(&["add", "--yes"], 2, &["nothing was changed", "make room"]);
}

/// What `interrupt` does to `add`, given it and its process, while its question waits on a pseudo-terminal from `script`, is
/// to end it, with nothing written.
fn ends_at_the_question(interrupt: impl Fn(&mut Child, &str)) {
    let project = Fixture::axum();
    let before = project.tree();
    let ask = format!("echo $$; exec {} -q add", env!("CARGO_BIN_EXE_rapidkit-pg"));
    let mut running = Command::new("script")
        .args(["-qefc", &ask, "/dev/null"])
        .current_dir(project.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(running.stdout.take().unwrap());
    let mut process = String::new();
    output.read_line(&mut process).unwrap();
    output.read_until(b'?', &mut Vec::new()).unwrap();
    interrupt(&mut running, process.trim());
    // A process that goes on keeps its end of this open.
    std::io::copy(&mut output, &mut std::io::sink()).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert!(project.tree() == before, "something was written");
}

#[test]
fn ctrl_c_at_the_question_changes_nothing() {
    ends_at_the_question(|running, _| {
        running.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    });
}

#[test]
fn a_signal_at_the_question_ends_it() {
    for signal in ["TERM", "HUP"] {
        ends_at_the_question(|_, process| {
            let sent = Command::new("kill").args(["-s", signal, process]).status();
            assert!(sent.unwrap().success(), "{signal}");
        });
    }
}

#[test]
fn a_second_writer_is_refused() {
    let project = Fixture::axum();
    let root = std::fs::File::open(project.path()).unwrap();
    root.lock().unwrap();
    project.refuses(&["add", "--yes"], 1, &["another rapidkit-pg"]);
    root.unlock().unwrap();
    project.run(&["add", "--yes"]).ok();
}

#[test]
fn no_difference_is_shown_in_the_middle_of_a_run() {
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    std::fs::create_dir(project.path().join(".rapidkit/txn")).unwrap();
    project.refuses(&["diff"], 1, &["an interrupted run is pending"]);
}
