use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rapidkit_pg::postgres::{Installation, free_port};

use crate::side::{Side, run};
use crate::support::process::Process;

const SECONDS: &str = "5";

/// What was seen of a program under load.
pub struct Figure {
    /// Requests a second.
    pub rate: f64,
    /// With its unit.
    pub p99: String,
    /// Peak resident size in KiB.
    pub memory: u64,
}

/// Starts a program and asks it for five seconds.
pub fn measure(work: &Path, side: &Side, url: &str) -> Figure {
    let port = free_port()
        .unwrap_or_else(|problem| panic!("{problem}"))
        .to_string();
    let words: Vec<String> = side
        .command
        .iter()
        .map(|word| word.replace("PORT", &port))
        .collect();
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .current_dir(&side.folder)
        .env("ADDRESS", format!("127.0.0.1:{port}"))
        .env("PORT", &port)
        .env("DATABASE_URL", url)
        .envs(side.variables.iter().copied());
    let process = Process::start(&mut command, &work.join("log")).expect("it starts");
    while std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let target = format!("http://127.0.0.1:{port}{}", side.path);
    wrk("1", &target);
    let out = wrk(SECONDS, &target);
    assert!(!out.contains("Non-2xx"), "{}: {out}", side.name);
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

/// What the server itself can do.
pub fn limit(installation: &Installation, url: &str) {
    let Some(pgbench) = installation.program("pgbench") else {
        return;
    };
    run(Command::new(&pgbench).args(["-i", "-q", url]));
    let printed = run(Command::new(&pgbench).args([
        "-S", "-M", "prepared", "-c", "10", "-j", "1", "-T", SECONDS, url,
    ]));
    if let Some(line) = printed.lines().find(|line| line.starts_with("tps")) {
        println!("the limit, pgbench -S, 10 clients: {line}");
    }
}
