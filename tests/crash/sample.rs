//! How much is tried, and chance that can be had again.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::chance::Chance;

/// So many of a scene's faults are told.
pub const REPORTED: usize = 3;

/// How much of what there is to try is tried.
pub struct Sample {
    /// Of each scene; `None`: as CI has time for.
    most: Option<usize>,
    pub seed: u64,
}

impl Sample {
    pub fn from_environment() -> Self {
        let most = std::env::var("RAPIDKIT_CRASH").ok();
        let seed = std::env::var("RAPIDKIT_CRASH_SEED").ok();
        Self {
            most: most.map(|most| match most.as_str() {
                "all" => usize::MAX,
                number => number.parse().expect("`all` or a number"),
            }),
            seed: seed.map_or(20_261_125, |seed| seed.parse().expect("a number")),
        }
    }

    /// Whether CI waits for it.
    pub fn is_short(&self) -> bool {
        self.most.is_none()
    }

    /// As many as are tried; in CI, `few`.
    pub fn most(&self, few: usize) -> usize {
        self.most.unwrap_or(few)
    }

    /// That many of them, taken by chance, in their order.
    pub fn of<T>(&self, all: Vec<T>, few: usize) -> Vec<T> {
        let mut chance = Chance(self.seed);
        let mut left = all.len();
        let mut wanted = self.most(few).min(left);
        all.into_iter()
            .filter(|_| {
                let is_taken = chance.below(left) < wanted;
                left -= 1;
                wanted -= usize::from(is_taken);
                is_taken
            })
            .collect()
    }
}

/// Does `work` for every item, on two threads: what is measured waits more than it works.
pub fn for_each<T: Sync>(items: &[T], work: impl Fn(usize, &T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    work(index, item);
                }
            });
        }
    });
}
