//! Sessions: always returned, never committed by themselves.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::super::expect::{eventually, same, seconds};
use super::super::row::{Group, PLAIN, Scene, row};
use super::super::stage::Stage;

pub const GROUP: Group = Group {
    name: "sessions",
    scene: Scene {
        settings: &[
            ("DB_POOL_SIZE", "2"),
            ("DB_MAX_OVERFLOW", "0"),
            ("DB_POOL_TIMEOUT", "6"),
        ],
        ..PLAIN
    },
    rows: &[
        row(
            "session.returned",
            "a session is always returned: many more requests than connections",
            returned,
        ),
        row(
            "session.returned-on-error",
            "also when the handler fails",
            returned_on_error,
        ),
        row(
            "session.returned-on-panic",
            "also when the handler panics; nothing is left idle in transaction, nothing is committed",
            returned_on_panic,
        ),
        row(
            "session.returned-on-hang-up",
            "also when the client goes away while the handler holds it",
            returned_on_hang_up,
        ),
        row(
            "session.returned-on-hang-up-in-transaction",
            "also in the middle of a transaction: nothing is left idle in transaction",
            hang_up_in_transaction,
        ),
        row(
            "session.returned-on-hang-up-in-statement",
            "also in the middle of a statement: the connection is usable again",
            hang_up_in_statement,
        ),
        row(
            "session.never-commits",
            "a request-scoped transaction never commits by itself: it rolls back when dropped",
            never_commits,
        ),
        row(
            "session.commits-when-told",
            "and commits when the handler does",
            commits,
        ),
        row(
            "session.commit-before-response",
            "the handler commits before its response is formed",
            commit_first,
        ),
        row(
            "session.abandoned-statements-bounded",
            "statements of clients that went away never outnumber the connections of the pool",
            abandoned,
        ),
    ],
};

const SOON: Duration = Duration::from_secs(3);

fn rows_with(stage: &Stage, id: i32) -> Result<i64> {
    stage.value(&format!("SELECT count(*) FROM probe_rows WHERE id = {id}"))
}

fn returned(stage: &mut Stage) -> Result<()> {
    for answer in stage.at_once(&[("GET", "/probe/one"); 40])? {
        answer.is(200)?;
    }
    let backends = stage.backends()?.len();
    ensure!(
        backends <= 2,
        "expected at most 2 connections, got {backends}"
    );
    stage.all_returned(SOON)
}

fn returned_on_error(stage: &mut Stage) -> Result<()> {
    for _ in 0..4 {
        stage
            .get("/probe/setting?name=no_such_setting")?
            .fails(500, "database")?
            .has("/sqlstate", "42704")?;
    }
    stage.post("/probe/session?id=1001&commit=true")?.is(200)?;
    for _ in 0..4 {
        stage
            .post("/probe/session?id=1001&commit=true")?
            .fails(500, "database")?
            .has("/sqlstate", "23505")?;
    }
    stage.get("/probe/one")?.is(200)?;
    stage.all_returned(SOON)
}

fn returned_on_panic(stage: &mut Stage) -> Result<()> {
    for id in 1010..1014 {
        // A framework may answer 500 or close the connection.
        if let Ok(answer) = stage.post(&format!("/probe/panic?id={id}")) {
            answer.is(500)?;
        }
    }
    stage.get("/probe/one")?.is(200)?;
    stage.all_returned(SOON)?;
    same(
        "rows of handlers that panicked",
        stage.value("SELECT count(*) FROM probe_rows WHERE id BETWEEN 1010 AND 1013")?,
        0,
    )
}

fn returned_on_hang_up(stage: &mut Stage) -> Result<()> {
    for _ in 0..4 {
        // A handler that is not cancelled returns its connection after half a second.
        stage
            .client()?
            .hang_up("GET", "/probe/hold?seconds=0.5", seconds(0.15))?;
    }
    stage.get("/probe/one")?.is(200)?;
    stage.all_returned(SOON)
}

fn hang_up_in_transaction(stage: &mut Stage) -> Result<()> {
    for id in [1020, 1021, 1022] {
        stage.client()?.hang_up(
            "POST",
            &format!("/probe/session_hold?id={id}&seconds=0.6"),
            seconds(0.2),
        )?;
    }
    stage.get("/probe/one")?.is(200)?;
    stage.all_returned(SOON)?;
    // Committed by a handler that went on, or rolled back by one that was cancelled; never open.
    let locks = stage.value(
        "SELECT count(*) FROM pg_locks JOIN pg_class ON relation = pg_class.oid \
         WHERE relname = 'probe_rows' AND pid <> pg_backend_pid()",
    )?;
    same("locks held on probe_rows", locks, 0)
}

fn hang_up_in_statement(stage: &mut Stage) -> Result<()> {
    for _ in 0..2 {
        stage
            .client()?
            .hang_up("GET", "/probe/sleep?seconds=2", seconds(0.2))?;
    }
    for _ in 0..4 {
        stage.get("/probe/one")?.is(200)?.within(seconds(4.0))?;
    }
    stage.all_returned(seconds(5.0))
}

fn never_commits(stage: &mut Stage) -> Result<()> {
    for id in [1030, 1031, 1032] {
        stage
            .post(&format!("/probe/session?id={id}&commit=false"))?
            .is(200)?
            .has("/id", id)?;
    }
    stage.all_returned(SOON)?;
    for id in [1030, 1031, 1032] {
        same(&format!("rows with id {id}"), rows_with(stage, id)?, 0)?;
    }
    Ok(())
}

fn commits(stage: &mut Stage) -> Result<()> {
    stage.post("/probe/session?id=1040&commit=true")?.is(200)?;
    same("rows with id 1040", rows_with(stage, 1040)?, 1)?;
    stage.all_returned(SOON)
}

fn commit_first(stage: &mut Stage) -> Result<()> {
    // Over one open connection, so that the question is asked as soon as the answer is there.
    let mut sql = stage.sql()?;
    for id in 1050..1080 {
        stage
            .post(&format!("/probe/session?id={id}&commit=true"))?
            .is(200)?;
        let found = sql
            .query("SELECT id FROM probe_rows WHERE id = $1", &[&id])?
            .len();
        ensure!(
            found == 1,
            "expected row {id} as soon as the answer came, got {found}"
        );
    }
    eventually(SOON, || stage.all_returned(SOON))
}

fn abandoned(stage: &mut Stage) -> Result<()> {
    const STATEMENT: &str = "/probe/sleep?seconds=9";
    let running = "SELECT count(*) FROM pg_stat_activity \
                   WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()";
    for pause in [7.0, 0.5] {
        for _ in 0..2 {
            stage.client()?.hang_up("GET", STATEMENT, seconds(0.2))?;
        }
        // Longer than a connection is waited for before it is given up.
        std::thread::sleep(seconds(pause));
    }
    let running = stage.value(running)?;
    ensure!(running <= 2, "expected at most 2 statements, got {running}");
    stage.all_returned(seconds(20.0))
}
