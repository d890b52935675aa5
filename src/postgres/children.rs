//! The processes that a process started itself.

use std::fs;
use std::process::Command;

use rustix::process::Pid;

/// The direct children of `parent`. The server's are its backends and workers; they are leaders of
/// their own process groups, so that a signal to a group does not reach them.
pub(super) fn children(parent: Pid) -> Vec<Pid> {
    let parent = parent.as_raw_nonzero().get();
    let table = if cfg!(target_os = "linux") {
        from_proc()
    } else {
        from_ps()
    };
    table
        .into_iter()
        .filter(|(_, its_parent)| *its_parent == parent)
        .filter_map(|(pid, _)| Pid::from_raw(pid))
        .collect()
}

/// (process, parent) of every process, from Linux's process table; `ps` need not be installed.
fn from_proc() -> Vec<(i32, i32)> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((pid, parent_in_stat(&stat)?))
        })
        .collect()
}

/// `42 (name, which may hold ) and spaces) S 1 …`: the parent is the second field after the name.
fn parent_in_stat(stat: &str) -> Option<i32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

fn from_ps() -> Vec<(i32, i32)> {
    let Ok(output) = Command::new("ps").args(["-axo", "pid=,ppid="]).output() else {
        return Vec::new();
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_brackets() {
        assert_eq!(parent_in_stat("7 (a) b (c)) S 42 7 7 0"), Some(42));
        assert_eq!(parent_in_stat("nonsense"), None);
    }

    #[test]
    fn a_child_is_found() {
        let mut child = Command::new("sleep").arg("30").spawn().expect("sleep");
        let found = children(rustix::process::getpid());
        let pid = Pid::from_child(&child);
        child.kill().expect("killed");
        child.wait().expect("waited");
        assert!(found.contains(&pid), "expected {pid:?} in {found:?}");
    }
}
