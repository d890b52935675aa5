//! From the first connection to the last.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustix::process::Signal;

use super::super::expect::{eventually, lacks, same, seconds};
use super::super::row::{Group, PLAIN, Scene, row};
use super::super::stage::Stage;
use crate::support::app::{Capability, HEALTH, Running};
use crate::support::http::{Client, Transcript};

pub const GROUP: Group = Group {
    name: "lifecycle",
    scene: PLAIN,
    rows: &[
        row(
            "lifecycle.lazy",
            "pools open lazily: no connection before the first use",
            lazy,
        ),
        row(
            "lifecycle.starts-without-server",
            "a database that cannot be reached does not stop the start: the application serves, health says 503, the pool keeps trying",
            starts_without_server,
        ),
        row(
            "lifecycle.finishes-requests",
            "on SIGTERM a request in flight is answered before the pool closes",
            finishes,
        ),
        row(
            "lifecycle.closes-pool",
            "the pool is closed on shutdown: no connection left, and the server saw each one end properly",
            closes,
        ),
        row("lifecycle.ctrl-c", "the same on SIGINT", ctrl_c),
        row(
            "lifecycle.heals-under-load",
            "a server restart under load heals by itself",
            heals,
        ),
        row(
            "lifecycle.killed-idle-backend",
            "a killed idle backend is replaced unseen",
            killed_idle,
        ),
        row(
            "lifecycle.killed-busy-backend",
            "a backend killed while in use fails that request alone",
            killed_busy,
        ),
        row(
            "lifecycle.killed-often",
            "killed backends never take the process down",
            killed_often,
        ),
    ],
};

/// Takes as long as the bound; a group of its own, so that others go on meanwhile.
pub const BOUND: Group = Group {
    name: "lifecycle-bound",
    scene: Scene {
        started: false,
        ..PLAIN
    },
    rows: &[row(
        "lifecycle.bounded-exit",
        "close on shutdown within a bound: a request that never ends does not keep the process",
        bounded,
    )],
};

/// Where the user has no graceful shutdown, ours waits this long.
const SHUTDOWN_BOUND: Duration = Duration::from_secs(10);

fn fresh(stage: &mut Stage) -> Result<Running> {
    let url = stage.url();
    stage.serve(&[("DATABASE_URL", &url)])
}

fn lazy(stage: &mut Stage) -> Result<()> {
    drop(stage.take()?);
    // On a busy machine the server hears a little later that the application before has gone.
    eventually(seconds(5.0), || {
        let left = stage.backends()?.len();
        same("connections of the application before", left, 0)
    })?;
    stage.restart(&[])?;
    stage.get("/")?.is(200)?;
    same(
        "connections before the first use",
        stage.backends()?.len(),
        0,
    )?;
    stage.get("/probe/one")?.is(200)?;
    same("connections after it", stage.backends()?.len(), 1)
}

fn starts_without_server(stage: &mut Stage) -> Result<()> {
    stage.stop_server()?;
    let app = fresh(stage)?;
    app.client.get("/")?.is(200)?;
    app.client
        .get(HEALTH)?
        .within(seconds(2.0))?
        .is(503)?
        .has("/detail", "refused")?;
    app.client.get("/probe/one")?.fails(503, "refused")?;
    stage.start_server()?;
    eventually(seconds(5.0), || {
        app.client.get(HEALTH)?.is(200)?.has("/status", "ok")?;
        app.client.get("/probe/one")?.is(200)?;
        Ok(())
    })
}

