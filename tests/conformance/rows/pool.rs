//! The pool's numbers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::super::expect::{eventually, same, seconds};
use super::super::row::{Group, PLAIN, Scene, Through, row};
use super::super::stage::{DATABASE, ENCODED, Stage, USER};
use crate::support::proxy::{Mode, Proxy};

pub const GROUP: Group = Group {
    name: "pool",
    scene: Scene {
        settings: &[
            ("DB_POOL_SIZE", "2"),
            ("DB_MAX_OVERFLOW", "2"),
            ("DB_POOL_TIMEOUT", "1"),
        ],
        ..PLAIN
    },
    rows: &[
        row(
            "pool.size",
            "DB_POOL_SIZE connections are kept, and no more without need",
            size,
        ),
        row(
            "pool.whoever-asks",
            "every connection can be had by whoever asks, and each is counted, however the requests fall on threads",
            whoever_asks,
        ),
        row("pool.overflow", "DB_MAX_OVERFLOW more on demand", overflow),
        row(
            "pool.overflow-closed",
            "the overflow is closed when idle",
            overflow_closed,
        ),
        row(
            "pool.never-exceeded",
            "never more than size and overflow together",
            never_exceeded,
        ),
        row(
            "pool.waiting",
            "`waiting` counts the requests that wait for a connection",
            waiting,
        ),
        row(
            "pool.first-come",
            "first come, first served: none waits while those who came later go past",
            first_come,
        ),
        row(
            "pool.timeout",
            "no connection within DB_POOL_TIMEOUT: 503 with Retry-After",
            timeout,
        ),
        row(
            "pool.recycle",
            "a connection older than DB_POOL_RECYCLE is replaced",
            recycle,
        ),
        row(
            "pool.not-recycled-early",
            "a younger one is used again",
            not_recycled,
        ),
        row(
            "pool.connect-timeout",
            "DB_CONNECT_TIMEOUT bounds one attempt to connect",
            connect_timeout,
        ),
        row(
            "pool.breaks-as-it-opens",
            "a connection that breaks as soon as it is open is an error of the database's, with its kind",
            breaks_as_it_opens,
        ),
        row(
            "pool.hung-server",
            "and one attempt to use an idle connection: a hung server is a 503 `timeout`",
            hung,
        ),
        row(
            "pool.too-many-clients",
            "a server that has no connection left to give: 503, and the process goes on",
            too_many,
        ),
    ],
};

/// Pings are counted on the wire: each is one more round trip.
pub const PINGS: Group = Group {
    name: "pings",
    scene: Scene {
        through: Through::Proxy,
        settings: &[("DB_POOL_SIZE", "1"), ("DB_MAX_OVERFLOW", "0")],
        ..PLAIN
    },
    rows: &[
        row(
            "pre-ping.true",
            "POOL_PRE_PING=true: a ping before every checkout",
            ping_always,
        ),
        row(
            "pre-ping.true-heals",
            "so that a killed connection is never handed out",
            ping_heals,
        ),
        row("pre-ping.false", "false: never", ping_never),
        row(
            "pre-ping.unset",
            "unset: only for a connection that sat idle for over a second",
            ping_unset,
        ),
    ],
};

/// A connection goes back when the answer was sent, not before.
const GOES_BACK: Duration = Duration::from_millis(100);
const HOLD: (&str, &str) = ("GET", "/probe/hold?seconds=0.8");

/// Runs holders, asks meanwhile, and gives what the holders got.
fn during(
    stage: &mut Stage,
    holders: usize,
    ask: impl FnOnce(&mut Stage) -> Result<()>,
) -> Result<Vec<u16>> {
    let client = stage.client()?.clone();
    let threads: Vec<_> = (0..holders)
        .map(|_| {
            let client = client.clone();
            std::thread::spawn(move || client.get(HOLD.1))
        })
        .collect();
    std::thread::sleep(seconds(0.35));
    let result = ask(stage);
    let mut statuses = Vec::new();
    for thread in threads {
        statuses.push(
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("a thread panicked"))??
                .status,
        );
    }
    result?;
    Ok(statuses)
}

fn size(stage: &mut Stage) -> Result<()> {
    stage.restart(&[])?;
    for _ in 0..5 {
        stage.get("/probe/one")?.is(200)?;
        std::thread::sleep(GOES_BACK);
    }
    same(
        "connections of requests one after another",
        stage.backends()?.len(),
        1,
    )?;
    stage.at_once(&[HOLD; 2])?;
    same("connections of two at once", stage.backends()?.len(), 2)?;
    std::thread::sleep(seconds(1.5));
    same("connections kept", stage.backends()?.len(), 2)?;
    let health = stage.health()?;
    health
        .is(200)?
        .has("/pool/pool_size", 2)?
        .has("/pool/total_connections", 2)?;
    health
        .has("/pool/checked_in", 2)?
        .has("/pool/overflow", 0)?
        .has("/pool/waiting", 0)?;
    Ok(())
}

