//! Behind PgBouncer in transaction mode, as strict as its defaults are.

use std::collections::HashMap;

use anyhow::{Result, ensure};

use super::super::expect::{eventually, lacks, same, seconds};
use super::super::row::{Group, PLAIN, Scene, Through, row};
use super::super::stage::Stage;

pub const GROUP: Group = Group {
    name: "bouncer",
    scene: Scene {
        through: Through::Bouncer,
        parameters: "pgbouncer=true&application_name=probe",
        settings: &[("RAPIDKIT_DB_POSTGRES_STATEMENT_TIMEOUT", "0.8")],
        ..PLAIN
    },
    rows: &[
        row(
            "bouncer.serves",
            "PgBouncer in transaction mode works when the URL says `?pgbouncer=true`",
            serves,
        ),
        row(
            "bouncer.many",
            "statement caches off: many at once over few server connections",
            many,
        ),
        row(
            "bouncer.transactions",
            "transactions and savepoints work through it",
            transactions,
        ),
        row(
            "bouncer.statement-timeout",
            "the statement timeout by SET LOCAL: it holds, and does not leak",
            statement_timeout,
        ),
        row(
            "bouncer.in-transactions",
            "every statement in a transaction",
            in_transactions,
        ),
        row(
            "bouncer.health",
            "health says 200, and its URL shows nothing of it",
            health,
        ),
        row(
            "bouncer.no-server",
            "PgBouncer takes connections while its server is down: 503, until it is back",
            no_server,
        ),
    ],
};

fn serves(stage: &mut Stage) -> Result<()> {
    for _ in 0..5 {
        stage.get("/probe/one")?.is(200)?.has("/value", 1)?;
        stage
            .get("/probe/setting?name=transaction_isolation")?
            .is(200)?
            .has("/value", "read committed")?;
    }
    Ok(())
}

fn many(stage: &mut Stage) -> Result<()> {
    let mut questions = Vec::new();
    for _ in 0..12 {
        questions.extend([
            ("GET", "/probe/one"),
            ("GET", "/probe/pid"),
            ("GET", "/probe/setting?name=application_name"),
            ("POST", "/probe/transfer?from=1&to=1&amount=1"),
        ]);
    }
    for answer in stage.at_once(&questions)? {
        answer.is(200)?;
    }
    Ok(())
}

fn transactions(stage: &mut Stage) -> Result<()> {
    stage
        .post("/probe/transfer?from=3&to=4&amount=5&fail=false")?
        .is(200)?;
    stage
        .post("/probe/transfer?from=3&to=4&amount=5&fail=true")?
        .fails(500, "boom")?;
    same(
        "the balance",
        stage.value("SELECT balance FROM probe_accounts WHERE id = 4")?,
        1005,
    )?;
    stage
        .post("/probe/nested?outer=3001&inner=3002&fail=true")?
        .is(200)?
        .has("/inner", "boom")?;
    stage.post("/probe/session?id=3003&commit=true")?.is(200)?;
    stage.post("/probe/session?id=3004&commit=false")?.is(200)?;
    let rows = stage.value("SELECT sum(id) FROM probe_rows WHERE id BETWEEN 3001 AND 3004")?;
    same("rows 3001 and 3003", rows, 6004)?;
    stage
        .post("/probe/transaction?isolation=serializable&read_only=true&deferrable=true")?
        .is(200)?
        .has("/isolation", "serializable")?
        .has("/deferrable", "on")?;
    stage
        .post("/probe/conflict")?
        .fails(500, "database")?
        .has("/attempts", 5)?;
    Ok(())
}

fn statement_timeout(stage: &mut Stage) -> Result<()> {
    stage
        .get("/probe/setting?name=statement_timeout")?
        .is(200)?
        .has("/value", "800ms")?;
    stage
        .get("/probe/sleep?seconds=3")?
        .fails(500, "database")?
        .has("/sqlstate", "57014")?;
    // What a session sets outlasts a transaction that commits.
    for answer in stage.at_once(&[("POST", "/probe/transfer?from=7&to=8&amount=1"); 6])? {
        answer.is(200)?;
    }
    // Another client of the same PgBouncer gets the same server connections.
    let url = stage.url_with("pgbouncer=true");
    let other = stage.serve(&[("DATABASE_URL", &url)])?;
    for _ in 0..6 {
        other
            .client
            .get("/probe/setting?name=statement_timeout")?
            .is(200)?
            .has("/value", "0")?;
    }
    Ok(())
}

