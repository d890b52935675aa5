//! What clients were told of their payments, held against the bank's books.

use std::collections::BTreeMap;

use crate::bank::Books;
use crate::support::http::Answer;

/// What an answer says of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The payment was made.
    Made,
    /// It was not, and may be tried again.
    NotMade,
    /// It may have been made: the answer says so, or the client did not wait for it.
    Unknown,
}

/// What an answer says, and the name it has for it; `None` if it does not say whether the payment may be tried again.
pub fn read(answer: &Answer) -> Option<(Told, String)> {
    let json = answer.json();
    let kind = json["error"].as_str().unwrap_or_default();
    let told = match (answer.status, kind) {
        (200, "") => Told::Made,
        (503, _) if answer.header("retry-after").is_some() => Told::NotMade,
        (500, "outcome_unknown") => Told::Unknown,
        (500, "database") => Told::NotMade,
        _ => return None,
    };
    let sqlstate = json["sqlstate"].as_str();
    let name = sqlstate.filter(|_| kind == "database").unwrap_or(kind);
    Some((told, name.to_owned()))
}

/// What the clients of one application were told.
#[derive(Debug, Default)]
pub struct Ledger {
    payments: Vec<(u64, Told)>,
    /// Payments that were tried again.
    pub retries: u64,
    pub hung_up: u64,
    /// How often each error was answered.
    pub errors: BTreeMap<String, u64>,
    /// Answers that do not say whether to try again, and questions without one.
    pub unclear: Vec<String>,
}

/// What does not agree.
#[derive(Debug)]
pub struct Balance {
    pub made: usize,
    pub unknown: usize,
    /// Told to be made, and not written down.
    pub lost: usize,
    /// Written down more than once.
    pub doubled: usize,
    /// Told not to be made, and written down.
    pub denied: usize,
}

impl Ledger {
    /// The last word on a payment.
    pub fn enter(&mut self, id: u64, told: Told) {
        self.payments.push((id, told));
    }

    pub fn absorb(&mut self, other: Self) {
        self.payments.extend(other.payments);
        self.retries += other.retries;
        self.hung_up += other.hung_up;
        self.unclear.extend(other.unclear);
        for (name, count) in other.errors {
            *self.errors.entry(name).or_default() += count;
        }
    }

    pub fn against(&self, books: &Books) -> Balance {
        let count = |which: &dyn Fn(Told, u64) -> bool| {
            let is = |(id, told): &&(u64, Told)| {
                which(*told, books.written.get(id).copied().unwrap_or(0))
            };
            self.payments.iter().filter(is).count()
        };
        Balance {
            made: count(&|told, _| told == Told::Made),
            unknown: count(&|told, _| told == Told::Unknown),
            lost: count(&|told, written| told == Told::Made && written == 0),
            doubled: count(&|_, written| written > 1),
            denied: count(&|told, written| told == Told::NotMade && written > 0),
        }
    }
}
