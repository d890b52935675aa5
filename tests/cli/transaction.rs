//! What `add` writes is written whole or not at all. Kills at every call, and much else, are in tests/crash.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

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

#[test]
fn ctrl_c_at_the_question_changes_nothing() {
    // A pseudo-terminal from `script`, so that the question is asked; its output tells when.
    let project = Fixture::axum();
    let before = project.tree();
    let binary = env!("CARGO_BIN_EXE_rapidkit-pg");
    let mut running = Command::new("script")
        .args(["-qefc", &format!("{binary} -q add"), "/dev/null"])
        .current_dir(project.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(running.stdout.take().unwrap());
    let mut text = Vec::new();
    output.read_until(b'?', &mut text).unwrap();
    use std::io::Write;
    running.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    std::io::copy(&mut output, &mut std::io::sink()).unwrap();
    let status = running.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(project.tree() == before, "something was written");
}

#[test]
fn a_signal_at_the_question_ends_it() {
    for signal in ["TERM", "HUP"] {
        let project = Fixture::axum();
        let before = project.tree();
        let binary = env!("CARGO_BIN_EXE_rapidkit-pg");
        let ask = format!("echo $$; exec {binary} -q add");
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
        let sent = Command::new("kill")
            .args(["-s", signal, process.trim()])
            .status();
        assert!(sent.unwrap().success());
        // A process that goes on keeps its end of this open.
        std::io::copy(&mut output, &mut std::io::sink()).unwrap();
        assert_eq!(running.wait().unwrap().code(), Some(130), "{signal}");
        assert!(project.tree() == before, "something was written");
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