fn overflow(stage: &mut Stage) -> Result<()> {
    let statuses = during(stage, 3, |stage| {
        same("connections", stage.backends()?.len(), 3)?;
        let health = stage.health()?;
        health
            .is(200)?
            .has("/pool/pool_size", 2)?
            .has("/pool/checked_out", 3)?;
        health
            .has("/pool/overflow", 1)?
            .has("/pool/total_connections", 3)?;
        Ok(())
    })?;
    same("the holders' answers", statuses, vec![200; 3])
}

fn whoever_asks(stage: &mut Stage) -> Result<()> {
    stage.restart(&[
        ("DB_POOL_SIZE", "6"),
        ("DB_MAX_OVERFLOW", "6"),
        ("DB_POOL_TIMEOUT", "10"),
    ])?;
    let client = stage.client()?.clone();
    let ask = |path: &'static str| {
        let client = client.clone();
        std::thread::spawn(move || client.get(path))
    };
    let mut asked = Vec::new();
    for _ in 0..12 {
        asked.push(ask("/probe/hold?seconds=4"));
        // Where threads take turns, the same one gets every holder.
        std::thread::sleep(seconds(0.03));
        client.get("/")?.is(200)?;
    }
    let counted = eventually(seconds(3.5), || {
        let health = stage.health()?;
        health
            .is(200)?
            .has("/status", "degraded")?
            .has("/pool/pool_size", 6)?
            .has("/pool/checked_out", 12)?;
        health
            .has("/pool/overflow", 6)?
            .has("/pool/total_connections", 12)?
            .has("/pool/waiting", 0)?;
        Ok(())
    });
    asked.extend((0..2).map(|_| ask("/probe/one")));
    let answers: Vec<_> = asked
        .into_iter()
        .map(std::thread::JoinHandle::join)
        .collect();
    stage.take()?;
    for answer in answers {
        let answer = answer.map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        answer.is(200)?;
    }
    counted
}

fn overflow_closed(stage: &mut Stage) -> Result<()> {
    let statuses = during(stage, 4, |stage| {
        same("connections", stage.backends()?.len(), 4)
    })?;
    same("the holders' answers", statuses, vec![200; 4])?;
    eventually(seconds(5.0), || {
        same("connections once idle", stage.backends()?.len(), 2)?;
        let health = stage.health()?;
        health
            .is(200)?
            .has("/pool/overflow", 0)?
            .has("/pool/total_connections", 2)?;
        Ok(())
    })
}

fn never_exceeded(stage: &mut Stage) -> Result<()> {
    let client = stage.client()?.clone();
    let threads: Vec<_> = (0..16)
        .map(|_| {
            let client = client.clone();
            std::thread::spawn(move || {
                (0..3)
                    .map(|_| client.get("/probe/hold?seconds=0.1"))
                    .filter(Result::is_err)
                    .count()
            })
        })
        .collect();
    let mut most = 0;
    for _ in 0..15 {
        most = most.max(stage.backends()?.len());
        std::thread::sleep(Duration::from_millis(40));
    }
    for thread in threads {
        let unanswered = thread
            .join()
            .map_err(|_| anyhow::anyhow!("a thread panicked"))?;
        same("requests without an answer", unanswered, 0)?;
    }
    stage
        .transcript
        .add(format!("16 at once → at most {most} connections"));
    ensure!(
        (3..=4).contains(&most),
        "expected the most connections to be 4, got {most}"
    );
    Ok(())
}

fn waiting(stage: &mut Stage) -> Result<()> {
    during(stage, 7, |stage| {
        let health = stage.health()?;
        health
            .is(200)?
            .has("/pool/waiting", 3)?
            .has("/pool/checked_out", 4)?;
        Ok(())
    })?;
    eventually(seconds(3.0), || {
        stage.health()?.is(200)?.has("/pool/waiting", 0)?;
        Ok(())
    })
}

