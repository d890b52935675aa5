use super::{FORMAT, Lock};
use crate::types::{LOCK, Problem, read_yaml};

const LARGEST: usize = 4 << 20;
const MOST_RECORDS: usize = 10_000;

impl Lock {
    /// Reads a lock's text.
    ///
    /// # Errors
    /// Conflict markers; another format; over 4 MiB or 10,000 records; anything that [`Lock::render`] would not have
    /// written.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if text.len() > LARGEST {
            return Err(Problem::input("the lock is larger than 4 MiB").at(LOCK, "", 0..0, ""));
        }
        if let Some(start) = conflict_marker(text) {
            return Err(Problem::input("the lock holds conflict markers of a merge")
                .at(LOCK, text, start..start + 7, "resolve this")
                .help("keep either side, then run `rapidkit-pg lock --overwrite`"));
        }
        let lock: Self = read_yaml(LOCK, text)?;
        if lock.format != FORMAT {
            return Err(Problem::input(format!(
                "the lock has format {}, this rapidkit-pg knows format {FORMAT}",
                lock.format
            ))
            .at(
                LOCK,
                text,
                0..text.find('\n').unwrap_or(0),
                "unknown format",
            )
            .help("use the version of rapidkit-pg that wrote it, or a newer one"));
        }
        if lock
            .modules
            .iter()
            .map(|module| module.files.len())
            .sum::<usize>()
            > MOST_RECORDS
        {
            return Err(Problem::input("the lock has more than 10,000 records").at(
                LOCK,
                "",
                0..0,
                "",
            ));
        }
        let canonical = lock.render();
        if canonical == text {
            return Ok(lock);
        }
        let same = canonical
            .bytes()
            .zip(text.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        Err(
            Problem::input("the lock is not canonical: it was edited by hand")
                .at(
                    LOCK,
                    text,
                    same..same,
                    "here it differs from what rapidkit-pg writes",
                )
                .help("take it back from version control, or run `rapidkit-pg lock --overwrite`"),
        )
    }
}

fn conflict_marker(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("<<<<<<< ")
            || line.starts_with(">>>>>>> ")
            || line.trim_end() == "======="
        {
            return Some(start);
        }
        start += line.len();
    }
    None
}
