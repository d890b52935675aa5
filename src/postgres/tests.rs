//! The room against a real server. Without one, and without a way to bring one, these fail.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "tests report and end processes"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::*;

fn installation() -> Installation {
    let cache = std::env::temp_dir().join("rapidkit-pg-test-cache");
    let search = Search::new(cache)
        .bin_dir(std::env::var_os("RAPIDKIT_PG_BIN").map(PathBuf::from))
        .path(std::env::var_os("PATH"));
    Installation::find(&search, &|step| eprintln!("{step}")).expect("a PostgreSQL installation")
}

fn start() -> Server {
    Server::start(&installation(), &Options::default(), &|_| {}).expect("a running server")
}

/// Asks whether TLS is spoken: a live server answers with one byte.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
    let _ = stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]);
    let mut answer = [0];
    matches!(stream.read(&mut answer), Ok(1))
}

fn within(seconds: u64, mut is: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + Duration::from_secs(seconds);
    while !is() {
        if Instant::now() > until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

#[test]
fn it_stops_starts_again_hangs_and_is_gone_when_dropped() {
    let mut server = start();
    let (port, folder) = (server.port(), server.folder_for_tests());
    assert!(answers(port), "expected an answer after the start");
    assert!(
        server
            .socket_dir()
            .join(format!(".s.PGSQL.{port}"))
            .exists()
    );

    server.stop(Shutdown::Fast).expect("stopped");
    assert!(!server.is_running() && !answers(port), "expected it down");
    server.start_again().expect("started again");
    assert_eq!(server.port(), port);
    assert!(answers(port), "expected an answer after the second start");

    server.suspend();
    assert!(!answers(port), "expected no answer while suspended");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    server.resume();
    assert!(answers(port), "expected an answer after resume");

    server.suspend();
    drop(server);
    assert!(!answers(port) && !folder.exists(), "expected nothing left");
}

#[test]
fn a_setting_that_it_refuses_is_told_in_its_own_words() {
    let options = Options::default().setting("shared_buffers", "a lot");
    let problem = Server::start(&installation(), &options, &|_| {}).expect_err("refused");
    let notes = problem.notes.join("\n");
    assert!(notes.contains("shared_buffers"), "got {problem}: {notes}");
}

/// Brings a build with one package client alone on `PATH`, runs it, and finds it again in the cache.
fn brings_with(client: &str, version: &str) {
    let cache = tempfile::tempdir().expect("a folder");
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(cache.path(), private).expect("closed to others, as root's home is");
    let clients = tempfile::tempdir().expect("a folder");
    let path = std::env::var_os("PATH").expect("PATH");
    // The one client, and what it needs to run, but no other client that comes earlier.
    let place = std::env::split_paths(&path)
        .map(|dir| dir.join(client))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{client} is not on PATH"));
    let script = format!(
        "#!/bin/sh\nPATH='{}' exec '{}' \"$@\"\n",
        path.display(),
        place.display()
    );
    let link = clients.path().join(client);
    std::fs::write(&link, script).expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&link, mode).expect("executable");

    let search = Search::new(cache.path().join("a cache"))
        .system(false)
        .path(Some(clients.path().into()));
    let brought = Installation::find(&search, &|step| eprintln!("{step}")).expect("brought");
    assert_eq!(brought.source(), Source::Downloaded);
    assert_eq!(brought.version(), version);
    let found = Installation::find(&search.download(false), &|_| {}).expect("in the cache");
    assert_eq!(found.source(), Source::Cache);
    let server = Server::start(&found, &Options::default(), &|step| eprintln!("{step}"));
    assert!(answers(server.expect("running").port()));
}

#[test]
#[ignore = "asks a package registry"]
fn pip_brings_a_server() {
    brings_with("pip3", "16.2");
}

#[test]
#[ignore = "asks a package registry"]
fn npm_brings_a_server() {
    brings_with("npm", "18.4");
}

/// Set for the process that holds a server.
const HOLD: &str = "RAPIDKIT_PG_TEST_HOLD";

/// Not a test by itself: the process that the next one ends in several ways.
#[test]
#[ignore = "started by nothing_is_left_however_the_process_ends"]
fn hold_a_server() {
    if std::env::var_os(HOLD).is_none() {
        return;
    }
    let server = start();
    let folder = server.folder_for_tests();
    println!(
        "\nHELD {} {} {}",
        server.process_for_tests(),
        server.port(),
        folder.display()
    );
    let mut line = String::new();
    let _ = std::io::stdin().read_line(&mut line);
    match line.trim() {
        "suspend" => server.suspend(),
        "panic" => panic!("as asked"),
        "exit" => std::process::exit(3),
        _ => {}
    }
    println!("\nDONE");
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn nothing_is_left_however_the_process_ends() {
    let ways = [
        ("", Some(Signal::KILL)),
        ("", Some(Signal::INT)),
        ("", Some(Signal::TERM)),
        ("suspend", Some(Signal::KILL)),
        ("panic", None),
        ("exit", None),
    ];
    for (order, signal) in ways {
        let mut holder = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "--exact",
                "postgres::tests::hold_a_server",
                "--ignored",
                "--nocapture",
            ])
            .env(HOLD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(holder.stdout.take().expect("output")).lines();
        let held = lines
            .by_ref()
            .map(|line| line.expect("text"))
            .find(|line| line.starts_with("HELD"))
            .expect("a server held");
        let mut words = held.split(' ').skip(1);
        let server: i32 = words.next().expect("process").parse().expect("a number");
        let port: u16 = words.next().expect("port").parse().expect("a number");
        let folder = words.next().expect("folder").to_owned();
        assert!(answers(port), "{order} {signal:?}: expected an answer");

        let mut input = holder.stdin.take().expect("input");
        writeln!(input, "{order}").expect("told");
        if let Some(signal) = signal {
            lines.find(|line| line.as_deref().is_ok_and(|line| line == "DONE"));
            kill_process(Pid::from_child(&holder), signal).expect("signalled");
        }
        holder.wait().expect("ended");
        let server = Pid::from_raw(server).expect("a process");
        let gone = within(10, || {
            test_kill_process(server).is_err() && !Path::new(&folder).exists()
        });
        assert!(
            gone,
            "{order} {signal:?}: expected process and {folder} gone"
        );
    }
}
