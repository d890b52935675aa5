//! How much is tried, and chance that can be had again.

use std::sync::atomic::{AtomicUsize, Ordering};

/// So many of a scene's faults are told.
pub const REPORTED: usize = 3;

/// A part of what there is to try, or all of it.
pub struct Sample {
    pub is_all: bool,
    pub seed: u64,
}

impl Sample {
    pub fn from_environment() -> Self {
        let seed = std::env::var("RAPIDKIT_CRASH_SEED").ok();
        Self {
            is_all: std::env::var_os("RAPIDKIT_CRASH").is_some_and(|value| value == "all"),
            seed: seed.map_or(20_261_125, |seed| seed.parse().expect("a number")),
        }
    }

    /// All of them, or `few` taken by chance, in their order.
    pub fn of<T>(&self, mut all: Vec<T>, few: usize) -> Vec<T> {
        if self.is_all {
            return all;
        }
        let mut chance = Chance(self.seed);
        while all.len() > few {
            let index = chance.below(all.len());
            all.remove(index);
        }
        all
    }
}

/// SplitMix64.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// True `of_hundred` times of a hundred.
    pub fn is(&mut self, of_hundred: u64) -> bool {
        self.next() % 100 < of_hundred
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
