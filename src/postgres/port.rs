//! Free loopback ports.

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::types::Problem;

/// Below the range that systems hand out to outgoing connections (from 32768 on Linux, 49152 on
/// macOS). A server that is down keeps its port in name only: in that range an outgoing connection
/// could take it, or even connect to itself.
const RANGE: std::ops::Range<u16> = 15_000..32_000;

/// Ports given out by this process, never given out twice.
static GIVEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);

/// A loopback TCP port that nothing listens on.
///
/// # Errors
/// If there is none.
pub fn free_port() -> Result<u16, Problem> {
    let mut given = GIVEN
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let given = given.get_or_insert_default();
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos());
    let seed = u64::from(nanos) ^ (u64::from(std::process::id()) << 20);
    let width = u64::from(RANGE.end - RANGE.start);
    for step in 0..width {
        // 7919 is prime and no factor of the width: every port is tried once.
        let offset = (seed + step * 7919) % width;
        let port = RANGE.start + u16::try_from(offset).unwrap_or(0);
        if !given.contains(&port) && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            given.insert(port);
            return Ok(port);
        }
    }
    Err(
        Problem::input("no free TCP port on 127.0.0.1").note(format!(
            "tried {} to {}",
            RANGE.start,
            RANGE.end - 1
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ_and_are_free() {
        let (first, second) = (free_port().expect("one"), free_port().expect("two"));
        assert_ne!(first, second);
        TcpListener::bind((Ipv4Addr::LOCALHOST, second)).expect("free");
    }
}
