//! The runtime hooks, each visible in the log or in the server's behaviour.

use anyhow::{Result, ensure};

use super::super::expect::{holds, lacks, seconds};
use super::super::row::{Group, PLAIN, Scene, row, row_if};
use super::super::stage::Stage;
use crate::support::app::Capability;

/// Runtime hook → the rows that see it work, by the beginning of their names.
pub const SEEN_BY: &[(&str, &[&str])] = &[
    ("RAPIDKIT_DB_POSTGRES_POOL_PRE_PING", &["pre-ping."]),
    (
        "RAPIDKIT_DB_POSTGRES_ECHO_POOL",
        &["hooks.echo-pool", "hooks.off"],
    ),
    (
        "RAPIDKIT_DB_POSTGRES_STATEMENT_TIMEOUT",
        &["hooks.statement-timeout", "hooks.no-statement-timeout"],
    ),
    (
        "RAPIDKIT_DB_POSTGRES_SLOW_QUERY_THRESHOLD",
        &["hooks.slow-query", "hooks.off"],
    ),
    (
        "RAPIDKIT_DB_POSTGRES_LOG_HEALTH_CHECKS",
        &["hooks.health-checks", "hooks.off"],
    ),
];

pub const GROUP: Group = Group {
    name: "hooks",
    scene: Scene {
        settings: &[
            ("DB_POOL_SIZE", "1"),
            ("DB_MAX_OVERFLOW", "2"),
            ("DB_ECHO", "true"),
            ("RAPIDKIT_DB_POSTGRES_ECHO_POOL", "true"),
            ("RAPIDKIT_DB_POSTGRES_STATEMENT_TIMEOUT", "0.75"),
            ("RAPIDKIT_DB_POSTGRES_SLOW_QUERY_THRESHOLD", "0.25"),
            ("RAPIDKIT_DB_POSTGRES_LOG_HEALTH_CHECKS", "true"),
        ],
        ..PLAIN
    },
    rows: &[
        row("hooks.echo", "DB_ECHO logs statements", echo),
        row(
            "hooks.echo-hides-parameters",
            "never parameters",
            echo_hides,
        ),
        row(
            "hooks.echo-pool",
            "ECHO_POOL logs `connect`, `checkout`, `checkin`, `close`",
            echo_pool,
        ),
        row(
            "hooks.echo-pool-invalidate",
            "and `invalidate`",
            echo_invalidate,
        ),
        row(
            "hooks.statement-timeout",
            "STATEMENT_TIMEOUT: seconds, fractions allowed, set on every connection as it opens",
            statement_timeout,
        ),
        row_if(
            Capability::Sync,
            "hooks.statement-timeout-sync",
            "on those of the synchronous engine, too",
            statement_timeout_sync,
        ),
        row(
            "hooks.slow-query",
            "SLOW_QUERY_THRESHOLD: a session held longer is logged at WARN with its duration and the threshold",
            slow,
        ),
        row(
            "hooks.slow-query-not-fast",
            "one held shorter is not",
            not_slow,
        ),
        row(
            "hooks.health-checks",
            "LOG_HEALTH_CHECKS: a DEBUG line for each health check",
            health_checks,
        ),
    ],
};

/// Every hook at its default.
pub const QUIET: Group = Group {
    name: "hooks-off",
    scene: PLAIN,
    rows: &[
        row(
            "hooks.off",
            "unset, no statement, no pool event, no slow session, no health check is logged",
            off,
        ),
        row(
            "hooks.no-statement-timeout",
            "unset, statements take as long as they take",
            no_timeout,
        ),
    ],
};

fn echo(stage: &mut Stage) -> Result<()> {
    let log = stage.logged(|stage| stage.get("/probe/pid")?.is(200).map(drop))?;
    holds("the log", &log, "pg_backend_pid()")?;
    let log = stage.logged(|stage| {
        stage
            .post("/probe/transfer?from=1&to=2&amount=1")?
            .is(200)
            .map(drop)
    })?;
    holds("the log", &log, "probe_accounts")
}

fn echo_hides(stage: &mut Stage) -> Result<()> {
    // A value that is in no URL, so that an access log cannot show it either.
    stage
        .sql()?
        .batch_execute("UPDATE probe_accounts SET balance = 700100140 WHERE id = 3")?;
    let log = stage.logged(|stage| {
        stage
            .post("/probe/increment?id=3&milliseconds=1")?
            .is(200)
            .map(drop)
    })?;
    holds("the log", &log, "probe_accounts")?;
    lacks("the log", &log, "700100141")?;
    lacks("the log", &log, "700100140")
}

/// Lines about the pool.
fn events(log: &str, event: &str) -> usize {
    log.lines()
        .filter(|line| {
            line.split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word.eq_ignore_ascii_case(event))
        })
        .count()
}

fn event(log: &str, event: &str) -> Result<()> {
    ensure!(
        events(log, event) >= 1,
        "expected a line with {event:?}, got {log:?}"
    );
    Ok(())
}

fn echo_pool(stage: &mut Stage) -> Result<()> {
    stage.restart(&[])?;
    let log = stage.logged(|stage| {
        for answer in stage.at_once(&[("GET", "/probe/hold?seconds=0.2"); 3])? {
            answer.is(200)?;
        }
        std::thread::sleep(seconds(2.5)); // the overflow is closed once it sat idle
        Ok(())
    })?;
    for word in ["connect", "checkout", "checkin", "close"] {
        event(&log, word)?;
    }
    ensure!(
        events(&log, "checkout") >= 3,
        "expected 3 checkouts, got {log:?}"
    );
    Ok(())
}

