//! The process is killed at a system call, before the call is made. The next run must find the old project or the new one.

use std::sync::Mutex;
use std::time::Instant;

use crate::sample::{REPORTED, Sample, for_each};
use crate::scene::{Found, Scenes, traced};

/// In CI, of each scene.
const FEW: usize = 8;
/// And of these calls only, after which something is not as it was before.
const CHANGES: [&str; 7] = [
    "mkdirat",
    "write",
    "fchmodat",
    "fsync",
    "renameat",
    "renameat2",
    "unlinkat",
];

pub fn run(scenes: &Scenes, sample: &Sample) -> bool {
    let mut all = 0;
    let mut torn = 0;
    for scene in &scenes.all {
        let start = Instant::now();
        let mut points = scene.points(scenes);
        let calls = points.len();
        if sample.is_short() {
            points.retain(|point| CHANGES.contains(&point.call.as_str()));
        }
        let points = sample.of(points, FEW);
        let counts = Mutex::new([0; 4]);
        for_each(&points, |_, point| {
            let project = scenes.project(&scene.start);
            let options = point.options("signal=KILL");
            let options: Vec<_> = options.iter().map(String::as_str).collect();
            let ran = traced(project.path(), scene.arguments, &options)
                .output()
                .unwrap();
            let found = scene.find(project.path());
            let mut counts = counts.lock().unwrap();
            // A thread that was not as busy as when the calls were counted.
            if ran.status.code().is_some() {
                counts[3] += 1;
            }
            let class = match found {
                Found::Old => 0,
                Found::New => 1,
                Found::Torn(how) => {
                    if counts[2] < REPORTED {
                        println!("kill, {}: TORN at {point:?}\n  {how}", scene.name);
                    }
                    2
                }
            };
            counts[class] += 1;
        });
        let [old, new, broken, ended] = *counts.lock().unwrap();
        println!(
            "kill, {}: {calls} calls, killed at {}, {old} old, {new} new, torn {broken}; {ended} got through; {:.0?}",
            scene.name,
            points.len() - ended,
            start.elapsed()
        );
        all += points.len() - ended;
        torn += broken;
    }
    println!("kill: torn {torn} of {all}");
    torn == 0 && all > 0
}
