//! Clients that pay, and pay again where they are told that they may.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::bank::ACCOUNTS;
use crate::ledger::{Ledger, Told, read};
use crate::site::Site;
use crate::support::chance::Chance;
use crate::support::http::Transcript;
use crate::timeline::Answered;

/// Of each application; more than it has connections.
pub const CLIENTS: u64 = 10;
/// The longest that a client waits before its next payment, in milliseconds.
const PAUSE: usize = 400;
/// Of a hundred requests so many are given up by their client at any time.
const IMPATIENT: u64 = 2;
/// A client that gives up does so within these milliseconds: about as long as a payment takes.
const PATIENCE: usize = 20;

/// What all clients are told.
#[derive(Debug, Default)]
pub struct Orders {
    pub stop: AtomicBool,
    /// All give up all their requests.
    pub hang_up: AtomicBool,
}

/// Pays until told to stop.
pub fn pay(site: &Site, number: u64, orders: &Orders) -> Ledger {
    let mut chance = Chance(number);
    let mut ledger = Ledger::default();
    let transcript = Transcript::default();
    let client = site.client().telling(transcript.clone());
    for count in 1.. {
        if orders.stop.load(Ordering::Relaxed) {
            break;
        }
        let id = number * 1_000_000_000 + count;
        let from = chance.below(ACCOUNTS);
        let to = (from + 1 + chance.below(ACCOUNTS - 1)) % ACCOUNTS;
        let way = if chance.is(50) { "pay" } else { "pay_by_hand" };
        let amount = 1 + chance.below(9);
        let path = format!(
            "/probe/{way}?id={id}&from={}&to={}&amount={amount}",
            from + 1,
            to + 1
        );
        let told = loop {
            if chance.is(IMPATIENT) || orders.hang_up.load(Ordering::Relaxed) {
                let after = Duration::from_millis(chance.below(PATIENCE) as u64);
                // It may have been answered already; then nobody has read it.
                let _ = client.hang_up("POST", &path, after);
                ledger.hung_up += 1;
                break Told::Unknown;
            }
            let asked = site.now();
            let answer = client.post(&path);
            let line = transcript.take().pop().unwrap_or_default();
            let said = answer.as_ref().ok().and_then(read);
            site.timeline().add(Answered {
                asked,
                answered: site.now(),
                is_failure: !matches!(&said, Some((told, kind)) if *told == Told::Made || is_conflict(kind)),
                line: line.clone(),
            });
            let Some((told, kind)) = said else {
                ledger.unclear.push(line);
                break Told::Unknown;
            };
            if told == Told::Made {
                break told;
            }
            *ledger.errors.entry(kind).or_default() += 1;
            if told == Told::Unknown || orders.stop.load(Ordering::Relaxed) {
                break told;
            }
            ledger.retries += 1;
            std::thread::sleep(Duration::from_millis(100 + chance.below(PAUSE) as u64));
        };
        ledger.enter(id, told);
        std::thread::sleep(Duration::from_millis(chance.below(PAUSE) as u64));
    }
    ledger
}

/// Payments that got in each other's way; that is no fault.
fn is_conflict(kind: &str) -> bool {
    ["40001", "40P01"].contains(&kind)
}
