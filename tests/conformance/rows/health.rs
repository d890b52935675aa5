//! The health route: its payload, and its answer within 2 s whatever the server does.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::super::expect::{eventually, lacks, same, seconds};
use super::super::row::{Group, PLAIN, Scene, Through, row};
use super::super::stage::{CANARY, DATABASE, Stage, USER};
use crate::support::app::HEALTH;
use crate::support::http::Answer;
use crate::support::proxy::{Mode, Proxy};

/// Whatever the server does.
const BOUND: Duration = Duration::from_secs(2);

pub const GROUP: Group = Group {
    name: "health",
    scene: PLAIN,
    rows: &[
        row(
            "health.payload",
            "200 with module, status, version, checked_at, url, hostname, pool, checks, metadata: these keys and types",
            payload,
        ),
        row(
            "health.redacted",
            "scheme, host, port and database are shown; user and password are `***`, parameters are dropped",
            redacted,
        ),
        row(
            "health.stopped-server",
            "a stopped server: 503 `refused` within 2 s, and 200 again once it is started",
            stopped,
        ),
        row(
            "health.hung-server",
            "a hung server: 503 `timeout` within 2 s, and 200 again once it goes on",
            hung,
        ),
        row(
            "health.hung-before-first-use",
            "the same when no connection was opened before",
            hung_first,
        ),
        row(
            "health.many-at-once",
            "thirty checks at once against a hung server all answer within 2 s",
            many,
        ),
        row(
            "health.drivers-text",
            "on failure `detail` is from a fixed list, never the driver's text",
            drivers_text,
        ),
        row(
            "health.details-off",
            "HEALTH_DETAILS=false: a public probe shows `module`, `status`, `checked_at` and `pool` only",
            details_off,
        ),
        row(
            "health.killed-backend",
            "a killed idle connection does not make it fail",
            killed,
        ),
    ],
};

/// With a network in between that can fail.
pub const NETWORK: Group = Group {
    name: "health-network",
    scene: Scene {
        through: Through::Proxy,
        ..PLAIN
    },
    rows: &[
        row(
            "health.silent-server",
            "a server that accepts and never answers: 503 `timeout` within 2 s",
            silent,
        ),
        row(
            "health.black-hole",
            "a network that swallows everything in the middle of a connection's life: 503 within 2 s, and 200 again",
            black_hole,
        ),
    ],
};

/// A pool of one.
pub const EXHAUSTED: Group = Group {
    name: "health-exhausted",
    scene: Scene {
        through: Through::Proxy,
        settings: &[
            ("DB_POOL_SIZE", "1"),
            ("DB_MAX_OVERFLOW", "0"),
            ("DB_POOL_TIMEOUT", "5"),
        ],
        ..PLAIN
    },
    rows: &[
        row(
            "health.exhausted-pool",
            "pool exhausted but server up: 200 `degraded` within 2 s",
            exhausted,
        ),
        row(
            "health.exhausted-and-down",
            "pool exhausted and server hung: 503 within 2 s",
            exhausted_and_hung,
        ),
    ],
};

const DETAILS: [&str; 8] = [
    "refused",
    "timeout",
    "authentication",
    "unknown_database",
    "pool_exhausted",
    "tls",
    "not_configured",
    "other",
];

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    keys.sort_unstable();
    keys
}

fn pool_is_right(json: &Value) -> Result<()> {
    let pool = &json["pool"];
    let expected = [
        "checked_in",
        "checked_out",
        "overflow",
        "pool_size",
        "total_connections",
        "waiting",
    ];
    same("the keys of pool", keys(pool), expected.to_vec())?;
    for key in expected {
        ensure!(
            pool[key].is_u64(),
            "expected pool.{key} to be a whole number, got {}",
            pool[key]
        );
    }
    Ok(())
}

