use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use postgres::NoTls;
use rapidkit_pg::postgres::{Server, free_port};
use rustix::process::Signal;

use crate::fixture::{Fixture, Route, target};
use crate::support::http::{Answer, Client, Transcript};
use crate::support::process::Process;
use crate::toolchain::Toolchain;

const HEALTH: &str = "/api/health/module/postgres";

/// Status, headers and body of every route; the time is not compared.
type Answers<'f> = BTreeMap<&'f Route, (u16, Vec<(String, String)>, String)>;

/// `add` refuses, says why and what to add by hand, and writes nothing.
pub fn is_left_alone(fixture: &Fixture, reason: &str) -> Result<String> {
    let folder = fixture.copy()?;
    let before = tree(&folder)?;
    let output = add(fixture, &folder)?;
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    let by_hand = match output.status.code() {
        Some(1) => true,
        Some(2) => false,
        _ => bail!("expected exit code 1 or 2, got {}:\n{err}", output.status),
    };
    ensure!(tree(&folder)? == before, "something was written:\n{err}");
    ensure!(
        !by_hand || err.contains(Toolchain::of(&fixture.framework)?.by_hand),
        "expected the lines to add by hand:\n{err}"
    );
    ensure!(err.contains(reason), "expected {reason:?}:\n{err}");
    Ok(err.lines().next().unwrap_or_default().to_owned())
}

/// The application gets the layer and does all it did before.
pub fn gets_the_layer(fixture: &Fixture, server: &Server) -> Result<String> {
    let folder = fixture.copy()?;
    let tools = Toolchain::of(&fixture.framework)?;
    let was_formatted = (tools.unformatted)(&folder)?.is_empty();
    let program = (tools.build)(fixture, &folder).context("as it is")?;
    let before = {
        let mut app = Started::new(fixture, &folder, &program, None)?;
        let answers = app.answers(&fixture.routes)?;
        as_declared(&answers)?;
        answers
    };

    let output = add(fixture, &folder)?;
    ensure!(
        output.status.success(),
        "add: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let added = tree(&folder)?;
    ensure!(
        add(fixture, &folder)?.status.success(),
        "a second add fails"
    );
    ensure!(tree(&folder)? == added, "a second add changes something");
    verified(&folder)?;

    let program = (tools.build)(fixture, &folder).context("with the layer")?;
    let now = (tools.unformatted)(&folder)?;
    ensure!(
        !was_formatted || now.is_empty(),
        "formatted before, and not now: {now:?}"
    );
    (tools.lints)(&folder)?;
    (tools.tests)(&folder)?;

    let mut app = Started::new(fixture, &folder, &program, None).context("without a database")?;
    app.same(&fixture.routes, &before)?;
    app.health(503, "not_configured")?;
    app.stops()?;

    let url = server.url("postgres") + &format!("?application_name={}", fixture.name);
    let mut app =
        Started::new(fixture, &folder, &program, Some(&url)).context("with a database")?;
    app.same(&fixture.routes, &before)?;
    as_declared(&app.answers(&fixture.with_database)?)?;
    app.health(200, "ok")?;
    app.stops()?;
    let mut client = postgres::Client::connect(&server.url("postgres"), NoTls)?;
    let left: i64 = client
        .query_one(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1",
            &[&fixture.name],
        )?
        .get(0);
    ensure!(left == 0, "{left} connections are left after the stop");

    let mut app = Started::spawn(
        fixture,
        &folder,
        &program,
        &[("DATABASE_URL", &url), ("DB_POOL_SIZE", "abc")],
    )?;
    let ended = app.process.wait(Duration::from_secs(30));
    let printed = app.process.printed();
    ensure!(
        ended.is_some_and(|status| !status.success()) && printed.contains("DB_POOL_SIZE"),
        "it starts with DB_POOL_SIZE=abc ({ended:?}):\n{printed}"
    );
    let _ = std::fs::remove_file(fixture.program());
    Ok(format!("{} routes as before", before.len()))
}

/// The application as it is answers what the fixture says, so that each request reaches what it is meant for.
fn as_declared(answers: &Answers) -> Result<()> {
    for (route, (status, _, text)) in answers {
        let body = route.body.as_ref().is_none_or(|body| body == text);
        ensure!(
            route.status == *status && body,
            "{route:?} is answered with {status} {text:?}"
        );
    }
    Ok(())
}

fn add(fixture: &Fixture, folder: &Path) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rapidkit-pg"));
    command.args(["add", "--yes"]).current_dir(folder);
    if let Some(package) = &fixture.package {
        command.args(["--package", package]);
    }
    if fixture.adopt {
        command.arg("--adopt");
    }
    Ok(command.output()?)
}

