//! All forms of a URL, the same in every framework.

use anyhow::{Result, ensure};

use super::super::expect::{holds, lacks, same, seconds};
use super::super::row::{Group, PLAIN, Scene, row};
use super::super::stage::{CANARY, DATABASE, ENCODED, Stage, USER};
use crate::support::app::{HEALTH, Running};
use crate::support::proxy::{Mode, Proxy};

pub const GROUP: Group = Group {
    name: "urls",
    scene: Scene {
        started: false,
        ..PLAIN
    },
    rows: &[
        row(
            "url.scheme",
            "`postgres://` or `postgresql://`, a `+driver` suffix is accepted and dropped",
            scheme,
        ),
        row(
            "url.percent-encoding",
            "user, password and database may be percent-encoded",
            percent,
        ),
        row("url.unix-socket", "a Unix socket by `?host=`", socket),
        row(
            "url.password-parameter",
            "the password may be in `?password=`; it is not shown",
            password,
        ),
        row(
            "url.application-name",
            "`application_name` reaches the server",
            application_name,
        ),
        row("url.options", "`options` reaches the server", options),
        row(
            "url.of-other-tools",
            "what other drivers and tools put into the same URL is accepted; a `schema` is the search path",
            of_other_tools,
        ),
        row(
            "url.connect-timeout",
            "`connect_timeout` bounds one attempt to connect",
            connect_timeout,
        ),
        row(
            "url.tls-refused",
            "`sslmode=require` against a server without TLS fails with `tls`",
            tls_refused,
        ),
        row(
            "url.sslmode-shown",
            "redacted: query parameters but `sslmode` are dropped",
            sslmode_shown,
        ),
        row(
            "url.wrong-password",
            "a wrong password is `authentication`",
            wrong_password,
        ),
        row(
            "url.unknown-database",
            "an unknown database is `unknown_database`",
            unknown_database,
        ),
        row(
            "url.refused",
            "a port that nothing listens on is `refused`",
            refused,
        ),
    ],
};

fn serve(stage: &mut Stage, url: &str) -> Result<Running> {
    stage
        .transcript
        .add(format!("started with {}", url.replace(CANARY, "(canary)")));
    stage.serve(&[("DATABASE_URL", url)])
}

/// Expects that an application with this URL reaches the database; it, and what health shows.
fn reaches(stage: &mut Stage, url: &str) -> Result<(Running, String)> {
    let app = serve(stage, url)?;
    app.client.get("/probe/one")?.is(200)?.has("/value", 1)?;
    let shown = app.client.get(HEALTH)?.is(200)?.string("/url")?;
    lacks("the url", &shown, CANARY)?;
    holds("the url", &shown, "://***:***@")?;
    Ok((app, shown))
}

/// Expects that an application with this URL starts, and says why it cannot have the database.
fn fails_with(stage: &mut Stage, url: &str, detail: &str) -> Result<()> {
    let app = serve(stage, url)?;
    app.client.get("/")?.is(200)?;
    let health = app.client.get(HEALTH)?;
    health
        .within(seconds(2.0))?
        .is(503)?
        .has("/status", "fail")?
        .has("/detail", detail)?;
    app.client.get("/probe/one")?.fails(503, detail)?;
    Ok(())
}

fn scheme(stage: &mut Stage) -> Result<()> {
    let url = stage.url();
    for scheme in [
        "postgres",
        "postgresql",
        "postgresql+asyncpg",
        "postgresql+psycopg2",
    ] {
        let (_, shown) = reaches(stage, &url.replacen("postgres", scheme, 1))?;
        lacks("the url", &shown, "+")?;
    }
    Ok(())
}

fn percent(stage: &mut Stage) -> Result<()> {
    // Not recorded: it holds the password.
    stage.sql()?.batch_execute(&format!(
        "CREATE ROLE \"o'd d@:/%\" LOGIN PASSWORD '{CANARY} %/:@?#&+='"
    ))?;
    stage.execute("CREATE DATABASE \"d b/?#%\"")?;
    let port = stage.port();
    let url = format!(
        "postgres://o%27d%20d%40%3A%2F%25:{CANARY}%20%25%2F%3A%40%3F%23%26%2B%3D@127.0.0.1:{port}/d%20b%2F%3F%23%25"
    );
    reaches(stage, &url)?;
    Ok(())
}

