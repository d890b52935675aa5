//! `sslmode`, against a server whose certificate is for `localhost`.

use anyhow::{Context, Result};

use super::super::expect::{same, seconds};
use super::super::row::{Group, PLAIN, Scene, row};
use super::super::stage::{CANARY, DATABASE, ENCODED, Stage, USER};
use crate::support::app::HEALTH;

pub const GROUP: Group = Group {
    name: "tls",
    scene: Scene {
        started: false,
        tls: true,
        ..PLAIN
    },
    rows: &[
        row("tls.disable", "`sslmode=disable` does not encrypt", disable),
        row(
            "tls.encrypts",
            "`sslmode` `prefer` and `require` encrypt where the server can",
            encrypts,
        ),
        row("tls.allow", "`sslmode=allow` reaches the server", allow),
        row(
            "tls.verify",
            "`verify-ca` and `verify-full` accept a certificate of `sslrootcert`",
            verify,
        ),
        row(
            "tls.stranger",
            "`verify-ca` refuses a certificate of another authority: `tls`",
            stranger,
        ),
        row(
            "tls.wrong-name",
            "`verify-full` refuses a certificate for another name: `tls`",
            wrong_name,
        ),
    ],
};

/// Starts an application with these parameters.
fn serve(
    stage: &mut Stage,
    host: &str,
    mode: &str,
    root: Option<&str>,
) -> Result<crate::support::app::Running> {
    let mut url = format!(
        "postgres://{USER}:{ENCODED}@{host}:{}/{DATABASE}?sslmode={mode}",
        stage.port()
    );
    if let Some(root) = root {
        let certificates = stage.certificates.as_ref().context("no certificates")?;
        url += &format!("&sslrootcert={}", certificates.path(root).display());
    }
    stage
        .transcript
        .add(format!("started with {}", url.replace(CANARY, "(canary)")));
    stage.serve(&[("DATABASE_URL", &url)])
}

fn connects(
    stage: &mut Stage,
    host: &str,
    mode: &str,
    root: Option<&str>,
    encrypted: Option<bool>,
) -> Result<()> {
    let app = serve(stage, host, mode, root)?;
    app.client.get("/probe/one")?.is(200)?;
    let Some(encrypted) = encrypted else {
        return Ok(());
    };
    let ssl: Vec<bool> = stage
        .sql()?
        .query(
            "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE \
             backend_type = 'client backend' AND application_name <> 'conformance'",
            &[],
        )?
        .iter()
        .map(|row| row.get(0))
        .collect();
    same(&format!("encryption with {mode}"), ssl, vec![encrypted])
}

fn refuses(stage: &mut Stage, host: &str, mode: &str, root: &str) -> Result<()> {
    let app = serve(stage, host, mode, Some(root))?;
    let health = app.client.get(HEALTH)?;
    health
        .within(seconds(2.0))?
        .is(503)?
        .has("/detail", "tls")?;
    app.client.get("/probe/one")?.fails(503, "tls")?;
    Ok(())
}

fn disable(stage: &mut Stage) -> Result<()> {
    connects(stage, "localhost", "disable", None, Some(false))
}

fn encrypts(stage: &mut Stage) -> Result<()> {
    connects(stage, "127.0.0.1", "prefer", None, Some(true))?;
    connects(stage, "127.0.0.1", "require", None, Some(true))
}

fn allow(stage: &mut Stage) -> Result<()> {
    connects(stage, "127.0.0.1", "allow", None, None)
}

fn verify(stage: &mut Stage) -> Result<()> {
    connects(
        stage,
        "localhost",
        "verify-full",
        Some("authority.crt"),
        Some(true),
    )?;
    // As some providers hand it out.
    connects(
        stage,
        "localhost",
        "verify-full&channel_binding=require",
        Some("authority.crt"),
        Some(true),
    )?;
    connects(
        stage,
        "127.0.0.1",
        "verify-ca",
        Some("authority.crt"),
        Some(true),
    )
}

fn stranger(stage: &mut Stage) -> Result<()> {
    refuses(stage, "localhost", "verify-ca", "stranger.crt")?;
    refuses(stage, "localhost", "verify-full", "stranger.crt")
}

fn wrong_name(stage: &mut Stage) -> Result<()> {
    refuses(stage, "127.0.0.1", "verify-full", "authority.crt")
}