/// How often a request was gone past: by how many that were sent after it and answered before it.
fn first_come(stage: &mut Stage) -> Result<()> {
    const CLIENTS: usize = 32;
    const REQUESTS: usize = 60;
    const ALLOWED: usize = CLIENTS * 3 / 2;
    static SENT: AtomicUsize = AtomicUsize::new(0);
    static ANSWERED: AtomicUsize = AtomicUsize::new(0);

    stage.restart(&[
        ("DB_POOL_SIZE", "1"),
        ("DB_MAX_OVERFLOW", "0"),
        ("DB_POOL_TIMEOUT", "30"),
    ])?;
    let client = stage.client()?.keeping(CLIENTS);
    let threads: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let client = client.clone();
            std::thread::spawn(move || -> Result<Vec<(usize, usize)>> {
                let ask = |_| {
                    let sent = SENT.fetch_add(1, Ordering::SeqCst);
                    client
                        .post(&format!("/probe/session?id={}", 1_000_000 + sent))?
                        .is(200)?;
                    Ok((sent, ANSWERED.fetch_add(1, Ordering::SeqCst)))
                };
                (0..REQUESTS).map(ask).collect()
            })
        })
        .collect();
    let mut requests = Vec::new();
    for thread in threads {
        let its = thread
            .join()
            .map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        requests.extend(its);
    }
    stage.take()?;
    let gone_past = |(sent, answered): &(usize, usize)| {
        let past = requests
            .iter()
            .filter(|(later, earlier)| later > sent && earlier < answered);
        past.count()
    };
    let most = requests.iter().map(gone_past).max().unwrap_or(usize::MAX);
    stage.transcript.add(format!(
        "{CLIENTS} at once → gone past at most {most} times"
    ));
    ensure!(
        most <= ALLOWED,
        "expected a request to be gone past at most {ALLOWED} times, got {most}"
    );
    Ok(())
}

fn timeout(stage: &mut Stage) -> Result<()> {
    let client = stage.client()?.clone();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let client = client.clone();
            std::thread::spawn(move || client.get("/probe/hold?seconds=2.5"))
        })
        .collect();
    std::thread::sleep(seconds(0.3));
    let answer = stage.get("/probe/one");
    for thread in threads {
        thread
            .join()
            .map_err(|_| anyhow::anyhow!("a thread panicked"))??
            .is(200)?;
    }
    let answer = answer?;
    answer.fails(503, "pool_timeout")?.within(seconds(1.8))?;
    ensure!(
        answer.took > seconds(0.8),
        "expected a wait of 1 s, got {answer}"
    );
    let retry = answer
        .header("retry-after")
        .context("expected Retry-After, got none")?;
    ensure!(
        retry.parse::<u32>().is_ok_and(|n| n >= 1),
        "expected seconds in Retry-After, got {retry:?}"
    );
    stage.get("/probe/one")?.is(200)?;
    Ok(())
}

fn recycle(stage: &mut Stage) -> Result<()> {
    stage.restart(&[("DB_POOL_RECYCLE", "1")])?;
    let first = stage.get("/probe/pid")?.is(200)?.number("/pid")?;
    std::thread::sleep(GOES_BACK);
    let again = stage.get("/probe/pid")?.is(200)?.number("/pid")?;
    same("the connection at once", again, first)?;
    std::thread::sleep(seconds(1.5));
    let later = stage.get("/probe/pid")?.is(200)?.number("/pid")?;
    stage.take()?;
    ensure!(
        later != first,
        "expected another connection after 1.5 s, got {first} again"
    );
    Ok(())
}

fn not_recycled(stage: &mut Stage) -> Result<()> {
    stage.restart(&[])?;
    let first = stage.get("/probe/pid")?.is(200)?.number("/pid")?;
    std::thread::sleep(seconds(1.5));
    let later = stage.get("/probe/pid")?.is(200)?.number("/pid")?;
    same("the connection after 1.5 s", later, first)
}

fn connect_timeout(stage: &mut Stage) -> Result<()> {
    let silent = Proxy::start(stage.server.port())?;
    silent.set(Mode::Swallow);
    let url = format!(
        "postgres://{USER}:{ENCODED}@127.0.0.1:{}/{DATABASE}",
        silent.port()
    );
    // The pool would wait longer: the connecting is what ends.
    let app = stage.serve(&[
        ("DATABASE_URL", &url),
        ("DB_CONNECT_TIMEOUT", "0.7"),
        ("DB_POOL_TIMEOUT", "20"),
    ])?;
    let answer = app.client.get("/probe/one")?;
    answer.fails(503, "timeout")?.within(seconds(2.0))?;
    ensure!(
        answer.took > seconds(0.5),
        "expected an attempt of 0.7 s, got {answer}"
    );
    Ok(())
}

