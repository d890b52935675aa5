//! `transaction(f)`.

use anyhow::{Result, ensure};

use super::super::expect::{same, seconds};
use super::super::row::{Group, PLAIN, Scene, Through, row};
use super::super::stage::Stage;
use crate::support::proxy::Mode;

pub const GROUP: Group = Group {
    name: "transactions",
    scene: Scene {
        through: Through::Proxy,
        settings: &[("DB_POOL_SIZE", "4")],
        ..PLAIN
    },
    rows: &[
        row(
            "transaction.commits",
            "`transaction(f)` commits on success",
            commits,
        ),
        row(
            "transaction.rolls-back",
            "and rolls back on error, which comes back as it was",
            rolls_back,
        ),
        row(
            "transaction.rollback-keeps-error",
            "the original error is kept when the rollback fails too",
            original_error,
        ),
        row(
            "transaction.isolation",
            "isolation level, read only, deferrable",
            isolation,
        ),
        row(
            "transaction.read-only",
            "a read-only transaction refuses to write: 25006",
            read_only,
        ),
        row(
            "transaction.nested",
            "nested by savepoints: the inner one commits with the outer",
            nested,
        ),
        row(
            "transaction.nested-rolls-back",
            "an inner one that fails takes back its own work alone",
            nested_fails,
        ),
        row(
            "transaction.serialization-retried",
            "`40001` is retried by running `f` again",
            serialization,
        ),
        row(
            "transaction.deadlock-retried",
            "`40P01` is retried by running `f` again",
            deadlock,
        ),
        row(
            "transaction.five-attempts",
            "at most 5 attempts by default, then the error",
            five_attempts,
        ),
        row(
            "transaction.back-off",
            "with jittered back-off between attempts",
            back_off,
        ),
        row(
            "transaction.others-not-retried",
            "another error is not retried",
            not_retried,
        ),
        row(
            "transaction.outcome-unknown",
            "a COMMIT whose answer was lost is its own error, never retried (it was done)",
            unknown_done,
        ),
        row(
            "transaction.outcome-unknown-not-done",
            "the same when the COMMIT did not arrive (it was not done)",
            unknown_not_done,
        ),
        row(
            "transaction.commit-refused",
            "a COMMIT that the server refuses is that error, its outcome known",
            commit_refused,
        ),
        row(
            "transaction.commit-conflict-retried",
            "and is retried where that error is `40001`",
            commit_conflict,
        ),
        row(
            "transaction.nothing-left-open",
            "nothing is left idle in transaction",
            nothing_open,
        ),
    ],
};

fn balance(stage: &Stage, id: i32) -> Result<i64> {
    stage.value(&format!(
        "SELECT balance FROM probe_accounts WHERE id = {id}"
    ))
}

fn balances<const N: usize>(stage: &Stage, ids: [i32; N], expected: [i64; N]) -> Result<()> {
    for (id, expected) in ids.into_iter().zip(expected) {
        same(
            &format!("the balance of account {id}"),
            balance(stage, id)?,
            expected,
        )?;
    }
    Ok(())
}

fn commits(stage: &mut Stage) -> Result<()> {
    stage
        .post("/probe/transfer?from=1&to=2&amount=100&fail=false")?
        .is(200)?
        .has("/attempts", 1)?;
    balances(stage, [1, 2], [900, 1100])
}

fn rolls_back(stage: &mut Stage) -> Result<()> {
    let answer = stage.post("/probe/transfer?from=3&to=4&amount=100&fail=true")?;
    answer.fails(500, "boom")?.has("/message", "boom")?;
    balances(stage, [3, 4], [1000, 1000])
}

fn original_error(stage: &mut Stage) -> Result<()> {
    stage
        .post("/probe/original_error")?
        .fails(500, "boom")?
        .has("/message", "boom")?;
    stage.get("/probe/one")?.is(200)?;
    Ok(())
}

fn isolation(stage: &mut Stage) -> Result<()> {
    let options = [
        ("read_committed", "read committed", false, false),
        ("repeatable_read", "repeatable read", true, false),
        ("serializable", "serializable", false, false),
        ("serializable", "serializable", true, true),
    ];
    for (level, shown, read_only, deferrable) in options {
        let on = |is| if is { "on" } else { "off" };
        let answer = stage.post(&format!(
            "/probe/transaction?isolation={level}&read_only={read_only}&deferrable={deferrable}"
        ))?;
        answer
            .is(200)?
            .has("/read_only", on(read_only))?
            .has("/deferrable", on(deferrable))?;
        // As PostgreSQL spells it, or as the question did.
        let isolation = answer.string("/isolation")?.replace('_', " ");
        same("the isolation", isolation.as_str(), shown)?;
    }
    // Of that transaction only.
    for name in ["transaction_isolation", "transaction_read_only"] {
        let expected = if name.ends_with("only") {
            "off"
        } else {
            "read committed"
        };
        stage
            .get(&format!("/probe/setting?name={name}"))?
            .is(200)?
            .has("/value", expected)?;
    }
    Ok(())
}

fn read_only(stage: &mut Stage) -> Result<()> {
    stage
        .post("/probe/write_read_only?id=2001")?
        .fails(500, "database")?
        .has("/sqlstate", "25006")?;
    same(
        "rows",
        stage.value("SELECT count(*) FROM probe_rows WHERE id = 2001")?,
        0,
    )
}

