//! Somebody else works in the project while the command writes: saves files, removes them, puts links in their place, swaps
//! directories with others and with links that lead out of the project.
//!
//! Nothing outside may be touched: there stands a copy of the project, so that each name that is written inside leads to
//! something there. What was saved last is in the project afterwards. And of what nobody else touched, all is old or all new; in
//! every second round, that is: in the others whole directories change their places, and what has just been written into one
//! goes with it.
//!
//! Files are saved as editors do, by a rename over the old one. Who writes into a file that is open, and goes on after it was
//! replaced, writes into the old one, whatever replaces it.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use rapidkit_pg::project::Project;
use rapidkit_pg::types::{Change, FileKind, ProjectPath};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;

use crate::chance::Chance;
use crate::sample::{REPORTED, Sample, for_each};
use crate::scene::{Scene, Scenes, recover};
use crate::tree::{Node, Tree};

const FEW: usize = 40;
/// If all are to be tried: there is no end of them.
const MOST: usize = 1000;

/// What was done last to a path by somebody else.
#[derive(Debug, Clone)]
enum Touched {
    Saved(Vec<u8>),
    /// Removed, or a link put there.
    Gone,
}

pub fn run(scenes: &Scenes, sample: &Sample) -> bool {
    println!("races: seed {}", sample.seed);
    let mut all = 0;
    let mut wrong = 0;
    for scene in scenes.all.iter().filter(|scene| !scene.is_recovery) {
        let start = Instant::now();
        let rounds = sample.most(FEW).min(MOST);
        let seeds: Vec<u64> = (0..rounds as u64)
            .map(|round| sample.seed + round)
            .collect();
        let reported = AtomicUsize::new(0);
        let counts = Mutex::new(BTreeMap::new());
        let acts = AtomicUsize::new(0);
        let places: Vec<Place> = (0..2).map(|_| Place::new(scenes, scene)).collect();
        let next = AtomicUsize::new(0);
        for_each(&places, |_, place| {
            while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (outcome, done) = place.round(scene, *seed);
                acts.fetch_add(done, Ordering::Relaxed);
                let word = match outcome {
                    Ok(word) => word,
                    Err(fault) => {
                        if reported.fetch_add(1, Ordering::Relaxed) < REPORTED {
                            println!("races, {}: WRONG with seed {seed}: {fault}", scene.name);
                        }
                        "wrong"
                    }
                };
                *counts.lock().unwrap().entry(word).or_insert(0) += 1;
            }
        });
        let counts = counts.lock().unwrap();
        let of = |word| counts.get(word).copied().unwrap_or(0);
        println!(
            "races, {}: {rounds} rounds, {} acts of somebody else: {} written, {} taken back, {} left to the next run, {} with files gone along with a directory, wrong {}; {:.0?}",
            scene.name,
            acts.load(Ordering::Relaxed),
            of("written"),
            of("taken back"),
            of("left"),
            of("gone along"),
            of("wrong"),
            start.elapsed()
        );
        all += rounds;
        wrong += of("wrong");
    }
    println!("races: outside touched, saved bytes lost or project torn in {wrong} of {all} rounds");
    wrong == 0 && all > 0
}

/// A project, and beside it what must not be touched.
struct Place {
    folder: TempDir,
    changes: Vec<Change>,
    directories: Vec<PathBuf>,
    outside: Outside,
}

type Outside = BTreeMap<PathBuf, (u64, u64, i64, i64)>;

impl Place {
    fn new(scenes: &Scenes, scene: &Scene) -> Self {
        let folder = scenes.project(&Tree::default());
        let outside = folder.path().join("outside");
        scene.old.make(&outside);
        // Also what only the new project has, but for its files.
        for (path, node) in &scene.new.0 {
            if matches!(node, Node::Directory { .. }) {
                std::fs::create_dir_all(outside.join(path)).unwrap();
            }
        }
        std::fs::create_dir_all(outside.join(".rapidkit/txn")).unwrap();
        std::fs::create_dir(folder.path().join("aside")).unwrap();
        let directories = scene.old.0.iter().chain(&scene.new.0);
        let mut directories: Vec<_> = directories
            .filter(|(_, node)| matches!(node, Node::Directory { .. }))
            .map(|(path, _)| path.clone())
            .chain([".rapidkit/txn".into()])
            .collect();
        directories.sort();
        directories.dedup();
        Self {
            changes: changes(scene),
            directories,
            outside: stat(&outside),
            folder,
        }
    }

