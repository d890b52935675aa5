//! A system call returns an error. The command must say so and leave the old project, or get by without that call.
//!
//! If what it had staged cannot be removed either, or if a run that was cut off cannot be finished, that is the next run's.
//! An error that lasts can keep the old project from being put back: then the command must say that it is to be run again.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::sample::{REPORTED, Sample, for_each};
use crate::scene::{Found, Scenes, traced};
use crate::trace::Point;
use crate::tree::Tree;

/// Once, or from that call on.
const ERRORS: [(&str, &str); 4] = [("ENOSPC", ""), ("ENOSPC", "+"), ("EIO", ""), ("EACCES", "")];

/// Calls that a disk answers. What the kernel itself does, threads and memory, has no such errors.
const CALLS: [&str; 22] = [
    "open",
    "openat",
    "openat2",
    "read",
    "pread64",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "mkdirat",
    "unlinkat",
    "renameat",
    "renameat2",
    "linkat",
    "fchmod",
    "fchmodat",
    "statx",
    "newfstatat",
    "fstat",
    "getdents64",
    "readlinkat",
    "flock",
];

/// Calls that fail again and again while a disk is full.
const FULL: [&str; 6] = [
    "write",
    "mkdirat",
    "renameat",
    "renameat2",
    "linkat",
    "fsync",
];

/// In a sample, of each scene.
const FEW: usize = 4;

pub fn run(scenes: &Scenes, sample: &Sample) -> bool {
    let mut all = 0;
    let mut wrong = 0;
    for scene in &scenes.all {
        let start = Instant::now();
        let points: Vec<(Point, &str, &str)> = scene
            .points(scenes)
            .into_iter()
            .filter(|point| !point.is_virtual && CALLS.contains(&point.call.as_str()))
            .flat_map(|point| ERRORS.map(|(error, more)| (point.clone(), error, more)))
            .filter(|(point, _, more)| more.is_empty() || FULL.contains(&point.call.as_str()))
            .collect();
        let points = sample.of(points, FEW);
        let reported = AtomicUsize::new(0);
        let counts = Mutex::new([0; 3]);
        for_each(&points, |_, (point, error, more)| {
            let project = scenes.project(&scene.start);
            let mut options = point.options(&format!("error={error}"));
            options[3].push_str(more);
            let options: Vec<_> = options.iter().map(String::as_str).collect();
            let ran = traced(project.path(), scene.arguments, &options)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&ran.stderr).into_owned();
            let at_once = Tree::of(project.path());
            let found = scene.find(project.path());
            let code = ran.status.code();
            let is_error = said.contains("error: ");
            let is_said = is_error || point.call == "write";
            let lost = said.contains("the output could not be written");
            let class = match (code, &found) {
                (Some(0), Found::New) => Ok(0),
                // What was lost is the report of it, and perhaps what would say so.
                (Some(2), Found::New) if lost || (point.call == "write" && !is_error) => Ok(0),
                (Some(1 | 2), Found::Old) if is_said && at_once.without_staging() == scene.old => {
                    Ok(1)
                }
                (Some(1 | 2), Found::Old | Found::New)
                    if is_said && (scene.is_recovery || said.contains("run this again")) =>
                {
                    Ok(2)
                }
                _ => Err(found),
            };
            match class {
                Ok(class) => counts.lock().unwrap()[class] += 1,
                Err(_) if reported.fetch_add(1, Ordering::Relaxed) >= REPORTED => {}
                Err(found) => {
                    let at_once = at_once.differences(&scene.old);
                    println!(
                        "errors, {}: WRONG after {error}{more} at {point:?}: exit code {code:?}, {found:?}, at once: {at_once}\n{said}",
                        scene.name
                    );
                }
            }
        });
        let [new, old, later] = *counts.lock().unwrap();
        let broken = points.len() - new - old - later;
        println!(
            "errors, {}: {} errors: {new} got by, {old} said so and left the old project, {later} left it to the next run, wrong {broken}; {:.0?}",
            scene.name,
            points.len(),
            start.elapsed()
        );
        all += points.len();
        wrong += broken;
    }
    println!("errors: wrong {wrong} of {all}");
    wrong == 0 && all > 0
}
