//! The system calls of a run, as `strace` tells them.

use std::collections::{BTreeMap, HashSet};

use crate::scene::{Scene, Scenes, traced};

const VIRTUAL: [&str; 6] = [
    "</proc",
    "\"/proc",
    "</sys",
    "\"/sys",
    "</dev/null",
    "\"/dev/null",
];

/// One call: the `nth` of this name by a thread.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Point {
    pub call: String,
    pub nth: u32,
    /// By the first thread, whose calls come in the same order each time; else by one of the others.
    pub is_first_thread: bool,
    /// Of a file that no disk has: `/proc`, `/dev/null`.
    pub is_virtual: bool,
}

impl Point {
    /// What `strace` needs to know to do something there.
    pub fn options(&self, what: &str) -> Vec<String> {
        let mut options = vec![
            "-e".to_owned(),
            format!("trace={}", self.call),
            "-e".to_owned(),
            format!("inject={}:{what}:when={}", self.call, self.nth),
        ];
        if !self.is_first_thread {
            options.push("-f".to_owned());
        }
        options
    }
}

/// Every call of a scene's run, from the first of the command's own: before it the system loads the program.
pub fn points(scenes: &Scenes, scene: &Scene) -> Vec<Point> {
    let project = scenes.project(&scene.start);
    let log = tempfile::NamedTempFile::new().unwrap();
    let file = log.path().to_str().unwrap();
    // The last `-o` counts.
    let ran = traced(project.path(), scene.arguments, &["-f", "-y", "-o", file])
        .output()
        .unwrap();
    assert!(ran.status.code().is_some_and(|code| code < 2), "{ran:?}");
    let text = String::from_utf8_lossy(&std::fs::read(log.path()).unwrap()).into_owned();
    let mut first_thread = None;
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut own = false;
    let mut loading: BTreeMap<&str, u32> = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut points = Vec::new();
    for line in text.lines() {
        let Some((thread, rest)) = line.split_once(' ') else {
            continue;
        };
        let Some((call, _)) = rest.trim_start().split_once('(') else {
            continue;
        };
        if !call
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            continue;
        }
        let first_thread = *first_thread.get_or_insert(thread);
        let nth = counts.entry((thread, call)).or_default();
        *nth += 1;
        own |= call == "getcwd";
        if !own {
            loading.insert(call, *nth);
        }
        let point = Point {
            call: call.to_owned(),
            nth: *nth,
            is_first_thread: thread == first_thread,
            is_virtual: VIRTUAL.iter().any(|path| line.contains(path)),
        };
        // Of the other threads, calls that the first had made as often already while it was loading would be the first's.
        let is_firsts = !point.is_first_thread && loading.get(call).is_some_and(|most| most >= nth);
        if own && call != "exit_group" && !is_firsts && seen.insert(point.clone()) {
            points.push(point);
        }
        if scene.until.is_some_and(|until| line.contains(until)) {
            break;
        }
    }
    points
}