fn echo_invalidate(stage: &mut Stage) -> Result<()> {
    stage.get("/probe/one")?.is(200)?;
    let log = stage.logged(|stage| {
        stage.kill_backends()?;
        std::thread::sleep(seconds(1.2)); // to be found dead at the next checkout
        stage.get("/probe/one")?.is(200)?;
        Ok(())
    })?;
    event(&log, "invalidate")
}

fn statement_timeout(stage: &mut Stage) -> Result<()> {
    for answer in stage.at_once(&[("GET", "/probe/setting?name=statement_timeout"); 3])? {
        answer.is(200)?.has("/value", "750ms")?;
    }
    let answer = stage.get("/probe/sleep?seconds=3")?;
    answer
        .fails(500, "database")?
        .has("/sqlstate", "57014")?
        .within(seconds(2.0))?;
    stage.get("/probe/one")?.is(200)?;
    Ok(())
}

fn statement_timeout_sync(stage: &mut Stage) -> Result<()> {
    // Asked of the server, since no route shows the synchronous engine's settings.
    let pid = stage.get("/probe/sync_pid")?.is(200)?.number("/pid")?;
    let log = stage.server_log();
    let own: Vec<_> = log
        .lines()
        .filter(|line| line.contains(&format!("[{pid}]")))
        .collect();
    let set = own.iter().any(|line| line.contains("statement_timeout"));
    stage.transcript.add(format!(
        "{} lines of process {pid} in the server's log",
        own.len()
    ));
    if set {
        return Ok(());
    }
    // Given as a startup parameter it is not logged; then a second pool is to be trusted only if
    // a statement is really cancelled, which a blocked update shows.
    let mut sql = stage.sql()?;
    let mut open = sql.transaction()?;
    open.execute(
        "UPDATE probe_accounts SET balance = balance WHERE id = 9",
        &[],
    )?;
    let answer = stage.post("/probe/sync_transfer?from=9&to=10&amount=1")?;
    open.rollback()?;
    answer
        .fails(500, "database")?
        .has("/sqlstate", "57014")?
        .within(seconds(3.0))?;
    Ok(())
}

fn warned(log: &str) -> Vec<&str> {
    log.lines()
        .filter(|line| {
            line.to_uppercase().contains("WARN")
                && ["0.25", "250"].iter().any(|shown| line.contains(shown))
        })
        .collect()
}

fn slow(stage: &mut Stage) -> Result<()> {
    let log = stage.logged(|stage| stage.get("/probe/hold?seconds=0.6")?.is(200).map(drop))?;
    let lines = warned(&log);
    ensure!(
        lines.len() == 1,
        "expected one WARN line with the threshold (0.25, 250), got {log:?}"
    );
    // The duration: 0.6 s or a little more, as seconds or milliseconds.
    let shown = lines[0]
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .filter(|word| !word.is_empty())
        .any(|word| {
            let number: f64 = word.parse().unwrap_or(0.0);
            (550.0..1200.0).contains(&number) || word.contains('.') && (0.55..1.2).contains(&number)
        });
    ensure!(
        shown,
        "expected the duration, some 0.6 s, got {:?}",
        lines[0]
    );
    Ok(())
}

fn not_slow(stage: &mut Stage) -> Result<()> {
    let log = stage.logged(|stage| stage.get("/probe/one")?.is(200).map(drop))?;
    let lines = warned(&log);
    ensure!(lines.is_empty(), "expected no warning, got {lines:?}");
    Ok(())
}

fn health_lines(log: &str) -> usize {
    log.lines()
        .filter(|line| line.contains("DEBUG") && line.to_lowercase().contains("health"))
        .count()
}

fn health_checks(stage: &mut Stage) -> Result<()> {
    let log = stage.logged(|stage| {
        stage.health()?.is(200)?;
        stage.health()?.is(200)?;
        Ok(())
    })?;
    let lines = health_lines(&log);
    ensure!(
        lines == 2,
        "expected 2 DEBUG lines on health for 2 checks, got {lines} in {log:?}"
    );
    Ok(())
}

fn off(stage: &mut Stage) -> Result<()> {
    stage.restart(&[])?;
    let log = stage.logged(|stage| {
        stage.get("/probe/pid")?.is(200)?;
        stage.get("/probe/hold?seconds=0.4")?.is(200)?;
        stage.health()?.is(200)?;
        Ok(())
    })?;
    lacks("the log", &log, "pg_backend_pid")?;
    for word in ["checkout", "checkin", "invalidate"] {
        ensure!(events(&log, word) == 0, "expected no {word:?}, got {log:?}");
    }
    lacks("the log", &log, "WARN")?;
    ensure!(
        health_lines(&log) == 0,
        "expected no DEBUG line on health, got {log:?}"
    );
    Ok(())
}

fn no_timeout(stage: &mut Stage) -> Result<()> {
    stage
        .get("/probe/setting?name=statement_timeout")?
        .is(200)?
        .has("/value", "0")?;
    stage.get("/probe/sleep?seconds=1")?.is(200)?;
    Ok(())
}
