use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use proptest::prelude::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rapidkit_pg::report::problem_text;
use rapidkit_pg::types::Problem;

use crate::fixture::say;

/// By the clock on the wall, on a machine that may be busy: only what never ends is meant.
pub const LONGEST: Duration = Duration::from_secs(10);
/// Of the whole process, in KiB.
const MOST_MEMORY: u64 = 1 << 20;

/// The inputs of all readers.
static ALL: AtomicU64 = AtomicU64::new(0);

/// Puts `count` inputs, or `RAPIDKIT_FUZZ` times as many, to `judge`, which says whether one was read.
pub fn run<S>(what: &str, count: u32, strategy: S, judge: impl Fn(&S::Value) -> bool)
where
    S: Strategy,
    S::Value: Clone + Send + 'static,
{
    let times = std::env::var("RAPIDKIT_FUZZ").ok();
    let count = count * times.map_or(1, |times| times.parse().unwrap());
    let config = Config {
        cases: count,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let watch = Watch::default();
    watch.clone().start();
    let seen = std::cell::Cell::new(0u32);
    let read = std::cell::Cell::new(0u32);
    let slowest = std::cell::Cell::new(Duration::ZERO);
    let start = Instant::now();
    let result = runner.run(&strategy, |input| {
        let start = Instant::now();
        watch.set(Some((start, input.clone())));
        if judge(&input) {
            read.set(read.get() + 1);
        }
        watch.set(None);
        slowest.set(slowest.get().max(start.elapsed()));
        seen.set(seen.get() + 1);
        Ok(())
    });
    watch.set(None);
    if let Err(error) = result {
        panic!("{what}: after {} inputs: {error}", seen.get());
    }
    let (seen, read, slowest) = (seen.get(), read.get(), slowest.get());
    let total = ALL.fetch_add(seen.into(), Ordering::Relaxed) + u64::from(seen);
    let memory = peak_memory();
    say(&format!(
        "fuzz, {what}: {seen} inputs, {read} read, 0 panics, slowest {slowest:.1?}, {:.0?} in all, {} MiB at most; {total} inputs over all readers so far",
        start.elapsed(),
        memory >> 10
    ));
    assert_eq!(seen, count);
    assert!(read > 0 && read < seen, "the inputs are all of one kind");
    assert!(slowest < LONGEST, "{slowest:?}");
    assert!(memory < MOST_MEMORY, "{memory} KiB");
}

/// What is refused can be shown: a message, a place inside the text, and the text around it.
pub fn refused(problem: &Problem) {
    assert!(!problem.to_string().is_empty());
    if let Some(at) = &problem.location {
        let span = &at.span;
        assert!(span.start <= span.end, "{problem}: {span:?}");
        assert!(
            at.source.is_empty() || span.start <= at.source.len(),
            "{problem}: {span:?}"
        );
    }
    assert!(!problem_text(problem).is_empty());
}

type Current<T> = Option<(Instant, T)>;

/// Says which input it was that did not come to an end.
struct Watch<T>(Arc<Mutex<Current<T>>>);

impl<T> Default for Watch<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }
}

impl<T> Clone for Watch<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Debug + Send + 'static> Watch<T> {
    fn set(&self, current: Current<T>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = current;
    }

    /// Ends with the test's process: an input that does not end cannot be ended otherwise.
    fn start(self) {
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some((start, input)) = &*current
                    && start.elapsed() > 2 * LONGEST
                {
                    say(&format!("no end: {input:?}"));
                    std::process::abort();
                }
            }
        });
    }
}

/// The most memory that this process has taken, in KiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
