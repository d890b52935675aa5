//! The engine for code that cannot await.

use anyhow::{Result, ensure};

use super::super::expect::{eventually, same, seconds};
use super::super::row::{Group, PLAIN, row_if};
use super::super::stage::Stage;
use crate::support::app::Capability::{RefusesBlocking, Sync};

pub const GROUP: Group = Group {
    name: "sync",
    scene: PLAIN,
    rows: &[
        row_if(Sync, "sync.lazy", "its pool opens lazily, too", lazy),
        row_if(
            Sync,
            "sync.value",
            "the synchronous engine answers from an asynchronous handler",
            value,
        ),
        row_if(
            Sync,
            "sync.commits",
            "its transaction commits on success",
            commits,
        ),
        row_if(
            Sync,
            "sync.rolls-back",
            "and rolls back on error",
            rolls_back,
        ),
        row_if(
            Sync,
            "sync.small-and-counted",
            "a small pool (2 connections), counted in the sum",
            counted,
        ),
        row_if(
            Sync,
            "sync.heals",
            "a killed connection of its pool is replaced",
            heals,
        ),
        row_if(
            Sync,
            "sync.returned",
            "its connections are returned, none is left idle in transaction",
            returned,
        ),
        row_if(
            RefusesBlocking,
            "sync.refused",
            "where an asynchronous runtime is current it refuses with an error",
            refused,
        ),
    ],
};

fn lazy(stage: &mut Stage) -> Result<()> {
    stage.restart(&[])?;
    stage.get("/")?.is(200)?;
    same("connections", stage.backends()?.len(), 0)?;
    stage.get("/probe/sync")?.is(200)?;
    let open = stage.backends()?.len();
    ensure!(
        open >= 1,
        "expected a connection after the first use, got {open}"
    );
    Ok(())
}

fn value(stage: &mut Stage) -> Result<()> {
    for answer in stage.at_once(&[("GET", "/probe/sync"); 8])? {
        answer.is(200)?.has("/value", 1)?;
    }
    Ok(())
}

fn commits(stage: &mut Stage) -> Result<()> {
    stage
        .post("/probe/sync_transfer?from=1&to=2&amount=7&fail=false")?
        .is(200)?
        .has("/attempts", 1)?;
    same(
        "the balance",
        stage.value("SELECT balance FROM probe_accounts WHERE id = 2")?,
        1007,
    )
}

fn rolls_back(stage: &mut Stage) -> Result<()> {
    stage
        .post("/probe/sync_transfer?from=3&to=4&amount=7&fail=true")?
        .fails(500, "boom")?;
    same(
        "the balance",
        stage.value("SELECT balance FROM probe_accounts WHERE id = 3")?,
        1000,
    )
}

fn counted(stage: &mut Stage) -> Result<()> {
    stage.restart(&[])?;
    stage.at_once(&[("GET", "/probe/sync_pid"); 12])?;
    let open = stage.backends()?.len();
    ensure!(
        (1..=2).contains(&open),
        "expected 1 or 2 connections of the synchronous pool, got {open}"
    );
    stage.at_once(&[("GET", "/probe/hold?seconds=0.2"); 3])?;
    eventually(seconds(3.0), || {
        let open = i64::try_from(stage.backends()?.len())?;
        stage
            .health()?
            .is(200)?
            .has("/pool/total_connections", open)?
            .has("/pool/checked_in", open)?;
        Ok(())
    })
}

fn heals(stage: &mut Stage) -> Result<()> {
    stage.get("/probe/sync_pid")?.is(200)?;
    stage.kill_backends()?;
    std::thread::sleep(seconds(1.2));
    stage.get("/probe/sync")?.is(200)?.has("/value", 1)?;
    Ok(())
}

fn returned(stage: &mut Stage) -> Result<()> {
    stage
        .post("/probe/sync_transfer?from=5&to=6&amount=7&fail=true")?
        .is(500)?;
    stage
        .post("/probe/sync_transfer?from=5&to=6&amount=7&fail=false")?
        .is(200)?;
    stage.all_returned(seconds(3.0))
}

fn refused(stage: &mut Stage) -> Result<()> {
    stage
        .get("/probe/sync_refused")?
        .fails(500, "blocking_in_async")?;
    stage.get("/")?.is(200)?;
    Ok(())
}
