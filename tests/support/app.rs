use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::http::{Client, Transcript};
use super::process::Process;

/// How an application that serves the probe routes is started: a JSON file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// What it is called in the report.
    pub name: String,
    /// Program and arguments; a relative program is looked up in `directory`.
    pub command: Vec<String>,
    /// Where it is started; relative to the description's own folder.
    pub directory: PathBuf,
    /// The variable that tells it which loopback port to listen on.
    #[serde(default = "port_variable")]
    pub port_variable: String,
    /// What it needs besides, such as a log level that lets DEBUG through.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Which of the optional parts of the contract it has.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    /// How long a start may take until it serves.
    #[serde(default = "start_seconds")]
    pub start_seconds: u64,
    /// For the faults: the command that builds it, run in `directory`.
    #[serde(default)]
    pub build: Vec<String>,
    /// For the faults: where the layer's sources are, relative to `directory`.
    #[serde(default)]
    pub layer: PathBuf,
}

/// A part of the contract that a framework may lack, as the contract itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// The synchronous engine; NestJS has no synchronous drivers.
    Sync,
    /// The synchronous engine refuses to block an asynchronous runtime: Rust.
    RefusesBlocking,
}

/// The contract's address of the health check.
pub const HEALTH: &str = "/api/health/module/postgres";

fn port_variable() -> String {
    "PORT".to_owned()
}

fn start_seconds() -> u64 {
    30
}

/// Variables of the caller's shell that an application would take for its own.
const FOREIGN: [&str; 9] = [
    "DATABASE_URL",
    "TEST_DATABASE_URL",
    "POSTGRES_URL",
    "PGHOST",
    "PGPORT",
    "PGUSER",
    "PGPASSWORD",
    "PGDATABASE",
    "PGSSLMODE",
];

impl App {
    /// Reads a description.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let mut app: Self =
            serde_json::from_str(&text).with_context(|| file.display().to_string())?;
        let folder = file.canonicalize()?;
        app.directory = folder
            .parent()
            .unwrap_or(Path::new("/"))
            .join(&app.directory);
        Ok(app)
    }

    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// Starts it with these settings and no others of the database layer.
    pub fn start(
        &self,
        settings: &[(String, String)],
        output: &Path,
        transcript: &Transcript,
    ) -> Result<Running> {
        let port = rapidkit_pg::postgres::free_port()?;
        let program = self.command.first().context("the app's command is empty")?;
        let program = if program.contains('/') {
            self.directory.join(program)
        } else {
            program.into()
        };
        let mut command = Command::new(program);
        command
            .args(&self.command[1..])
            .current_dir(&self.directory)
            .envs(&self.environment)
            .env("NO_COLOR", "1")
            .env(&self.port_variable, port.to_string());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            let is_setting = name.starts_with("DB_") || name.starts_with("RAPIDKIT_DB_");
            if is_setting || FOREIGN.contains(&&*name) {
                command.env_remove(&*name);
            }
        }
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        Ok(Running {
            process: Process::start(&mut command, output)?,
            client: Client::new(port, transcript.clone()),
            start_seconds: self.start_seconds,
        })
    }
}

/// A started application.
#[derive(Debug)]
pub struct Running {
    pub process: Process,
    pub client: Client,
    start_seconds: u64,
}

impl Running {
    /// Waits until it serves its own old route.
    pub fn ready(&mut self) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(self.start_seconds);
        let quiet = self.client.silently();
        loop {
            if quiet.get("/").is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if let Some(status) = self.process.ended() {
                let log = self.log();
                anyhow::bail!("expected the application to serve, it ended ({status}):\n{log}");
            }
            ensure!(
                Instant::now() < until,
                "expected the application to serve within {} s, GET / is not answered:\n{}",
                self.start_seconds,
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it printed, without colours.
    pub fn log(&self) -> String {
        let printed = self.process.printed();
        let mut plain = String::with_capacity(printed.len());
        let mut rest = printed.as_str();
        while let Some((before, colour)) = rest.split_once("\u{1b}[") {
            plain.push_str(before);
            rest = colour.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
            rest = rest.get(1..).unwrap_or_default();
        }
        plain.push_str(rest);
        plain
    }
}
