use std::path::Path;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::Request;

use super::application::failed;
use super::process::Running;
use super::{HEALTH_BOUND, stop_if_interrupted};
use crate::report::{Progress, Terminal};
use crate::types::Problem;

const START_WITHIN: Duration = Duration::from_secs(20);

/// Asks the application, prints question and answer, and compares.
pub struct Asker<'a> {
    agent: Agent,
    address: &'a str,
    progress: &'a Progress,
    terminal: Terminal,
}

impl<'a> Asker<'a> {
    /// Asks the application at `address`.
    pub fn new(address: &'a str, progress: &'a Progress, terminal: Terminal) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            .http_status_as_error(false)
            .build()
            .new_agent();
        Self {
            agent,
            address,
            progress,
            terminal,
        }
    }

    /// Waits until the application answers.
    ///
    /// # Errors
    /// It ended, or did not answer within 20 s.
    pub fn wait_until_serving(&self, application: &mut Running, log: &Path) -> Result<(), Problem> {
        let deadline = Instant::now() + START_WITHIN;
        while application.is_running() && Instant::now() < deadline {
            stop_if_interrupted()?;
            if std::net::TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(failed("the application does not start", log))
    }

    /// Asks, prints, and returns the body.
    ///
    /// # Errors
    /// Another status than `expected`, or a health answer that took 2 s or more.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&str>,
        expected: u16,
        meaning: &str,
    ) -> Result<String, Problem> {
        stop_if_interrupted()?;
        let fault = |what: String| Problem::decision(format!("{method} {path}: {what}"));
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("content-type", "application/json")
            .body(body.unwrap_or_default().to_owned())
            .map_err(|error| fault(error.to_string()))?;
        let started = Instant::now();
        let mut response = self
            .agent
            .run(request)
            .map_err(|error| fault(error.to_string()))?;
        let status = response.status().as_u16();
        let text = response
            .body_mut()
            .read_to_string()
            .map_err(|error| fault(error.to_string()))?;
        let took = started.elapsed();
        let shown: String = text.chars().take(100).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        let milliseconds = took.as_millis();
        let sent = body.map(|body| format!(" {body}")).unwrap_or_default();
        self.progress.pause(|| {
            self.terminal.line(format!(
                "{method:>4} {path}{sent}  → {status} in {milliseconds} ms  {meaning}"
            ));
            if !shown.is_empty() {
                self.terminal.line(format!("     {shown}{more}"));
            }
        });
        if status != expected {
            return Err(fault(format!("expected {expected}, got {status}")).note(text));
        }
        if took >= HEALTH_BOUND {
            return Err(fault(format!("took {milliseconds} ms")));
        }
        Ok(text)
    }
}
