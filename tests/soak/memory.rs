//! Whether a process grows.

/// Resident sizes in KiB, one a second.
#[derive(Debug, Default)]
pub struct Memory(Vec<u64>);

/// In less than two and a half minutes an application is warm for too short a time to say anything.
const LONG: usize = 150;
/// An application warms up for a minute.
const WARM: usize = 60;
/// The growth that is not yet one: what an allocator keeps for later.
const SLACK_OF_HUNDRED: u64 = 10;
const SLACK_KIB: u64 = 4 * 1024;

impl Memory {
    pub fn add(&mut self, kib: u64) {
        self.0.push(kib);
    }

    /// The size in KiB once it is warm: the median of a fifth of the time.
    pub fn warm(&self) -> u64 {
        let fifth = self.0.len() / 5;
        let from = fifth.max(WARM.min(self.0.len() / 2));
        median(&self.0[from..from + fifth])
    }

    /// The size in KiB in the end: the median of the last fifth.
    pub fn last(&self) -> u64 {
        let fifth = self.0.len() / 5;
        median(&self.0[self.0.len() - fifth..])
    }

    /// Whether it was watched for long enough to be judged.
    pub fn is_long(&self) -> bool {
        self.0.len() >= LONG
    }

    pub fn is_flat(&self) -> bool {
        self.last() <= self.warm() + self.warm() * SLACK_OF_HUNDRED / 100 + SLACK_KIB
    }
}

fn median(part: &[u64]) -> u64 {
    let mut part = part.to_vec();
    part.sort_unstable();
    part.get(part.len() / 2).copied().unwrap_or(0)
}