fn payload(stage: &mut Stage) -> Result<()> {
    stage.get("/probe/one")?.is(200)?;
    let health = stage.health()?;
    health
        .is(200)?
        .has("/status", "ok")?
        .has("/module", "db_postgres")?;
    let kind = health.header("content-type").unwrap_or_default();
    ensure!(
        kind.starts_with("application/json"),
        "expected JSON, got {kind:?}"
    );
    let json = health.json();
    let mut found = keys(&json);
    if json["detail"].is_null() {
        found.retain(|key| *key != "detail");
    }
    let expected = [
        "checked_at",
        "checks",
        "hostname",
        "metadata",
        "module",
        "pool",
        "status",
        "url",
        "version",
    ];
    same("the keys", found, expected.to_vec())?;
    let version = health.string("/version")?;
    let parts: Vec<_> = version.split('.').collect();
    ensure!(
        parts.len() == 3 && parts.iter().all(|part| part.parse::<u32>().is_ok()),
        "expected a version such as 1.0.0, got {version:?}"
    );
    checked_now(&health.string("/checked_at")?)?;
    let hostname = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    same("hostname", health.string("/hostname")?, hostname)?;
    pool_is_right(&json)?;
    let checks = json["checks"]
        .as_array()
        .context("expected checks to be a list")?;
    ensure!(!checks.is_empty(), "expected at least one check, got none");
    for check in checks {
        same(
            "the keys of a check",
            keys(check),
            vec!["duration_ms", "name", "status"],
        )?;
        ensure!(check["name"].is_string(), "expected a name, got {check}");
        ensure!(
            check["duration_ms"].as_f64().is_some_and(|ms| ms >= 0.0),
            "expected a duration, got {check}"
        );
        same("a check's status", check["status"].as_str(), Some("ok"))?;
    }
    ensure!(
        json["metadata"].is_object(),
        "expected metadata, got {}",
        json["metadata"]
    );
    Ok(())
}

/// RFC 3339, within a few seconds of this machine's clock.
fn checked_now(text: &str) -> Result<()> {
    let wrong = || format!("expected the time as RFC 3339, got {text:?}");
    ensure!(text.len() >= 20 && text.is_ascii(), "{}", wrong());
    let (date_time, rest) = text.split_at(19);
    let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    ensure!(["Z", "+00:00"].contains(&zone), "{}", wrong());
    let numbers: Vec<i64> = date_time
        .split(['-', 'T', ':'])
        .map(|part| part.parse().with_context(wrong))
        .collect::<Result<_>>()?;
    let [year, month, day, hour, minute, second] = numbers[..] else {
        anyhow::bail!("{}", wrong())
    };
    // Days since 1970, after the civil calendar.
    let (y, m) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    let then = days * 86_400 + hour * 3_600 + minute * 60 + second;
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)?
        .as_secs();
    let apart = then.abs_diff(i64::try_from(now)?);
    ensure!(
        apart <= 5,
        "expected the time now, got {text:?}, {apart} s apart"
    );
    Ok(())
}

fn redacted(stage: &mut Stage) -> Result<()> {
    let health = stage.health()?;
    let shown = health.is(200)?.string("/url")?;
    let expected = format!("postgres://***:***@127.0.0.1:{}/{DATABASE}", stage.port());
    same(
        "the url",
        shown.replacen("postgresql:", "postgres:", 1),
        expected,
    )?;
    for secret in [CANARY, USER] {
        lacks("the payload", &health.text, secret)?;
    }
    Ok(())
}

fn healthy_again(stage: &Stage) -> Result<()> {
    eventually(seconds(6.0), || {
        stage
            .health()?
            .within(BOUND)?
            .is(200)?
            .has("/status", "ok")?;
        stage.get("/probe/one")?.is(200)?;
        Ok(())
    })
}

fn down(health: &Answer, details: &[&str]) -> Result<()> {
    health
        .within(BOUND)?
        .is(503)?
        .has("/status", "fail")?
        .has("/module", "db_postgres")?;
    let detail = health.string("/detail")?;
    ensure!(
        details.contains(&detail.as_str()),
        "expected detail to be one of {details:?}, got {health}"
    );
    pool_is_right(&health.json())?;
    let failed = health.json()["checks"]
        .as_array()
        .is_some_and(|checks| checks.iter().any(|check| check["status"] == "fail"));
    ensure!(failed, "expected a check with status fail, got {health}");
    Ok(())
}

fn stopped(stage: &mut Stage) -> Result<()> {
    // In use before, so that the pool holds connections that are now dead.
    stage.at_once(&[("GET", "/probe/hold?seconds=0.1"); 3])?;
    stage.stop_server()?;
    for _ in 0..2 {
        down(&stage.health()?, &["refused"])?;
    }
    stage.get("/")?.is(200)?;
    stage.start_server()?;
    healthy_again(stage)
}

fn hung(stage: &mut Stage) -> Result<()> {
    stage.get("/probe/one")?.is(200)?;
    stage.server.suspend();
    for _ in 0..2 {
        down(&stage.health()?, &["timeout"])?;
    }
    stage.get("/")?.is(200)?;
    stage.server.resume();
    healthy_again(stage)
}