    /// One run of the command's last part, and somebody else beside it. Says how it ended, and how often somebody acted.
    fn round(&self, scene: &Scene, seed: u64) -> (Result<&'static str, String>, usize) {
        let project = self.folder.path().join("project");
        let _ = std::fs::remove_dir_all(&project);
        scene.old.make(&project);
        let stop = AtomicBool::new(false);
        let mut somebody = Somebody {
            place: self,
            project: &project,
            chance: Chance(seed),
            touched: BTreeMap::new(),
            acts: 0,
            exchanges: !seed.is_multiple_of(2),
            aims: seed.is_multiple_of(4),
        };
        let applied = std::thread::scope(|scope| {
            let beside = scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    somebody.act();
                }
            });
            let opened = Project::open(&project).unwrap();
            let applied = opened
                .writer()
                .and_then(|(writer, _)| writer.apply(&self.changes, &|| false));
            stop.store(true, Ordering::Relaxed);
            beside.join().unwrap();
            applied
        });
        let Somebody {
            touched,
            acts,
            exchanges,
            ..
        } = somebody;
        let left = project.join(".rapidkit/txn/COMMIT").exists();
        let recovered = recover(&project);
        let now = Tree::of(&project);
        let fault = |what: String| {
            let touched: Vec<_> = touched.keys().collect();
            Err(format!(
                "{what}; applied: {applied:?}, recovered: {recovered:?}; touched {touched:?}"
            ))
        };
        if stat(&self.folder.path().join("outside")) != self.outside {
            return (fault("outside was touched".to_owned()), acts);
        }
        for (path, what) in &touched {
            if let Touched::Saved(saved) = what {
                let is_saved =
                    |node: &Node| matches!(node, Node::File { bytes, .. } if bytes == saved);
                if !now.0.values().any(is_saved) {
                    return (fault(format!("what was saved in {path} is lost")), acts);
                }
            }
        }
        let is = |tree: &Tree| {
            let untouched = |path: &&Change| !touched.contains_key(path.path.as_str());
            self.changes.iter().filter(untouched).all(|change| {
                let path = Path::new(change.path.as_str());
                now.0.get(path) == tree.0.get(path)
            })
        };
        let outcome = match (is(&scene.new), is(&scene.old)) {
            (true, _) | (_, true) if left => Ok("left"),
            (true, _) if applied.is_ok() => Ok("written"),
            (_, true) if applied.is_err() => Ok("taken back"),
            (true, _) | (_, true) => Ok("left"),
            (false, false) if exchanges => Ok("gone along"),
            (false, false) => {
                let [old, new] = [&scene.old, &scene.new].map(|tree| now.differences(tree));
                fault(format!(
                    "torn: not the old one: {old}; not the new one: {new}"
                ))
            }
        };
        (outcome, acts)
    }
}

/// Works in the project, too.
struct Somebody<'a> {
    place: &'a Place,
    project: &'a Path,
    chance: Chance,
    touched: BTreeMap<String, Touched>,
    acts: usize,
    /// Whether directories change their places.
    exchanges: bool,
    /// Whether a file is saved once, in the moment in which files are replaced.
    aims: bool,
}

