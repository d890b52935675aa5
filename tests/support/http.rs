//! A small HTTP client that keeps what was asked and what came back.

use std::fmt;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The request, such as `GET /probe/one`.
    pub asked: String,
    pub status: u16,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    pub text: String,
    pub took: Duration,
}

impl Answer {
    /// The body as JSON, `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(its_name, _)| its_name == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.text.trim();
        let (asked, status, took) = (&self.asked, self.status, self.took.as_millis());
        write!(f, "{asked} → {status} {body} ({took} ms)")
    }
}

/// Lines of what was asked and what came back.
#[derive(Debug, Clone, Default)]
pub struct Transcript(Arc<Mutex<Vec<String>>>);

impl Transcript {
    pub fn add(&self, line: impl Into<String>) {
        self.lines().push(line.into());
    }

    /// Takes all lines out.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines())
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Asks one application.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    port: u16,
    transcript: Transcript,
}

impl Client {
    /// A client for a loopback port. It waits 40 s for an answer, and keeps no connection, so that
    /// a closing server has none to wait for.
    pub fn new(port: u16, transcript: Transcript) -> Self {
        Self {
            agent: agent(0),
            port,
            transcript,
        }
    }

    /// The same, but up to so many connections are kept, and what it asks is not.
    #[must_use]
    pub fn keeping(&self, connections: usize) -> Self {
        Self {
            agent: agent(connections),
            ..self.silently()
        }
    }

    /// The same, but what it asks is not kept.
    #[must_use]
    pub fn silently(&self) -> Self {
        self.telling(Transcript::default())
    }

    /// The same, but what it asks is kept there.
    #[must_use]
    pub fn telling(&self, transcript: Transcript) -> Self {
        Self {
            transcript,
            ..self.clone()
        }
    }

    pub fn get(&self, path: &str) -> Result<Answer> {
        self.ask("GET", path, &[])
    }

    pub fn post(&self, path: &str) -> Result<Answer> {
        self.ask("POST", path, &[])
    }

    /// Asks by `GET`, `HEAD` or, without these headers, `POST`.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let asked = format!("{method} {path}");
        let start = Instant::now();
        let result = if method == "POST" {
            self.agent.post(&url).send_empty()
        } else {
            let request = match method {
                "HEAD" => self.agent.head(&url),
                _ => self.agent.get(&url),
            };
            headers
                .iter()
                .fold(request, |request, (name, value)| {
                    request.header(*name, *value)
                })
                .call()
        };
        let result = result.and_then(|mut response| {
            let text = response.body_mut().read_to_string()?;
            let headers = response
                .headers()
                .iter()
                .map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                    (name.as_str().to_owned(), value)
                })
                .collect();
            Ok((response.status().as_u16(), headers, text))
        });
        let took = start.elapsed();
        match result {
            Ok((status, headers, text)) => {
                let answer = Answer {
                    asked,
                    status,
                    headers,
                    text,
                    took,
                };
                self.transcript.add(answer.to_string());
                Ok(answer)
            }
            Err(error) => {
                let took = took.as_millis();
                self.transcript
                    .add(format!("{asked} → no answer: {error} ({took} ms)"));
                Err(error).context(asked)
            }
        }
    }

    /// Asks, and hangs up after a while without having read an answer.
    pub fn hang_up(&self, method: &str, path: &str, after: Duration) -> Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\n\r\n"
        )?;
        std::thread::sleep(after);
        stream.set_nonblocking(true)?;
        let early = stream.read(&mut [0]).is_ok();
        let (after, how) = (
            after.as_millis(),
            if early {
                "after its answer"
            } else {
                "unanswered"
            },
        );
        self.transcript
            .add(format!("{method} {path} → hung up after {after} ms, {how}"));
        anyhow::ensure!(
            !early,
            "{method} {path}: expected to hang up unanswered, got an answer"
        );
        Ok(())
    }
}

fn agent(kept: usize) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(40)))
        .max_idle_connections(kept)
        .max_idle_connections_per_host(kept)
        .proxy(None)
        .build()
        .new_agent()
}
