//! When what was answered, and how long it took after a fault until all was well.

use std::sync::LazyLock;
use std::time::Duration;

use crate::faults::Fault;

/// How long an application may need once a fault is over.
pub static RECOVERY: LazyLock<Duration> = LazyLock::new(|| {
    let said = std::env::var("RAPIDKIT_SOAK_RECOVERY").ok();
    let seconds = said.map_or(2.0, |said| said.parse().expect("a number of seconds"));
    Duration::from_secs_f64(seconds)
});

/// A question and its answer. Times are since the beginning.
#[derive(Debug, Clone)]
pub struct Answered {
    pub asked: Duration,
    pub answered: Duration,
    /// Whether it was answered by an error.
    pub is_failure: bool,
    /// The answer as text.
    pub line: String,
}

/// A fault from its beginning to its end.
#[derive(Debug, Clone)]
pub struct Event {
    pub fault: Fault,
    pub start: Duration,
    pub end: Duration,
}

/// What one application answered since the last fault began.
#[derive(Debug, Default)]
pub struct Timeline {
    since: Vec<Answered>,
    /// The longest that it took, and after which fault.
    pub slowest: Option<(Duration, Fault)>,
    /// Questions that were answered badly while nothing was wrong.
    pub late: Vec<String>,
}

impl Timeline {
    pub fn add(&mut self, answered: Answered) {
        self.since.push(answered);
    }

    /// Judges the time from the beginning of a fault until `now`, when the next may begin.
    pub fn judge(&mut self, event: &Event, now: Duration) {
        let answers = std::mem::take(&mut self.since);
        let lasted = event.end - event.start;
        let mut recovery = Duration::ZERO;
        let mut first = None::<Duration>;
        for answer in &answers {
            let took = answer.answered - answer.asked;
            let after = answer.answered.saturating_sub(event.end);
            let was_waiting = answer.asked < event.end;
            let is_bad = answer.is_failure || was_waiting || took > *RECOVERY;
            if is_bad {
                recovery = recovery.max(after);
            } else if first.is_none_or(|first| after < first) {
                first = Some(after);
            }
            if is_bad && after > *RECOVERY || took > lasted + *RECOVERY {
                let (after, fault) = (after.as_millis(), event.fault.name());
                self.late
                    .push(format!("{after} ms after {fault}: {}", answer.line));
            }
        }
        let recovery = recovery.max(first.unwrap_or(now - event.end));
        if first.is_none() {
            self.late
                .push(format!("nothing was answered after {}", event.fault.name()));
        }
        if self
            .slowest
            .as_ref()
            .is_none_or(|(slowest, _)| recovery > *slowest)
        {
            self.slowest = Some((recovery, event.fault));
        }
    }
}