fn socket(stage: &mut Stage) -> Result<()> {
    let (folder, port) = (stage.server.socket_dir(), stage.server.port());
    let folder = folder.display().to_string();
    for host in [folder.clone(), folder.replace('/', "%2F")] {
        let url = format!("postgres://{USER}:{ENCODED}@/{DATABASE}?host={host}&port={port}");
        let app = serve(stage, &url)?;
        app.client.get("/probe/one")?.is(200)?;
        app.client.get(HEALTH)?.is(200)?;
        let over_socket = stage.value(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' \
             AND client_addr IS NULL",
        )?;
        ensure!(
            over_socket >= 1,
            "expected a connection over the socket, got {over_socket}"
        );
    }
    Ok(())
}

fn password(stage: &mut Stage) -> Result<()> {
    let port = stage.port();
    let url = format!("postgres://{USER}@127.0.0.1:{port}/{DATABASE}?password={ENCODED}");
    let app = serve(stage, &url)?;
    app.client.get("/probe/one")?.is(200)?;
    let health = app.client.get(HEALTH)?;
    lacks("the health payload", &health.is(200)?.text, CANARY)?;
    lacks("the url", &health.string("/url")?, "password")
}

fn application_name(stage: &mut Stage) -> Result<()> {
    let url = stage.url_with("application_name=a%20name");
    let (app, shown) = reaches(stage, &url)?;
    lacks("the url", &shown, "application_name")?;
    app.client
        .get("/probe/setting?name=application_name")?
        .is(200)?
        .has("/value", "a name")?;
    let names: Vec<_> = stage
        .backends()?
        .into_iter()
        .map(|backend| backend.application_name)
        .collect();
    ensure!(
        !names.is_empty() && names.iter().all(|name| name == "a name"),
        "expected every connection named \"a name\", got {names:?}"
    );
    Ok(())
}

fn options(stage: &mut Stage) -> Result<()> {
    let url = stage.url_with("options=-c%20search_path%3Delsewhere%20-c%20lock_timeout%3D4321");
    let (app, _) = reaches(stage, &url)?;
    for (name, value) in [("search_path", "elsewhere"), ("lock_timeout", "4321ms")] {
        app.client
            .get(&format!("/probe/setting?name={name}"))?
            .is(200)?
            .has("/value", value)?;
    }
    Ok(())
}

fn of_other_tools(stage: &mut Stage) -> Result<()> {
    let others = "connection_limit=5&pool_timeout=10&prepared_statement_cache_size=100";
    for (more, path) in [
        ("schema=elsewhere&ssl=disable", "elsewhere"),
        ("schema=public&ssl-mode=prefer", "\"$user\", public"),
        ("currentSchema=elsewhere", "elsewhere"),
    ] {
        let url = stage.url_with(&format!("{others}&{more}"));
        let (app, _) = reaches(stage, &url)?;
        app.client
            .get("/probe/setting?name=search_path")?
            .is(200)?
            .has("/value", path)?;
    }
    Ok(())
}

fn connect_timeout(stage: &mut Stage) -> Result<()> {
    let silent = Proxy::start(stage.server.port())?;
    silent.set(Mode::Swallow);
    let url = format!(
        "postgres://{USER}:{ENCODED}@127.0.0.1:{}/{DATABASE}?connect_timeout=1",
        silent.port()
    );
    let app = serve(stage, &url)?;
    let answer = app.client.get("/probe/one")?;
    answer.fails(503, "timeout")?.within(seconds(3.0))?;
    ensure!(
        answer.took > seconds(0.8),
        "expected an attempt of 1 s, got {answer}"
    );
    Ok(())
}

fn tls_refused(stage: &mut Stage) -> Result<()> {
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = stage.url_with(&format!("sslmode={mode}"));
        fails_with(stage, &url, "tls")?;
    }
    Ok(())
}

fn sslmode_shown(stage: &mut Stage) -> Result<()> {
    let url = stage.url_with("sslmode=disable&application_name=x&connect_timeout=3");
    let (_, shown) = reaches(stage, &url)?;
    let port = stage.port();
    let expected = format!("//***:***@127.0.0.1:{port}/{DATABASE}?sslmode=disable");
    same(
        "the url",
        shown.split_once(':').map(|(_, rest)| rest.to_owned()),
        Some(expected),
    )
}

fn wrong_password(stage: &mut Stage) -> Result<()> {
    let url = stage.url().replace(ENCODED, &format!("wrong-{CANARY}"));
    fails_with(stage, &url, "authentication")
}

fn unknown_database(stage: &mut Stage) -> Result<()> {
    let url = stage.url().replace(DATABASE, "nowhere");
    fails_with(stage, &url, "unknown_database")
}

fn refused(stage: &mut Stage) -> Result<()> {
    let free =
        rapidkit_pg::postgres::free_port().map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let url = stage
        .url()
        .replace(&stage.port().to_string(), &free.to_string());
    fails_with(stage, &url, "refused")
}