fn in_transactions(stage: &mut Stage) -> Result<()> {
    let before = stage.server_log().len();
    stage.get("/probe/one")?.is(200)?;
    stage
        .post("/probe/transfer?from=5&to=6&amount=5")?
        .is(200)?;
    stage.post("/probe/session?id=3010&commit=true")?.is(200)?;
    stage.health()?.is(200)?;
    std::thread::sleep(seconds(0.3));
    let log = stage.server_log();
    let log = log.get(before..).unwrap_or_default();
    let mut open: HashMap<&str, bool> = HashMap::new();
    let mut inside = 0;
    for line in log.lines() {
        let Some((head, statement)) = statement(line) else {
            continue;
        };
        let process = head.split(['[', ']']).nth(1).unwrap_or_default();
        let is_open = open.entry(process).or_default();
        // One message may hold several: BEGIN; SET LOCAL ….
        for part in statement.split(';').map(|part| part.trim().to_uppercase()) {
            let starts = part.starts_with("BEGIN") || part.starts_with("START TRANSACTION");
            let ends = ["COMMIT", "END", "ABORT"]
                .iter()
                .any(|word| part.starts_with(word))
                || (part.starts_with("ROLLBACK") && !part.contains(" TO "));
            if starts {
                *is_open = true;
            } else if ends {
                *is_open = false;
            } else if !part.is_empty() && !own(&part) {
                inside += 1;
                ensure!(
                    *is_open,
                    "expected every statement in a transaction, got outside: {line:?}"
                );
            }
        }
    }
    ensure!(
        inside >= 5,
        "expected the statements in the server's log, got {inside} in {log:?}"
    );
    Ok(())
}

/// `… LOG:  statement: BEGIN` or `… LOG:  execute <unnamed>: SELECT 1`.
fn statement(line: &str) -> Option<(&str, &str)> {
    let (head, rest) = line.split_once("LOG:  ")?;
    if let Some(statement) = rest.strip_prefix("statement: ") {
        return Some((head, statement));
    }
    let (_, statement) = rest.strip_prefix("execute ")?.split_once(": ")?;
    Some((head, statement))
}

/// What PgBouncer itself sets when a client meets another server connection.
const HANDED_ON: [&str; 5] = [
    "CLIENT_ENCODING",
    "DATESTYLE",
    "TIMEZONE",
    "STANDARD_CONFORMING_STRINGS",
    "APPLICATION_NAME",
];

/// Statements of the suite itself, over its own connection, and of PgBouncer.
fn own(upper: &str) -> bool {
    let by_bouncer = upper
        .strip_prefix("SET ")
        .is_some_and(|rest| HANDED_ON.iter().any(|name| rest.starts_with(name)));
    by_bouncer || upper == "DISCARD ALL" || upper.contains("PG_STAT_ACTIVITY")
}

fn health(stage: &mut Stage) -> Result<()> {
    let health = stage.health()?;
    health.within(seconds(2.0))?.is(200)?.has("/status", "ok")?;
    lacks("the url", &health.string("/url")?, "pgbouncer")?;
    stage.all_returned(seconds(3.0))
}

fn no_server(stage: &mut Stage) -> Result<()> {
    const TRANSFER: &str = "/probe/transfer?from=5&to=6&amount=1&fail=false";
    stage.post(TRANSFER)?.is(200)?;
    stage.stop_server()?;
    std::thread::sleep(seconds(1.1));
    // At first it lets clients wait, then it refuses them.
    for _ in 0..3 {
        stage.post(TRANSFER)?.is(503)?;
        stage.get("/probe/one")?.is(503)?;
        stage.health()?.is(503)?;
    }
    stage.start_server()?;
    eventually(seconds(5.0), || {
        stage.post(TRANSFER)?.is(200)?;
        Ok(())
    })
}