fn breaks_as_it_opens(stage: &mut Stage) -> Result<()> {
    let proxy = Proxy::start(stage.server.port())?;
    proxy.set(Mode::CutWhenReady);
    let url = format!(
        "postgres://{USER}:{ENCODED}@127.0.0.1:{}/{DATABASE}",
        proxy.port()
    );
    let app = stage.serve(&[("DATABASE_URL", &url)])?;
    for _ in 0..20 {
        let answer = app.client.get("/probe/one")?;
        let kind = answer.string("/error")?;
        ensure!(
            answer.status == 503 || kind == "database",
            "expected 503, or an error of the database's, got {answer}"
        );
    }
    proxy.set(Mode::Pass);
    app.client.get("/probe/one")?.is(200)?;
    Ok(())
}

fn hung(stage: &mut Stage) -> Result<()> {
    stage.restart(&[("DB_CONNECT_TIMEOUT", "0.7")])?;
    stage.get("/probe/one")?.is(200)?;
    std::thread::sleep(seconds(1.2));
    stage.server.suspend();
    let answer = stage.get("/probe/one");
    stage.server.resume();
    stage.take()?;
    answer?.fails(503, "timeout")?.within(seconds(2.0))?;
    Ok(())
}

fn too_many(stage: &mut Stage) -> Result<()> {
    stage.execute(&format!(
        "ALTER DATABASE {DATABASE} CONNECTION LIMIT 0; CREATE ROLE limited LOGIN PASSWORD 'x'"
    ))?;
    let url = stage
        .url()
        .replace(&format!("{USER}:{ENCODED}"), "limited:x");
    let app = stage.serve(&[("DATABASE_URL", &url)])?;
    let health = app.client.get(crate::support::app::HEALTH)?;
    let one = app.client.get("/probe/one")?;
    stage.execute(&format!(
        "ALTER DATABASE {DATABASE} CONNECTION LIMIT -1; DROP ROLE limited"
    ))?;
    health
        .within(seconds(2.0))?
        .is(503)?
        .has("/status", "fail")?;
    one.is(503)?;
    app.client.get("/")?.is(200)?;
    Ok(())
}

/// Round trips of one `GET /probe/one`, the pool's one connection having been idle for so long.
fn trips(stage: &mut Stage, idle: Duration) -> Result<u64> {
    stage.get("/probe/one")?.is(200)?;
    std::thread::sleep(idle);
    let before = stage.proxy()?.round_trips();
    stage.get("/probe/one")?.is(200)?;
    std::thread::sleep(seconds(0.1));
    Ok(stage.proxy()?.round_trips() - before)
}

const BUSY: Duration = Duration::from_millis(120);
const IDLE: Duration = Duration::from_millis(1400);

/// Round trips (busy, idle) with the setting at this value.
fn measure(stage: &mut Stage, setting: Option<&str>) -> Result<(u64, u64)> {
    let more = setting.map(|value| ("RAPIDKIT_DB_POSTGRES_POOL_PRE_PING", value));
    stage.restart(more.as_slice())?;
    stage.get("/probe/one")?.is(200)?; // prepares
    let found = (trips(stage, BUSY)?, trips(stage, IDLE)?);
    stage.transcript.add(format!(
        "POOL_PRE_PING {setting:?} → round trips {found:?} (busy, idle)"
    ));
    Ok(found)
}

fn ping_always(stage: &mut Stage) -> Result<()> {
    let (never, _) = measure(stage, Some("false"))?;
    let found = measure(stage, Some("true"))?;
    stage.take()?;
    same("round trips (busy, idle)", found, (never + 1, never + 1))
}

fn ping_heals(stage: &mut Stage) -> Result<()> {
    stage.restart(&[("RAPIDKIT_DB_POSTGRES_POOL_PRE_PING", "true")])?;
    for _ in 0..5 {
        stage.get("/probe/one")?.is(200)?;
        stage.kill_backends()?;
        stage.get("/probe/one")?.is(200)?;
    }
    stage.take()?;
    Ok(())
}

fn ping_never(stage: &mut Stage) -> Result<()> {
    let (busy, idle) = measure(stage, Some("false"))?;
    stage.take()?;
    same("round trips when idle, as when busy", idle, busy)?;
    ensure!(
        (1..=2).contains(&busy),
        "expected one statement's round trips, got {busy}"
    );
    Ok(())
}

fn ping_unset(stage: &mut Stage) -> Result<()> {
    let (never, _) = measure(stage, Some("false"))?;
    let found = measure(stage, None)?;
    same("round trips (busy, idle)", found, (never, never + 1))
}
