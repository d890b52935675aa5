//! What rows say about answers. Every message names what was expected and what came back.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::support::http::Answer;

impl Answer {
    /// Expects a status.
    pub fn is(&self, status: u16) -> Result<&Self> {
        ensure!(self.status == status, "expected {status}, got {self}");
        Ok(self)
    }

    /// Expects a value at a JSON pointer of the body.
    pub fn has(&self, pointer: &str, expected: impl Into<Value>) -> Result<&Self> {
        let (json, expected) = (self.json(), expected.into());
        let got = json.pointer(pointer).unwrap_or(&Value::Null);
        ensure!(
            *got == expected,
            "expected {pointer} to be {expected}, got {got} in {self}"
        );
        Ok(self)
    }

    /// A whole number at a JSON pointer of the body.
    pub fn number(&self, pointer: &str) -> Result<i64> {
        self.json()
            .pointer(pointer)
            .and_then(Value::as_i64)
            .with_context(|| format!("expected a whole number at {pointer}, got {self}"))
    }

    /// A text at a JSON pointer of the body.
    pub fn string(&self, pointer: &str) -> Result<String> {
        self.json()
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .with_context(|| format!("expected a text at {pointer}, got {self}"))
    }

    /// Expects an error of this kind with this status.
    pub fn fails(&self, status: u16, kind: &str) -> Result<&Self> {
        self.is(status)?.has("/error", kind)
    }

    /// Expects the answer to have come in time.
    pub fn within(&self, bound: Duration) -> Result<&Self> {
        ensure!(
            self.took <= bound,
            "expected an answer within {} ms, got {self}",
            bound.as_millis()
        );
        Ok(self)
    }
}

/// Repeats until it holds; else its last word.
pub fn eventually(bound: Duration, mut check: impl FnMut() -> Result<()>) -> Result<()> {
    let until = Instant::now() + bound;
    loop {
        match check() {
            Ok(()) => return Ok(()),
            Err(error) if Instant::now() > until => {
                return Err(error).with_context(|| format!("after {} s", bound.as_secs_f64()));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Expects two things to be the same.
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: T, expected: T) -> Result<()> {
    ensure!(
        got == expected,
        "expected {what} to be {expected:?}, got {got:?}"
    );
    Ok(())
}

/// Expects a text to hold a part.
pub fn holds(what: &str, text: &str, part: &str) -> Result<()> {
    if text.contains(part) {
        return Ok(());
    }
    bail!("expected {what} to hold {part:?}, got {text:?}")
}

/// Expects a text not to hold a part.
pub fn lacks(what: &str, text: &str, part: &str) -> Result<()> {
    match text.lines().find(|line| line.contains(part)) {
        None => Ok(()),
        Some(line) => bail!("expected {what} not to hold {part:?}, got {line:?}"),
    }
}

/// Seconds as a duration.
pub fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}
