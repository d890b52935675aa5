//! What came of it, a line an application.

use anyhow::Result;

use crate::bank::Books;
use crate::ledger::{Balance, Ledger};
use crate::timeline::{RECOVERY, Timeline};
use crate::watcher::Seen;

/// What came of one application.
#[derive(Debug)]
pub struct Figures {
    pub name: String,
    pub ledger: Ledger,
    pub books: Books,
    pub balance: Balance,
    pub timeline: Timeline,
    pub seen: Seen,
    /// How many connections it kept after the load.
    pub at_rest: Result<usize>,
    /// Whether it ended with all its connections.
    pub ended: Result<()>,
}

/// The health check's own bound, and what the way there and back may take on a busy machine.
const HEALTH_MS: u128 = 2500;
/// So many examples are shown of what may not be.
const SHOWN: usize = 5;

/// Prints all figures. Whether all are as they have to be.
pub fn print(all: &[Figures]) -> bool {
    println!(
        "\n{:<20} {:>8} {:>7} {:>7} {:>7} {:>5} {:>7} {:>6} {:>7} {:>6} {:>5} {:>8} {:<19} {:>8}  memory",
        "application",
        "made",
        "retried",
        "hung up",
        "unknown",
        "lost",
        "doubled",
        "denied",
        "unclear",
        "money",
        "conns",
        "recovery",
        "after",
        "health"
    );
    for figures in all {
        figures.print();
    }
    println!("\nerrors that were answered, by SQLSTATE or kind:");
    for figures in all {
        let errors: Vec<_> = figures
            .ledger
            .errors
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        println!("{:<20} {}", figures.name, errors.join(", "));
    }
    let mut violations = 0;
    for figures in all {
        for violation in figures.violations() {
            violations += 1;
            println!("\n{}: {violation}", figures.name);
        }
    }
    println!("\n{violations} violations");
    violations == 0 && !all.is_empty()
}

impl Figures {
    fn print(&self) {
        let Balance {
            made,
            unknown,
            lost,
            doubled,
            denied,
        } = self.balance;
        let (recovery, fault) = self.timeline.slowest.map_or((0, "none"), |(time, fault)| {
            (time.as_millis(), fault.name())
        });
        let connections = match &self.at_rest {
            Ok(kept) => kept.to_string(),
            Err(_) => "leak".to_owned(),
        };
        let mib = |kib: u64| kib as f64 / 1024.0;
        println!(
            "{:<20} {made:>8} {:>7} {:>7} {:>7} {lost:>5} {doubled:>7} {denied:>6} {:>7} {:>6} {connections:>5} {recovery:>5} ms, {fault:<18} {:>5} ms  {:.1} → {:.1} MiB",
            self.name,
            self.ledger.retries,
            self.ledger.hung_up,
            (unknown as u64).saturating_sub(self.ledger.hung_up),
            self.ledger.unclear.len(),
            self.books.surplus,
            self.seen.slowest.as_millis(),
            mib(self.seen.memory.warm()),
            mib(self.seen.memory.last()),
        );
    }

    /// What may not be, each with its examples.
    fn violations(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut expect = |holds: bool, what: String| {
            if !holds {
                found.push(what);
            }
        };
        let Balance {
            made,
            lost,
            doubled,
            denied,
            ..
        } = self.balance;
        expect(made > 0, "no payment was made".to_owned());
        expect(
            lost == 0,
            format!("{lost} payments that were made are lost"),
        );
        expect(doubled == 0, format!("{doubled} payments were made twice"));
        expect(
            denied == 0,
            format!("{denied} payments that were said not to be made are made"),
        );
        expect(
            self.books.surplus == 0 && self.books.wrong_accounts == 0,
            format!(
                "money is not conserved: {} too much, {} accounts are wrong",
                self.books.surplus, self.books.wrong_accounts
            ),
        );
        expect(
            self.ledger.errors.contains_key("pool_timeout"),
            "nobody was told that the pool is exhausted".to_owned(),
        );
        let mut examples = |what: &str, lines: &[String]| {
            let shown = lines[..lines.len().min(SHOWN)].join("\n    ");
            expect(
                lines.is_empty(),
                format!("{} {what}:\n    {shown}", lines.len()),
            );
        };
        examples(
            "answers do not say whether to try again",
            &self.ledger.unclear,
        );
        examples("health checks have no answer", &self.seen.unanswered);
        examples(
            &format!(
                "answers are late or errors {} s after a fault",
                RECOVERY.as_secs()
            ),
            &self.timeline.late,
        );
        let slowest = self.seen.slowest.as_millis();
        expect(
            slowest <= HEALTH_MS,
            format!("a health check took {slowest} ms"),
        );
        if let Err(error) = &self.at_rest {
            expect(false, format!("connections leak: {error}"));
        }
        if let Err(error) = &self.ended {
            expect(false, format!("it does not end well: {error}"));
        }
        let memory = &self.seen.memory;
        expect(
            memory.is_flat() || !memory.is_long(),
            format!(
                "memory grows from {} to {} KiB",
                memory.warm(),
                memory.last()
            ),
        );
        found
    }
}