/// Signals an application while it answers requests; how long it took to end.
fn shut_down(
    stage: &Stage,
    app: &mut Running,
    signal: Signal,
    in_flight: &[&'static str],
) -> Result<Duration> {
    let client = app.client.clone();
    let asked: Vec<_> = in_flight
        .iter()
        .map(|path| {
            let (client, path) = (client.clone(), *path);
            std::thread::spawn(move || client.get(path))
        })
        .collect();
    std::thread::sleep(seconds(0.4));
    let start = Instant::now();
    app.process.signal(signal);
    let ended = app.process.wait(SHUTDOWN_BOUND + seconds(5.0));
    let took = start.elapsed();
    stage.transcript.add(format!(
        "{signal:?} → {ended:?} after {} ms",
        took.as_millis()
    ));
    ensure!(
        ended.is_some(),
        "expected an end within {:?}, got it running",
        SHUTDOWN_BOUND
    );
    for thread in asked {
        let answer = thread
            .join()
            .map_err(|_| anyhow::anyhow!("a thread panicked"))?;
        if in_flight.len() > 1 {
            answer?.is(200)?;
        }
    }
    Ok(took)
}

fn finishes(stage: &mut Stage) -> Result<()> {
    let mut app = fresh(stage)?;
    app.client.get("/probe/one")?.is(200)?;
    let in_flight = ["/probe/sleep?seconds=1.5", "/probe/hold?seconds=1.2"];
    let took = shut_down(stage, &mut app, Signal::TERM, &in_flight)?;
    ensure!(
        took < seconds(5.0),
        "expected the end soon after the requests', got {took:?}"
    );
    Ok(())
}

/// Expects no connection of anyone but the suite, and no complaint of the server.
fn closed(stage: &Stage, log_before: usize) -> Result<()> {
    eventually(seconds(1.0), || {
        same("connections left", stage.backends()?.len(), 0)
    })?;
    let log = stage.server_log();
    let log = log.get(log_before..).unwrap_or_default();
    for words in [
        "unexpected EOF",
        "could not receive data",
        "could not send data",
        "Connection reset",
    ] {
        lacks("the server's log", log, words)?;
    }
    Ok(())
}

fn opens_and_ends(stage: &mut Stage, signal: Signal) -> Result<()> {
    stage.take()?; // its connections would be counted
    eventually(seconds(3.0), || {
        same("connections", stage.backends()?.len(), 0)
    })?;
    let before = stage.server_log().len();
    let mut app = fresh(stage)?;
    let client = &app.client;
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| client.get("/probe/hold?seconds=0.2"));
        }
    });
    if stage.app.can(Capability::Sync) {
        app.client.get("/probe/sync")?.is(200)?;
    }
    let open = stage.backends()?.len();
    ensure!(
        open >= 6,
        "expected at least 6 connections before the end, got {open}"
    );
    let took = shut_down(stage, &mut app, signal, &[])?;
    ensure!(
        took < seconds(4.0),
        "expected an idle application to end at once, got {took:?}"
    );
    closed(stage, before)
}

fn closes(stage: &mut Stage) -> Result<()> {
    opens_and_ends(stage, Signal::TERM)
}

fn ctrl_c(stage: &mut Stage) -> Result<()> {
    opens_and_ends(stage, Signal::INT)
}

fn bounded(stage: &mut Stage) -> Result<()> {
    let mut app = fresh(stage)?;
    let took = shut_down(stage, &mut app, Signal::TERM, &["/probe/hold?seconds=100"])?;
    ensure!(
        took < SHUTDOWN_BOUND + seconds(2.5),
        "expected an end within {SHUTDOWN_BOUND:?}, got {took:?}"
    );
    eventually(seconds(1.0), || {
        same("connections left", stage.backends()?.len(), 0)
    })
}