/// A release pipeline has nothing to say.
fn verified(folder: &Path) -> Result<()> {
    let output = Command::new(env!("CARGO_BIN_EXE_rapidkit-pg"))
        .args(["verify-all", "--release"])
        .current_dir(folder)
        .output()?;
    ensure!(
        output.status.success(),
        "verify-all: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn tree(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(|entry| entry.ok().filter(|entry| entry.file_type().is_file()))
        .map(|entry| Ok((entry.path().to_owned(), std::fs::read(entry.path())?)))
        .collect()
}

struct Started {
    process: Process,
    ends_by_signal: bool,
    outlives_server: bool,
    client: Client,
}

impl Started {
    fn spawn(
        fixture: &Fixture,
        folder: &Path,
        program: &[OsString],
        variables: &[(&str, &str)],
    ) -> Result<Self> {
        let port = free_port().map_err(|problem| anyhow::anyhow!("{problem}"))?;
        let output = target()
            .join("corpus")
            .join(format!("{}.log", fixture.name));
        let _ = std::fs::remove_file(&output);
        let mut command = Command::new(&program[0]);
        command
            .args(&program[1..])
            .current_dir(folder)
            .env(&fixture.port_variable, port.to_string())
            .env_remove("DATABASE_URL")
            .envs(variables.iter().copied());
        Ok(Self {
            ends_by_signal: Toolchain::of(&fixture.framework)?.ends_by_signal,
            outlives_server: fixture.outlives_server,
            process: Process::start(&mut command, &output)?,
            client: Client::new(port, Transcript::default()),
        })
    }

    fn new(
        fixture: &Fixture,
        folder: &Path,
        program: &[OsString],
        url: Option<&str>,
    ) -> Result<Self> {
        let variables: Vec<_> = url.map(|url| ("DATABASE_URL", url)).into_iter().collect();
        let mut started = Self::spawn(fixture, folder, program, &variables)?;
        let deadline = Instant::now() + Duration::from_secs(30);
        let probe = fixture
            .routes
            .first()
            .context("fixture.toml names no route")?;
        while started.ask(probe).is_err() {
            let ended = started.process.ended();
            ensure!(
                ended.is_none() && Instant::now() < deadline,
                "does not serve ({ended:?}):\n{}",
                started.process.printed()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(started)
    }

    fn ask(&self, route: &Route) -> Result<Answer> {
        let headers: Vec<(&str, &str)> = route
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.client.ask(&route.method, &route.path, &headers)
    }

    fn answers<'f>(&mut self, routes: &'f [Route]) -> Result<Answers<'f>> {
        routes
            .iter()
            .map(|route| {
                let mut answer = self.ask(route)?;
                answer.headers.retain(|(name, _)| name != "date");
                answer.headers.sort();
                Ok((route, (answer.status, answer.headers, answer.text)))
            })
            .collect()
    }

    fn same(&mut self, routes: &[Route], before: &Answers) -> Result<()> {
        let now = self.answers(routes)?;
        ensure!(
            now == *before,
            "routes answer differently\nbefore: {before:?}\nnow: {now:?}"
        );
        Ok(())
    }

    fn health(&mut self, status: u16, text: &str) -> Result<()> {
        let answer = self.client.get(HEALTH)?;
        ensure!(
            answer.status == status && answer.text.contains(text),
            "expected {status} and {text}: {answer}"
        );
        Ok(())
    }

    /// SIGTERM ends it, in order.
    fn stops(&mut self) -> Result<()> {
        self.process.signal(Signal::TERM);
        if self.outlives_server {
            let ended = self.process.wait(Duration::from_secs(2));
            ensure!(ended.is_none(), "it ended by itself: {ended:?}");
            self.process.signal(Signal::TERM);
            let ended = self.process.wait(Duration::from_secs(2));
            let code = ended.and_then(|status| status.code());
            ensure!(code == Some(1), "a second signal did not end it: {ended:?}");
            return Ok(());
        }
        match self.process.wait(Duration::from_secs(12)) {
            Some(status) if status.success() => Ok(()),
            Some(status) if self.ends_by_signal && is_terminated(status) => Ok(()),
            other => bail!(
                "expected a stop in order, got {other:?}:\n{}",
                self.process.printed()
            ),
        }
    }
}

fn is_terminated(status: ExitStatus) -> bool {
    status.signal() == Some(Signal::TERM.as_raw())
}
