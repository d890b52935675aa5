//! One application under load.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use crate::support::app::{App, HEALTH, Running};
use crate::support::http::{Client, Transcript};
use crate::timeline::Timeline;

/// Connections that its pool keeps, and that it has at most.
pub const POOL: usize = 6;
pub const CAPACITY: usize = 8;
/// As short as a wait for a connection can be told from a slow one.
const SETTINGS: [(&str, &str); 3] = [
    ("DB_POOL_SIZE", "6"),
    ("DB_MAX_OVERFLOW", "2"),
    ("DB_POOL_TIMEOUT", "1"),
];
/// How long it may take to end: it waits for requests for ten seconds, then for the pool.
const END: Duration = Duration::from_secs(15);

/// Where an application's URL leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    Server,
    Bouncer,
}

/// One application, with a database of its own.
#[derive(Debug)]
pub struct Site {
    pub name: String,
    pub database: String,
    pub through: Through,
    running: Running,
    beginning: Instant,
    timeline: Mutex<Timeline>,
}

impl Site {
    /// Starts an application at this URL and waits until it serves.
    pub fn start(
        app: &App,
        through: Through,
        database: &str,
        url: &str,
        folder: &Path,
        beginning: Instant,
    ) -> Result<Self> {
        let name = match through {
            Through::Server => app.name.clone(),
            Through::Bouncer => format!("{}, PgBouncer", app.name),
        };
        let url = match through {
            Through::Server => url.to_owned(),
            Through::Bouncer => format!("{url}?pgbouncer=true"),
        };
        let mut settings = vec![("DATABASE_URL".to_owned(), url)];
        settings.extend(SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let output = folder.join(format!("{database}.log"));
        let mut running = app.start(&settings, &output, &Transcript::default())?;
        running.ready()?;
        Ok(Self {
            name,
            database: database.to_owned(),
            through,
            running,
            beginning,
            timeline: Mutex::default(),
        })
    }

    pub fn client(&self) -> &Client {
        &self.running.client
    }

    /// The time since the beginning.
    pub fn now(&self) -> Duration {
        self.beginning.elapsed()
    }

    pub fn timeline(&self) -> MutexGuard<'_, Timeline> {
        self.timeline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its resident size in KiB.
    pub fn memory(&self) -> u64 {
        self.running.process.memory()
    }

    /// Expects every connection back in the pool.
    pub fn is_at_rest(&self) -> Result<()> {
        let answer = self.running.client.silently().get(HEALTH)?;
        let json = answer.json();
        ensure!(
            json["pool"]["checked_out"] == 0 && json["pool"]["waiting"] == 0,
            "{answer}"
        );
        Ok(())
    }

    /// Tells it to end, as an operator would.
    pub fn end(&mut self) -> Result<()> {
        self.running.process.signal(Signal::TERM);
        let ended = self.running.process.wait(END);
        ended.with_context(|| format!("it has not ended {} s after SIGTERM", END.as_secs()))?;
        Ok(())
    }
}
