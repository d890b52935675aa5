//! Power fails in the middle of a run. Whatever the disk has kept, the next run must find the old project or the new one;
//! and the new one if the first run had said that it was done.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::chance::Chance;
use crate::disk::{Disk, Fate};
use crate::record::record;
use crate::sample::{REPORTED, Sample, for_each};
use crate::scene::{Found, Scenes};

/// In a sample, of each scene.
const FEW: usize = 30;
/// By chance, of each scene, besides those that are tried one by one.
const MANY: usize = 3000;

/// When power fails, and what becomes of what is uncertain then.
struct Schedule {
    events: usize,
    fates: Vec<(usize, Fate)>,
}

pub fn run(scenes: &Scenes, sample: &Sample) -> bool {
    println!("power: seed {}", sample.seed);
    let mut all = 0;
    let mut torn = 0;
    for scene in &scenes.all {
        let start = Instant::now();
        let (events, end) = record(scenes, scene);
        let disk = Disk::of(&scene.start, &events);
        let replayed = disk.after(disk.events, |_| Fate::Kept);
        assert!(
            replayed == end,
            "{}: the model is not what happened: {}",
            scene.name,
            replayed.differences(&end)
        );
        let schedules = sample.of(schedules(&disk, sample.seed), FEW);
        let counts = Mutex::new([0; 3]);
        let reported = AtomicUsize::new(0);
        let distinct = Mutex::new(HashSet::new());
        for_each(&schedules, |_, schedule| {
            let fate = |index| {
                let of = |(pending, _): &&(usize, Fate)| *pending == index;
                schedule.fates.iter().find(of).unwrap().1
            };
            let left = disk.after(schedule.events, fate);
            let mut hasher = DefaultHasher::new();
            left.hash(&mut hasher);
            distinct.lock().unwrap().insert(hasher.finish());
            let project = scenes.project(&left);
            let found = match scene.find(project.path()) {
                Found::Old if schedule.events == disk.events && scene.old != scene.new => {
                    Found::Torn("it had said that it was done".to_owned())
                }
                found => found,
            };
            counts.lock().unwrap()[match found {
                Found::Old => 0,
                Found::New => 1,
                Found::Torn(how) => {
                    if reported.fetch_add(1, Ordering::Relaxed) < REPORTED {
                        let next = events.get(schedule.events);
                        let lost: Vec<_> = schedule
                            .fates
                            .iter()
                            .filter(|(_, fate)| *fate != Fate::Kept)
                            .map(|(index, fate)| (fate, &events[disk.operations[*index].issued]))
                            .take(5)
                            .collect();
                        println!(
                            "power, {}: TORN after {} events, before {next:?}; lost {lost:?}\n  {how}",
                            scene.name, schedule.events
                        );
                    }
                    2
                }
            }] += 1;
        });
        let [old, new, broken] = *counts.lock().unwrap();
        println!(
            "power, {}: {} calls, {} schedules, {} different disks, {old} old, {new} new, torn {broken}; {:.0?}",
            scene.name,
            events.len(),
            schedules.len(),
            distinct.lock().unwrap().len(),
            start.elapsed()
        );
        all += schedules.len();
        torn += broken;
    }
    println!("power: torn {torn} of {all}");
    torn == 0 && all > 0
}

/// After every event: all lost, all kept, each lost alone, each kept alone; then many by chance.
fn schedules(disk: &Disk, seed: u64) -> Vec<Schedule> {
    let mut schedules = Vec::new();
    for events in 0..=disk.events {
        let pending = disk.pending(events);
        let mut add = |fate: &dyn Fn(usize) -> Fate| {
            let fates = pending.iter().map(|index| (*index, fate(*index)));
            schedules.push(Schedule {
                events,
                fates: fates.collect(),
            });
        };
        add(&|_| Fate::Lost);
        if pending.is_empty() {
            continue;
        }
        add(&|_| Fate::Kept);
        if pending.len() < 2 {
            continue;
        }
        for one in &pending {
            add(&|index| {
                if index == *one {
                    Fate::Lost
                } else {
                    Fate::Kept
                }
            });
            add(&|index| {
                if index == *one {
                    Fate::Kept
                } else {
                    Fate::Lost
                }
            });
        }
    }
    let mut chance = Chance(seed);
    for _ in 0..MANY {
        let events = chance.below(disk.events + 1);
        let kept = [10, 50, 90][chance.below(3)];
        let fates = disk.pending(events).into_iter().map(|index| {
            let is_write = disk.operations[index].effect.is_write();
            let fate = match chance.is(kept) {
                true => Fate::Kept,
                false if is_write => [Fate::Lost, Fate::Half, Fate::Zeros][chance.below(3)],
                false => Fate::Lost,
            };
            (index, fate)
        });
        let fates = fates.collect();
        schedules.push(Schedule { events, fates });
    }
    schedules
}
