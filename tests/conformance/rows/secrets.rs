//! Secrets, and the metadata that shows settings without them.

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::super::expect::{lacks, same, seconds};
use super::super::row::{Group, PLAIN, row};
use super::super::stage::{CANARY, DATABASE, ENCODED, Stage, USER};

pub const GROUP: Group = Group {
    name: "secrets",
    scene: PLAIN,
    rows: &[
        row(
            "secrets.debug",
            "no password in any `Debug`/`repr`/`toString`",
            debug,
        ),
        row(
            "secrets.parameter",
            "nor when it came by `?password=`",
            parameter,
        ),
        row(
            "secrets.failed-connect",
            "nor in what is logged and answered when connecting fails",
            failed_connect,
        ),
        row(
            "metadata.call",
            "one call gives module, version, framework, capabilities and settings",
            metadata,
        ),
        row(
            "metadata.redacted",
            "the settings in it are redacted",
            metadata_redacted,
        ),
        row(
            "metadata.in-health",
            "the health payload carries it as `metadata`",
            metadata_in_health,
        ),
    ],
};

/// In any form that it could be shown in.
fn clean(what: &str, text: &str) -> Result<()> {
    lacks(what, text, CANARY)?;
    lacks(what, text, ENCODED)
}

fn debug(stage: &mut Stage) -> Result<()> {
    let answer = stage.get("/probe/debug")?;
    let text = answer.is(200)?.string("/text")?;
    ensure!(
        text.len() > 40,
        "expected settings, handle and error shown, got {text:?}"
    );
    clean("the text", &text)?;
    ensure!(
        text.contains("***"),
        "expected the URL redacted, got {text:?}"
    );
    Ok(())
}

fn parameter(stage: &mut Stage) -> Result<()> {
    let port = stage.port();
    let url = format!("postgresql://{USER}@127.0.0.1:{port}/{DATABASE}?password={ENCODED}");
    let app = stage.serve(&[("DATABASE_URL", &url)])?;
    for path in ["/probe/debug", "/probe/metadata", "/probe/one"] {
        clean(path, &app.client.get(path)?.is(200)?.text)?;
    }
    clean("the log", &app.log())
}

fn failed_connect(stage: &mut Stage) -> Result<()> {
    let url = stage.url().replace(ENCODED, &format!("wrong-{CANARY}"));
    let mut app = stage.serve(&[
        ("DATABASE_URL", &url),
        ("DB_ECHO", "true"),
        ("RAPIDKIT_DB_POSTGRES_ECHO_POOL", "true"),
        ("RAPIDKIT_DB_POSTGRES_LOG_HEALTH_CHECKS", "true"),
    ])?;
    for path in ["/probe/one", crate::support::app::HEALTH, "/probe/debug"] {
        clean(path, &app.client.get(path)?.text)?;
    }
    app.process.signal(Signal::TERM);
    app.process.wait(seconds(12.0));
    clean("the log", &app.log())
}

fn metadata(stage: &mut Stage) -> Result<()> {
    let answer = stage.get("/probe/metadata")?;
    answer.is(200)?.has("/module", "db_postgres")?;
    for pointer in ["/version", "/framework"] {
        let text = answer.string(pointer)?;
        ensure!(!text.is_empty(), "expected {pointer}, got {answer}");
    }
    let json = answer.json();
    let capabilities = json["capabilities"]
        .as_array()
        .map(Vec::len)
        .or(json["capabilities"].as_object().map(serde_json::Map::len));
    ensure!(
        capabilities.is_some_and(|count| count > 0),
        "expected capabilities, got {answer}"
    );
    let settings = json["settings"].as_object().context("expected settings")?;
    ensure!(
        settings.len() >= 10,
        "expected the settings, got {settings:?}"
    );
    ensure!(
        settings.values().any(|value| *value == 10) && settings.values().any(|value| *value == 20),
        "expected a pool size of 10 and an overflow of 20 in the settings, got {settings:?}"
    );
    Ok(())
}

fn metadata_redacted(stage: &mut Stage) -> Result<()> {
    let answer = stage.get("/probe/metadata")?;
    clean("the metadata", &answer.is(200)?.text)?;
    lacks("the metadata", &answer.text, USER)?;
    ensure!(
        answer.text.contains("***:***@"),
        "expected a redacted URL, got {answer}"
    );
    Ok(())
}

fn metadata_in_health(stage: &mut Stage) -> Result<()> {
    let expected = stage.get("/probe/metadata")?.is(200)?.json();
    let health = stage.health()?.is(200)?.json();
    same("metadata in health", health["metadata"].clone(), expected)
}
