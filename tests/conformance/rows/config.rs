//! Configuration, read once at start.

use anyhow::{Result, ensure};

use super::super::expect::{holds, lacks, same, seconds};
use super::super::row::{Group, PLAIN, Scene, row};
use super::super::stage::{CANARY, DATABASE, Stage};
use crate::support::app::HEALTH;

pub const GROUP: Group = Group {
    name: "config",
    scene: Scene {
        started: false,
        ..PLAIN
    },
    rows: &[
        row(
            "config.every-mistake-listed",
            "a value that does not parse stops the start with every such mistake listed: variable, value, what is accepted",
            every_mistake,
        ),
        row(
            "config.not-a-number",
            "`abc`, `-5`, `1e3` and an empty string stop the start where a number is due",
            not_a_number,
        ),
        row(
            "config.bad-url-redacted",
            "a URL that does not parse stops the start, and is shown redacted",
            bad_url,
        ),
        row(
            "config.prefix-wins",
            "the RAPIDKIT_DB_POSTGRES_* form of a setting wins over the short one",
            prefix_wins,
        ),
        row(
            "config.url-precedence",
            "RAPIDKIT_DB_POSTGRES_URL wins over DATABASE_URL",
            url_precedence,
        ),
        row(
            "config.url-names",
            "RAPIDKIT_DB_POSTGRES_URL or POSTGRES_URL alone will do",
            url_names,
        ),
        row(
            "config.defaults",
            "DB_POOL_SIZE is 10 by default, and reported without the overflow",
            defaults,
        ),
        row(
            "config.url-unset",
            "a URL that is not set does not stop the start: health 503 `not_configured`, first use a typed error that names the variable",
            unset,
        ),
        row("config.url-empty", "nor does a URL that is empty", empty),
        row(
            "config.test-url-left-alone",
            "TEST_DATABASE_URL: only the generated tests open it",
            test_url,
        ),
    ],
};

const NUMBERS: [&str; 7] = [
    "DB_POOL_SIZE",
    "DB_MAX_OVERFLOW",
    "DB_POOL_TIMEOUT",
    "DB_POOL_RECYCLE",
    "DB_CONNECT_TIMEOUT",
    "RAPIDKIT_DB_POSTGRES_STATEMENT_TIMEOUT",
    "RAPIDKIT_DB_POSTGRES_SLOW_QUERY_THRESHOLD",
];

const BOOLEANS: [&str; 5] = [
    "DB_ECHO",
    "RAPIDKIT_DB_POSTGRES_POOL_PRE_PING",
    "RAPIDKIT_DB_POSTGRES_ECHO_POOL",
    "RAPIDKIT_DB_POSTGRES_LOG_HEALTH_CHECKS",
    "RAPIDKIT_DB_POSTGRES_HEALTH_DETAILS",
];

/// Expects that an application does not start with these settings; what it said.
fn refused(stage: &mut Stage, settings: &[(&str, &str)]) -> Result<String> {
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let mut app = stage.start(&settings)?;
    let ended = app.process.wait(seconds(10.0));
    let said = app.log();
    let shown: Vec<_> = settings.iter().map(|(name, _)| name.as_str()).collect();
    stage.transcript.add(format!(
        "started with {} → {ended:?}: {said}",
        shown.join(", ")
    ));
    match ended {
        Some(status) => ensure!(
            !status.success(),
            "expected a failure, got {status}: {said}"
        ),
        None => {
            anyhow::bail!("expected the start to be refused within 10 s, got it running: {said}")
        }
    }
    lacks("what it said", &said, CANARY)?;
    Ok(said)
}

/// Expects a mistake in what was said: variable and value, and some words on what is accepted.
fn listed(said: &str, variable: &str, value: &str) -> Result<()> {
    let lines: Vec<&str> = said.lines().collect();
    let at = lines.iter().position(|line| line.contains(variable));
    let Some(at) = at else {
        anyhow::bail!("expected {variable} to be listed, got {said:?}")
    };
    // A mistake may take more than one line, as pydantic's do; it ends where the next begins.
    let text = lines[at..lines.len().min(at + 3)].join("\n");
    holds(&format!("the mistake in {variable}"), &text, value)?;
    let rest = text.replace(variable, "").replace(value, "");
    let letters = rest.chars().filter(|c| c.is_alphabetic()).count();
    ensure!(
        letters >= 6,
        "expected words on what {variable} accepts, got {text:?}"
    );
    Ok(())
}

fn every_mistake(stage: &mut Stage) -> Result<()> {
    let values = ["abc", "-5", "1e3", "soon", "many", "-0.5", "1s"];
    let url = format!("mysql://someone:{CANARY}@127.0.0.1/db");
    let mut settings: Vec<_> = NUMBERS.into_iter().zip(values).collect();
    settings.extend(BOOLEANS.map(|name| (name, "perhaps")));
    let mistakes = settings.clone();
    settings.push(("DATABASE_URL", &url));
    let said = refused(stage, &settings)?;
    for (variable, value) in mistakes {
        listed(&said, variable, value)?;
    }
    listed(&said, "DATABASE_URL", "mysql")
}

