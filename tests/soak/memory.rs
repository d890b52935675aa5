//! Whether a process grows.

/// Resident sizes in KiB, one a second.
#[derive(Debug, Default)]
pub struct Memory(Vec<u64>);

/// The growth that is not yet one: what an allocator keeps for later.
const SLACK_OF_HUNDRED: u64 = 10;
const SLACK_KIB: u64 = 4 * 1024;

impl Memory {
    pub fn add(&mut self, kib: u64) {
        self.0.push(kib);
    }

    /// The size in KiB once it is warm: the median of the second fifth of the time.
    pub fn warm(&self) -> u64 {
        self.median(1)
    }

    /// The size in KiB in the end: the median of the last fifth.
    pub fn last(&self) -> u64 {
        self.median(4)
    }

    pub fn is_flat(&self) -> bool {
        self.last() <= self.warm() + self.warm() * SLACK_OF_HUNDRED / 100 + SLACK_KIB
    }

    fn median(&self, fifth: usize) -> u64 {
        let (from, to) = (self.0.len() * fifth / 5, self.0.len() * (fifth + 1) / 5);
        let mut part = self.0[from..to].to_vec();
        part.sort_unstable();
        part.get(part.len() / 2).copied().unwrap_or(0)
    }
}
