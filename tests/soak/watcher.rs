//! Asks for an application's health and looks at its memory, all the time.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::clients::Orders;
use crate::memory::Memory;
use crate::site::Site;
use crate::support::app::HEALTH;
use crate::support::http::Transcript;
use crate::timeline::Answered;

/// Health is asked so many times a second.
const A_SECOND: usize = 4;

/// What was seen.
#[derive(Debug, Default)]
pub struct Seen {
    pub memory: Memory,
    /// The longest that the health check took.
    pub slowest: Duration,
    /// Health checks without an answer.
    pub unanswered: Vec<String>,
}

/// Watches until the load ends.
pub fn watch(site: &Site, orders: &Orders) -> Seen {
    let mut seen = Seen::default();
    let transcript = Transcript::default();
    let client = site.client().telling(transcript.clone());
    for count in 0.. {
        if orders.stop.load(Ordering::Relaxed) {
            break;
        }
        if count % A_SECOND == 0 {
            seen.memory.add(site.memory());
        }
        let asked = site.now();
        let answer = client.get(HEALTH);
        let answered = site.now();
        let line = transcript.take().pop().unwrap_or_default();
        seen.slowest = seen.slowest.max(answered - asked);
        if answer.is_err() {
            seen.unanswered.push(line.clone());
        }
        let is_failure = !answer.is_ok_and(|answer| answer.status == 200);
        site.timeline().add(Answered {
            asked,
            answered,
            is_failure,
            line,
        });
        std::thread::sleep(Duration::from_secs(1) / u32::try_from(A_SECOND).unwrap_or(1));
    }
    seen
}
