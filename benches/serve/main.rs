//! The generated Axum application against the best hand-written handler (axum + sqlx, no ping), and against sqlx's
//! default (a ping before every checkout): one row by primary key, 32 connections, the same server, pools of 10.
//!
//! Needs `wrk`. Rounds are interleaved; medians are compared. `pgbench -S` on the same server is the limit, if it is there.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::type_complexity,
    reason = "a benchmark sets up files and prints"
)]

#[path = "../../tests/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rapidkit_pg::postgres::{Installation, Options, Server, free_port};
use support::process::Process;

const ROUNDS: usize = 5;
const SECONDS: &str = "5";

fn main() {
    let work = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/generated/bench");
    let generated = project(
        &work,
        "generated",
        &[
            ("src/main.rs", include_str!("generated.rs.txt")),
            ("src/accounts.rs", include_str!("accounts.rs.txt")),
        ],
    );
    run(Command::new(env!("CARGO_BIN_EXE_rapidkit-pg"))
        .args(["-q", "add", "--yes"])
        .current_dir(&generated));
    let handwritten = project(
        &work,
        "handwritten",
        &[("src/main.rs", include_str!("handwritten.rs.txt"))],
    );
    let generated = build(&generated, "generated");
    let handwritten = build(&handwritten, "handwritten");

    let installation =
        support::throwaway::installation().unwrap_or_else(|problem| panic!("{problem}"));
    let server = Server::start(&installation, &Options::default(), &|_| {})
        .unwrap_or_else(|problem| panic!("{problem}"));
    let url = server.url("postgres");
    postgres::Client::connect(&url, postgres::NoTls)
        .and_then(|mut client| {
            client.batch_execute(
                "CREATE TABLE accounts (id int PRIMARY KEY, balance bigint NOT NULL);
                 INSERT INTO accounts SELECT n, n FROM generate_series(1, 1000) n; ANALYZE",
            )
        })
        .expect("a table");

    let sides: [(&str, &Path, &[(&str, &str)]); 3] = [
        (
            "generated",
            &generated,
            &[("DB_POOL_SIZE", "10"), ("DB_MAX_OVERFLOW", "0")],
        ),
        ("hand-written, no ping", &handwritten, &[]),
        (
            "hand-written, sqlx's default ping",
            &handwritten,
            &[("PING", "1")],
        ),
    ];
    let mut figures: [Vec<Figure>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for ((_, program, variables), figures) in sides.iter().zip(&mut figures) {
            figures.push(measure(&work, program, &url, variables));
        }
    }
    let medians = figures.map(|mut figures| {
        figures.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        figures.swap_remove(ROUNDS / 2)
    });
    for ((name, ..), figure) in sides.iter().zip(&medians) {
        let Figure { rate, p99, memory } = figure;
        println!(
            "{name:<34} {rate:>8.0} requests/s   p99 {p99:>8}   {:>5.1} MiB",
            *memory as f64 / 1024.0
        );
    }
    println!(
        "ratio to hand-written, no ping     {:>8.2}",
        medians[0].rate / medians[1].rate
    );
    println!(
        "ratio to sqlx's default ping       {:>8.2}",
        medians[0].rate / medians[2].rate
    );
    limit(&installation, &url);
}

struct Figure {
    rate: f64,
    p99: String,
    /// Peak resident size in KiB.
    memory: u64,
}

fn measure(work: &Path, program: &Path, url: &str, variables: &[(&str, &str)]) -> Figure {
    let port = free_port().unwrap_or_else(|problem| panic!("{problem}"));
    let mut command = Command::new(program);
    command
        .env("ADDRESS", format!("127.0.0.1:{port}"))
        .env("DATABASE_URL", url)
        .envs(variables.iter().copied());
    let process = Process::start(&mut command, &work.join("log")).expect("it starts");
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let target = format!("http://127.0.0.1:{port}/accounts/7");
    wrk("1", &target);
    let out = wrk(SECONDS, &target);
    assert!(!out.contains("Non-2xx"), "{out}");
    let field = |name: &str| {
        let line = out.lines().find(|line| line.trim_start().starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1))
            .unwrap_or_else(|| panic!("{out}"))
            .to_owned()
    };
    Figure {
        rate: field("Requests/sec:").parse().expect("a number"),
        p99: field("99%"),
        memory: process.peak_memory(),
    }
}

fn wrk(seconds: &str, target: &str) -> String {
    let output = Command::new("wrk")
        .args([
            "--threads",
            "1",
            "--connections",
            "32",
            "--latency",
            "--duration",
            seconds,
            target,
        ])
        .output()
        .expect("wrk is installed (Debian's package wrk)");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn limit(installation: &Installation, url: &str) {
    let Some(pgbench) = installation.program("pgbench") else {
        return;
    };
    run(Command::new(&pgbench).args(["-i", "-q", url]));
    let output = Command::new(&pgbench)
        .args([
            "-S", "-M", "prepared", "-c", "10", "-j", "1", "-T", SECONDS, url,
        ])
        .output()
        .expect("pgbench runs");
    let out = String::from_utf8_lossy(&output.stdout);
    if let Some(line) = out.lines().find(|line| line.starts_with("tps")) {
        println!("the limit, pgbench -S, 10 clients: {line}");
    }
}

fn project(work: &Path, name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = work.join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("src")).expect("a folder");
    std::fs::create_dir(folder.join(".git")).expect("a folder");
    std::fs::write(
        folder.join("Cargo.toml"),
        include_str!("Cargo.toml.txt").replace("NAME", name),
    )
    .expect("a file");
    for (path, text) in files {
        std::fs::write(folder.join(path), text).expect("a file");
    }
    folder
}

fn build(folder: &Path, name: &str) -> PathBuf {
    let target = folder.join("../target");
    run(Command::new("cargo")
        .args(["build", "--release", "--quiet"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", &target));
    target.join("release").join(name)
}

fn run(command: &mut Command) {
    let output = command.output().expect("it starts");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