fn heals(stage: &mut Stage) -> Result<()> {
    let stop = AtomicBool::new(false);
    let client = stage.client()?.silently();
    let mut last_bad = None;
    let (good, bad) = std::thread::scope(|scope| -> Result<(u32, u32)> {
        let load: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| under_load(&client, &stop)))
            .collect();
        let mut restart = || -> Result<Instant> {
            std::thread::sleep(seconds(0.4));
            stage.stop_server()?;
            std::thread::sleep(seconds(0.8));
            stage.start_server()?;
            let up = Instant::now();
            std::thread::sleep(seconds(3.0));
            Ok(up)
        };
        let up = restart();
        stop.store(true, Ordering::SeqCst);
        let up = up?;
        let (mut good, mut bad) = (0, 0);
        for thread in load {
            let (its_good, its_bad, its_last) = thread
                .join()
                .map_err(|_| anyhow::anyhow!("a thread panicked"))?;
            good += its_good;
            bad += its_bad;
            last_bad = last_bad.max(its_last.map(|at| at.saturating_duration_since(up)));
        }
        Ok((good, bad))
    })?;
    let last_bad = last_bad.unwrap_or_default();
    stage.transcript.add(format!(
        "GET /probe/one by 6 at once → {good} good, {bad} not, the last {} ms after the start",
        last_bad.as_millis()
    ));
    ensure!(
        bad > 0 && good > 100,
        "expected a load that notices, got {good} good, {bad} not"
    );
    ensure!(
        last_bad < seconds(1.5),
        "expected no failure 1.5 s after the start, got one after {last_bad:?}"
    );
    let ended = stage.running()?.process.ended();
    ensure!(ended.is_none(), "expected the process alive, got {ended:?}");
    stage.health()?.is(200)?.has("/status", "ok")?;
    Ok(())
}

/// Asks without pause; how many answers were good, how many not, and when the last of these was
/// asked for.
fn under_load(client: &Client, stop: &AtomicBool) -> (u32, u32, Option<Instant>) {
    let (mut good, mut bad, mut last) = (0, 0, None);
    while !stop.load(Ordering::SeqCst) {
        let asked = Instant::now();
        if client
            .get("/probe/one")
            .is_ok_and(|answer| answer.status == 200)
        {
            good += 1;
        } else {
            bad += 1;
            last = Some(asked);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    (good, bad, last)
}

fn killed_idle(stage: &mut Stage) -> Result<()> {
    stage.at_once(&[("GET", "/probe/hold?seconds=0.1"); 4])?;
    stage.kill_backends()?;
    // Unset, the ping is for connections that sat idle for over a second.
    std::thread::sleep(seconds(1.2));
    for answer in stage.at_once(&[("GET", "/probe/one"); 6])? {
        answer.is(200)?;
    }
    Ok(())
}

fn killed_busy(stage: &mut Stage) -> Result<()> {
    let client = stage.client()?.clone();
    let sleeper = std::thread::spawn(move || client.get("/probe/sleep?seconds=5"));
    std::thread::sleep(seconds(0.4));
    stage.kill_backends()?;
    let answer = sleeper
        .join()
        .map_err(|_| anyhow::anyhow!("a thread panicked"))??;
    answer.is(500)?.within(seconds(3.0))?;
    stage.get("/")?.is(200)?;
    std::thread::sleep(seconds(1.1));
    stage.get("/probe/one")?.is(200)?;
    let ended = stage.running()?.process.ended();
    ensure!(ended.is_none(), "expected the process alive, got {ended:?}");
    Ok(())
}

fn killed_often(stage: &mut Stage) -> Result<()> {
    let client = Client::clone(stage.client()?);
    let quiet = client.silently();
    for _ in 0..5 {
        let threads: Vec<_> = [
            "/probe/hold?seconds=0.3",
            "/probe/sleep?seconds=0.3",
            "/probe/one",
        ]
        .map(|path| {
            let quiet = quiet.clone();
            std::thread::spawn(move || quiet.get(path))
        })
        .into();
        std::thread::sleep(seconds(0.1));
        stage.kill_backends()?;
        for thread in threads {
            let _ = thread.join();
        }
        let ended = stage.running()?.process.ended();
        ensure!(ended.is_none(), "expected the process alive, got {ended:?}");
    }
    let _: &Transcript = &stage.transcript;
    std::thread::sleep(seconds(1.1));
    stage.get("/probe/one")?.is(200)?;
    stage.all_returned(seconds(3.0))
}