fn not_a_number(stage: &mut Stage) -> Result<()> {
    let url = stage.url();
    for value in ["abc", "-5", "1e3", ""] {
        let mut settings: Vec<_> = NUMBERS.map(|name| (name, value)).to_vec();
        settings.push(("DATABASE_URL", &url));
        let said = refused(stage, &settings)?;
        for variable in NUMBERS {
            listed(&said, variable, value)?;
        }
    }
    // And alone: one mistake is enough.
    let said = refused(stage, &[("DATABASE_URL", &url), ("DB_POOL_SIZE", "abc")])?;
    listed(&said, "DB_POOL_SIZE", "abc")
}

fn bad_url(stage: &mut Stage) -> Result<()> {
    for rest in [
        "127.0.0.1:port/db",
        "127.0.0.1:99999/db",
        "127.0.0.1/db?sslmode=sometimes",
        "127.0.0.1/db?connect_timeout=soon",
        "127.0.0.1/db?channel_binding=maybe",
        "127.0.0.1/db?sslmode=require&channel_binding=require",
    ] {
        let user = format!("postgres://someone:{CANARY}@{rest}");
        let said = refused(stage, &[("DATABASE_URL", &user)])?;
        holds("what it said", &said, "DATABASE_URL")?;
        let sign = if rest.contains('?') { '&' } else { '?' };
        let parameter = format!("postgres://someone@{rest}{sign}password={CANARY}");
        let said = refused(stage, &[("POSTGRES_URL", &parameter)])?;
        holds("what it said", &said, "POSTGRES_URL")?;
    }
    Ok(())
}

fn prefix_wins(stage: &mut Stage) -> Result<()> {
    let url = stage.url();
    let app = stage.serve(&[
        ("DATABASE_URL", &url),
        ("DB_POOL_SIZE", "3"),
        ("RAPIDKIT_DB_POSTGRES_POOL_SIZE", "7"),
    ])?;
    app.client.get(HEALTH)?.is(200)?.has("/pool/pool_size", 7)?;
    Ok(())
}

fn url_precedence(stage: &mut Stage) -> Result<()> {
    let url = stage.url();
    let closed = format!(
        "postgres://a:b@127.0.0.1:{}/other",
        rapidkit_pg::postgres::free_port().map_err(|problem| anyhow::anyhow!("{problem}"))?
    );
    let app = stage.serve(&[
        ("DATABASE_URL", &closed),
        ("POSTGRES_URL", &closed),
        ("RAPIDKIT_DB_POSTGRES_URL", &url),
    ])?;
    app.client.get("/probe/one")?.is(200)?;
    let shown = app.client.get(HEALTH)?.is(200)?.string("/url")?;
    holds("the url", &shown, DATABASE)
}

fn url_names(stage: &mut Stage) -> Result<()> {
    let url = stage.url();
    for name in ["RAPIDKIT_DB_POSTGRES_URL", "POSTGRES_URL"] {
        let app = stage.serve(&[(name, &url)])?;
        app.client.get("/probe/one")?.is(200)?;
    }
    Ok(())
}

fn defaults(stage: &mut Stage) -> Result<()> {
    let url = stage.url();
    let app = stage.serve(&[("DATABASE_URL", &url)])?;
    app.client.get("/probe/one")?.is(200)?;
    let health = app.client.get(HEALTH)?;
    health
        .is(200)?
        .has("/pool/pool_size", 10)?
        .has("/pool/overflow", 0)?;
    Ok(())
}

fn not_configured(stage: &mut Stage, settings: &[(&str, &str)]) -> Result<()> {
    let app = stage.serve(settings)?;
    app.client.get("/")?.is(200)?.has("/hello", "world")?;
    let health = app.client.get(HEALTH)?;
    health
        .is(503)?
        .has("/status", "fail")?
        .has("/detail", "not_configured")?;
    for answer in [
        app.client.get("/probe/one")?,
        app.client.post("/probe/transfer?from=1&to=2&amount=1")?,
    ] {
        answer.fails(503, "not_configured")?;
        holds("the message", &answer.string("/message")?, "DATABASE_URL")?;
    }
    same("connections", stage.backends()?.len(), 0)
}

fn unset(stage: &mut Stage) -> Result<()> {
    not_configured(stage, &[])
}

fn empty(stage: &mut Stage) -> Result<()> {
    not_configured(stage, &[("DATABASE_URL", "")])
}

fn test_url(stage: &mut Stage) -> Result<()> {
    let url = stage.url();
    not_configured(
        stage,
        &[
            ("TEST_DATABASE_URL", &url),
            ("RAPIDKIT_DB_POSTGRES_TEST_URL", &url),
        ],
    )
}