fn hung_first(stage: &mut Stage) -> Result<()> {
    stage.restart(&[])?;
    stage.server.suspend();
    down(&stage.health()?, &["timeout"])?;
    stage.server.resume();
    healthy_again(stage)
}

fn silent(stage: &mut Stage) -> Result<()> {
    stage.restart(&[])?;
    stage.proxy()?.set(Mode::Swallow);
    down(&stage.health()?, &["timeout"])
}

fn black_hole(stage: &mut Stage) -> Result<()> {
    stage.get("/probe/one")?.is(200)?;
    stage.proxy()?.set(Mode::Swallow);
    for _ in 0..2 {
        down(&stage.health()?, &["timeout"])?;
    }
    // The other end of the old connections is gone for good.
    stage.proxy()?.set(Mode::Pass);
    stage.proxy()?.cut();
    healthy_again(stage)
}

fn many(stage: &mut Stage) -> Result<()> {
    stage.get("/probe/one")?.is(200)?;
    stage.server.suspend();
    for health in stage.at_once(&[("GET", HEALTH); 30])? {
        health.within(BOUND)?.is(503)?;
    }
    Ok(())
}

fn drivers_text(stage: &mut Stage) -> Result<()> {
    let silent = Proxy::start(stage.server.port())?;
    silent.set(Mode::Swallow);
    stage.stop_server()?;
    let refused = stage.health()?;
    stage.start_server()?;
    let url = stage.url();
    let unknown = stage
        .serve(&[("DATABASE_URL", &url.replace(DATABASE, "nowhere"))])?
        .client
        .get(HEALTH)?;
    let denied = stage
        .serve(&[("DATABASE_URL", &url.replace(USER, "nobody_here"))])?
        .client
        .get(HEALTH)?;
    for health in [refused, unknown, denied] {
        let detail = health.is(503)?.string("/detail")?;
        ensure!(
            DETAILS.contains(&detail.as_str()),
            "expected a detail of the list, got {detail:?}"
        );
        let text = health.text.to_lowercase();
        for words in [
            "connection refused",
            "os error",
            "econnrefused",
            "does not exist",
            "failed for user",
            "errno",
            "password authentication",
        ] {
            lacks("the payload", &text, words)?;
        }
    }
    Ok(())
}

fn details_off(stage: &mut Stage) -> Result<()> {
    stage.restart(&[("RAPIDKIT_DB_POSTGRES_HEALTH_DETAILS", "false")])?;
    let expected = vec!["checked_at", "module", "pool", "status"];
    let health = stage.health()?;
    same("the keys", keys(&health.is(200)?.json()), expected.clone())?;
    pool_is_right(&health.json())?;
    stage.stop_server()?;
    let health = stage.health()?;
    health.is(503)?.has("/status", "fail")?;
    same("the keys on failure", keys(&health.json()), expected)?;
    stage.take()?; // the next row is to find details
    Ok(())
}

fn killed(stage: &mut Stage) -> Result<()> {
    stage.get("/probe/one")?.is(200)?;
    stage.kill_backends()?;
    stage.health()?.within(BOUND)?.is(200)?;
    Ok(())
}

/// Holds the one connection while something is asked.
fn while_exhausted(stage: &mut Stage, ask: impl FnOnce(&mut Stage) -> Result<()>) -> Result<()> {
    let client = stage.client()?.clone();
    let holder = std::thread::spawn(move || client.get("/probe/hold?seconds=2.5"));
    std::thread::sleep(seconds(0.3));
    let result = ask(stage);
    let held = holder
        .join()
        .map_err(|_| anyhow::anyhow!("a thread panicked"))?;
    result?;
    drop(held);
    Ok(())
}

fn exhausted(stage: &mut Stage) -> Result<()> {
    while_exhausted(stage, |stage| {
        let health = stage.health()?;
        health.within(BOUND)?.is(200)?.has("/status", "degraded")?;
        health
            .has("/pool/checked_out", 1)?
            .has("/pool/checked_in", 0)?;
        if !health.json()["detail"].is_null() {
            health.has("/detail", "pool_exhausted")?;
        }
        Ok(())
    })?;
    // The connection goes back when the answer was sent, not before.
    eventually(seconds(2.0), || {
        stage.health()?.is(200)?.has("/status", "ok")?;
        Ok(())
    })
}

fn exhausted_and_hung(stage: &mut Stage) -> Result<()> {
    while_exhausted(stage, |stage| {
        stage.server.suspend();
        let health = stage.health();
        stage.server.resume();
        health?.within(BOUND)?.is(503)?.has("/status", "fail")?;
        Ok(())
    })
}
