//! `demo`, whole: what it shows, and that nothing outlives it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::fixture::Fixture;
use crate::support;

const MARK: &str = "RAPIDKIT_PG_TEST_MARK";

fn demo(fixture: &Fixture, arguments: &[&str]) -> Command {
    let mut command = fixture.command(&[&["demo"], arguments].concat());
    support::cargo::share(&mut command)
        .env("HOME", std::env::var_os("HOME").unwrap())
        .env("TMPDIR", fixture.path())
        .env(MARK, fixture.path());
    for variable in [
        "RAPIDKIT_PG_BIN",
        "XDG_CACHE_HOME",
        "RUSTUP_HOME",
        "CARGO_HOME",
        // A registry may be reached by way of a company's own certificate.
        "HTTPS_PROXY",
        "NODE_EXTRA_CA_CERTS",
        "PIP_CERT",
        "SSL_CERT_FILE",
    ] {
        if let Some(value) = std::env::var_os(variable) {
            command.env(variable, value);
        }
    }
    command
}

/// Processes that inherited the mark of this fixture.
fn descendants(fixture: &Fixture) -> Vec<String> {
    let mark = format!("{MARK}={}\0", fixture.path().display());
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let environment = std::fs::read(path.join("environ")).ok()?;
            let marked = environment
                .windows(mark.len())
                .any(|window| window == mark.as_bytes());
            let command = std::fs::read_to_string(path.join("cmdline")).ok()?;
            marked.then(|| command.replace('\0', " "))
        })
        .collect()
}

fn nothing_is_left(fixture: &Fixture) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !descendants(fixture).is_empty() {
        assert!(
            Instant::now() < deadline,
            "left running: {:#?}",
            descendants(fixture)
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(
        std::fs::read_dir(fixture.path()).unwrap().count(),
        0,
        "left-over files"
    );
}

#[test]
fn it_shows_the_layer_working_and_cleans_up() {
    let fixture = Fixture::empty();
    let output = demo(&fixture, &["--framework", "all"]).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{out}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let answers: Vec<&str> = out
        .lines()
        .filter_map(|line| line.split("  → ").nth(1)?.split_whitespace().next())
        .collect();
    let shown = [
        "200", "200", "201", "200", "404", "200", "503", "200", "200", "200",
    ];
    assert_eq!(answers, shown.repeat(4));
    nothing_is_left(&fixture);
}

#[test]
fn ctrl_c_stops_everything() {
    let fixture = Fixture::empty();
    let mut running = demo(&fixture, &[])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let errors = BufReader::new(running.stderr.take().unwrap());
    let mut lines = errors.lines();
    assert!(lines.any(|line| line.unwrap().contains("building the application")));
    assert!(!descendants(&fixture).is_empty());
    let pid = rustix::process::Pid::from_child(&running);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let rest: Vec<String> = lines.map(|line| line.unwrap()).collect();
    assert_eq!(running.wait().unwrap().code(), Some(130), "{rest:#?}");
    nothing_is_left(&fixture);
}

#[test]
fn keep_leaves_both_running_and_says_how_to_stop_them() {
    let fixture = Fixture::empty();
    let output = demo(&fixture, &["--keep"]).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{out}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let command = |start: &str| {
        let line = out
            .lines()
            .find(|line| line.trim_start().starts_with(start));
        line.unwrap_or_else(|| panic!("no line `{start}…` in\n{out}"))
            .trim()
            .to_owned()
    };
    let shell = |text: &str| Command::new("sh").args(["-c", text]).output().unwrap();
    let health = shell(&command("curl"));
    assert!(
        String::from_utf8_lossy(&health.stdout).starts_with("HTTP/1.1 200"),
        "{health:?}"
    );
    let row = shell(&format!(
        "{} -Atc 'SELECT sum(balance) FROM accounts'",
        command("psql")
    ));
    assert_eq!(
        String::from_utf8_lossy(&row.stdout).trim(),
        "100",
        "{row:?}"
    );
    assert!(shell(&command("kill")).status.success());
    nothing_is_left(&fixture);
}