fn rows_of(stage: &Stage, ids: [i32; 2]) -> Result<Vec<i32>> {
    let rows = stage.sql()?.query(
        "SELECT id FROM probe_rows WHERE id = ANY($1) ORDER BY id",
        &[&ids.to_vec()],
    )?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

fn nested(stage: &mut Stage) -> Result<()> {
    stage
        .post("/probe/nested?outer=2010&inner=2011&fail=false")?
        .is(200)?
        .has("/inner", "ok")?;
    same("rows", rows_of(stage, [2010, 2011])?, vec![2010, 2011])
}

fn nested_fails(stage: &mut Stage) -> Result<()> {
    stage
        .post("/probe/nested?outer=2020&inner=2021&fail=true")?
        .is(200)?
        .has("/inner", "boom")?;
    same("rows", rows_of(stage, [2020, 2021])?, vec![2020])
}

fn serialization(stage: &mut Stage) -> Result<()> {
    let ask = ("POST", "/probe/increment?id=5&milliseconds=150");
    let mut most = 0;
    for answer in stage.at_once(&[ask; 3])? {
        most = most.max(answer.is(200)?.number("/attempts")?);
    }
    ensure!(
        most >= 2,
        "expected at least one to need 2 attempts, got {most}"
    );
    balances(stage, [5], [1003])
}

fn deadlock(stage: &mut Stage) -> Result<()> {
    let answers = stage.at_once(&[
        ("POST", "/probe/deadlock?first=6&second=7&milliseconds=200"),
        ("POST", "/probe/deadlock?first=7&second=6&milliseconds=200"),
    ])?;
    let mut sum = 0;
    for answer in answers {
        sum += answer.is(200)?.number("/attempts")?;
    }
    ensure!(
        sum >= 3,
        "expected one of the two to need 2 attempts, got {sum} together"
    );
    balances(stage, [6, 7], [1002, 1002])
}

/// How often the server ran into what `/probe/conflict` raises.
fn conflicts(stage: &Stage) -> usize {
    let log = stage.server_log();
    log.lines()
        .filter(|line| line.contains("ERROR:") || line.contains("FATAL:"))
        .count()
}

fn five_attempts(stage: &mut Stage) -> Result<()> {
    let before = conflicts(stage);
    let answer = stage.post("/probe/conflict")?;
    answer
        .fails(500, "database")?
        .has("/sqlstate", "40001")?
        .has("/attempts", 5)?;
    same("errors in the server's log", conflicts(stage) - before, 5)
}

fn back_off(stage: &mut Stage) -> Result<()> {
    let mut took = Vec::new();
    for _ in 0..4 {
        took.push(stage.post("/probe/conflict")?.is(500)?.took.as_millis());
    }
    let (least, most) = (
        took.iter().min().copied().unwrap_or(0),
        took.iter().max().copied().unwrap_or(0),
    );
    ensure!(
        most >= 40,
        "expected five attempts to take a while, got {took:?} ms"
    );
    ensure!(
        most < 10_000,
        "expected five attempts within 10 s, got {took:?} ms"
    );
    ensure!(
        most - least >= 2,
        "expected times that differ, got {took:?} ms"
    );
    Ok(())
}

fn not_retried(stage: &mut Stage) -> Result<()> {
    let before = conflicts(stage);
    let answer = stage.post("/probe/write_read_only?id=2030")?;
    answer.is(500)?;
    if !answer.json()["attempts"].is_null() {
        answer.has("/attempts", 1)?;
    }
    same("errors in the server's log", conflicts(stage) - before, 1)?;
    let answer = stage.post("/probe/transfer?from=8&to=9&amount=1&fail=true")?;
    if !answer.json()["attempts"].is_null() {
        answer.has("/attempts", 1)?;
    }
    Ok(())
}

fn unknown(stage: &mut Stage, mode: Mode, id: i32, expected: i64) -> Result<()> {
    stage.get("/probe/one")?.is(200)?;
    let cuts = stage.proxy()?.cuts();
    stage.proxy()?.set(mode);
    let answer = stage.post(&format!("/probe/slow_commit?id={id}"));
    stage.proxy()?.set(Mode::Pass);
    let answer = answer?;
    let cuts = stage.proxy()?.cuts() - cuts;
    stage.transcript.add(format!("{cuts} COMMIT cut off"));
    answer.fails(500, "outcome_unknown")?.has("/attempts", 1)?;
    same("COMMITs sent", cuts, 1)?;
    // The server may still be at it.
    super::super::expect::eventually(seconds(3.0), || {
        let rows = stage.value(&format!("SELECT count(*) FROM probe_slow WHERE id = {id}"))?;
        same("rows", rows, expected)
    })?;
    stage.get("/probe/one")?.is(200)?;
    Ok(())
}

fn unknown_done(stage: &mut Stage) -> Result<()> {
    unknown(stage, Mode::CutAfterCommit, 1, 1)
}

fn unknown_not_done(stage: &mut Stage) -> Result<()> {
    unknown(stage, Mode::CutBeforeCommit, 2, 0)
}

fn commit_refused(stage: &mut Stage) -> Result<()> {
    stage
        .post("/probe/slow_commit?id=23514")?
        .fails(500, "database")?
        .has("/sqlstate", "23514")?
        .has("/attempts", 1)?;
    stage.get("/probe/one")?.is(200)?;
    stage.all_returned(seconds(3.0))
}

fn commit_conflict(stage: &mut Stage) -> Result<()> {
    stage
        .post("/probe/slow_commit?id=40001")?
        .fails(500, "database")?
        .has("/sqlstate", "40001")?
        .has("/attempts", 5)?;
    stage.all_returned(seconds(3.0))
}

fn nothing_open(stage: &mut Stage) -> Result<()> {
    stage
        .post("/probe/transfer?from=10&to=11&amount=1&fail=true")?
        .is(500)?;
    stage
        .post("/probe/nested?outer=2040&inner=2041&fail=true")?
        .is(200)?;
    stage.post("/probe/conflict")?.is(500)?;
    stage.all_returned(seconds(3.0))
}