impl Somebody<'_> {
    fn act(&mut self) {
        if self.aims {
            self.aim();
            return;
        }
        let act = self.chance.below(100);
        let done = match act {
            // Mostly directories: a file that is saved ends the race at once.
            0..3 => {
                let path = self.path();
                self.save(path)
            }
            3..4 => self.remove(),
            4..5 => self.link(),
            5..50 => self.lead_out(),
            50..70 if self.exchanges => self.exchange(),
            _ => {
                let pause = u64::try_from(self.chance.below(200)).unwrap();
                std::thread::sleep(std::time::Duration::from_micros(pause));
                false
            }
        };
        self.acts += usize::from(done);
    }

    fn aim(&mut self) {
        if !self.project.join(".rapidkit/txn/COMMIT").exists() || !self.touched.is_empty() {
            return;
        }
        for _ in 0..self.chance.below(100_000) {
            std::hint::spin_loop();
        }
        let replaced = |change: &&Change| change.before.is_some();
        let replaced: Vec<_> = self.place.changes.iter().filter(replaced).collect();
        let index = self.chance.below(replaced.len());
        let path = replaced[index].path.clone();
        self.acts += usize::from(self.save(path));
    }

    fn path(&mut self) -> ProjectPath {
        let index = self.chance.below(self.place.changes.len());
        self.place.changes[index].path.clone()
    }

    fn aside(&self) -> PathBuf {
        let name = format!("aside/{:016x}", self.chance.0);
        self.place.folder.path().join(name)
    }

    fn save(&mut self, path: ProjectPath) -> bool {
        let bytes = format!("saved {:016x}\n", self.chance.next()).into_bytes();
        let aside = self.aside();
        std::fs::write(&aside, &bytes).unwrap();
        self.put(&aside, &path, Touched::Saved(bytes))
    }

    fn link(&mut self) -> bool {
        let path = self.path();
        let aside = self.aside();
        let target = self.place.folder.path().join("outside").join(path.as_str());
        std::os::unix::fs::symlink(target, &aside).unwrap();
        self.put(&aside, &path, Touched::Gone)
    }

    fn put(&mut self, aside: &Path, path: &ProjectPath, touched: Touched) -> bool {
        let done = std::fs::rename(aside, self.project.join(path.as_str())).is_ok();
        if done {
            self.touched.insert(path.to_string(), touched);
        } else {
            std::fs::remove_file(aside).unwrap();
        }
        done
    }

    fn remove(&mut self) -> bool {
        let path = self.path();
        let done = std::fs::remove_file(self.project.join(path.as_str())).is_ok();
        if done {
            self.touched.insert(path.to_string(), Touched::Gone);
        }
        done
    }

    /// For a moment a directory is a link that leads out.
    fn lead_out(&mut self) -> bool {
        let index = self.chance.below(self.place.directories.len());
        let directory = self.place.directories[index].clone();
        let link = self.project.join(".link");
        let outside = self.place.folder.path().join("outside").join(&directory);
        if std::os::unix::fs::symlink(outside, &link).is_err() {
            return false;
        }
        let done = self.swap_for_a_moment(&self.project.join(directory), &link);
        let _ = std::fs::remove_file(&link);
        done
    }

    /// For a moment a directory is another, with nothing in it.
    fn exchange(&mut self) -> bool {
        let index = self.chance.below(self.place.directories.len());
        let directory = self.place.directories[index].clone();
        let other = self.project.join(".other");
        if std::fs::create_dir(&other).is_err() {
            return false;
        }
        let done = self.swap_for_a_moment(&self.project.join(directory), &other);
        // Unless something was written into it.
        let _ = std::fs::remove_dir(&other);
        done
    }

    fn swap_for_a_moment(&mut self, one: &Path, other: &Path) -> bool {
        let exchange = || renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE);
        if exchange().is_err() {
            return false;
        }
        let turns = self.chance.below(3000);
        for _ in 0..turns {
            std::hint::spin_loop();
        }
        // If the command has removed what was put there, or has made a directory of its own there.
        let _ = exchange().is_ok() || std::fs::rename(other, one).is_ok();
        true
    }
}

/// What leads from the old project to the new one; the lock last.
pub fn changes(scene: &Scene) -> Vec<Change> {
    let bytes = |tree: &Tree, path: &Path| match tree.0.get(path) {
        Some(Node::File { bytes, .. }) => Some(bytes.clone()),
        _ => None,
    };
    let mut paths: Vec<_> = scene.old.0.keys().chain(scene.new.0.keys()).collect();
    paths.sort_by_key(|path| (path.ends_with("rapidkit-pg.lock.yaml"), *path));
    paths.dedup();
    let changes = paths.into_iter().map(|path| Change {
        path: path.to_str().unwrap().parse().unwrap(),
        kind: FileKind::Generated,
        before: bytes(&scene.old, path),
        after: bytes(&scene.new, path),
        mode_of: None,
        stays: None,
        summary: Vec::new(),
    });
    changes
        .filter(|change| change.before != change.after)
        .collect()
}

/// Inode, size and time of the last change of everything: nothing can be written without a trace here.
fn stat(root: &Path) -> Outside {
    let entries = walkdir::WalkDir::new(root).into_iter().map(|entry| {
        let entry = entry.unwrap();
        let of = entry.metadata().unwrap();
        let seen = (of.ino(), of.size(), of.ctime(), of.ctime_nsec());
        (entry.path().to_owned(), seen)
    });
    entries.collect()
}
