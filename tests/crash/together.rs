//! Two to sixteen runs at once in one project: one writes, each other says that it has to wait or that there is nothing to
//! do, and the project is the new one.

use std::process::{Child, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use rapidkit_pg::project::Project;

use crate::races::changes;
use crate::sample::Sample;
use crate::scene::{Scenes, command};
use crate::tree::Tree;

/// Of each number of runs, in a sample.
const FEW: usize = 1;
const MOST: usize = 50;

pub fn run(scenes: &Scenes, sample: &Sample) -> bool {
    let scene = &scenes.all[0];
    let rounds = sample.most(FEW).min(MOST);
    let mut wrong = 0;
    let mut all = 0;
    let (mut waited, mut idle) = (0, 0);
    for count in [2, 3, 4, 8, 16] {
        for _ in 0..rounds {
            let project = scenes.project(&scene.old);
            let runs: Vec<Child> = (0..count)
                .map(|_| {
                    command(project.path(), scene.arguments)
                        .stdout(Stdio::piped())
                        .stderr(Stdio::piped())
                        .spawn()
                        .unwrap()
                })
                .collect();
            let mut won = 0;
            let mut unclear = 0;
            for run in runs {
                let ran = run.wait_with_output().unwrap();
                let said = [ran.stdout, ran.stderr].concat();
                let said = String::from_utf8_lossy(&said);
                match ran.status.code() {
                    Some(0) if said.contains("Added") => won += 1,
                    Some(0) if said.contains("nothing to do") => idle += 1,
                    Some(1) if said.contains("another rapidkit-pg") => waited += 1,
                    _ => {
                        println!("together: UNCLEAR: {said}");
                        unclear += 1;
                    }
                }
            }
            let is_new = Tree::of(project.path()) == scene.new;
            wrong += usize::from(won != 1 || unclear > 0 || !is_new);
            all += 1;
        }
    }
    println!(
        "together, processes: {all} times two to sixteen: one wrote each time, {waited} were told to wait, {idle} had nothing to do; wrong {wrong}"
    );
    let threads = writers(scenes, rounds * 20);
    println!(
        "together: wrong {} of {}",
        wrong + threads,
        all + rounds * 20
    );
    wrong + threads == 0
}

/// The last part of a run, by sixteen threads that begin at the same moment.
fn writers(scenes: &Scenes, rounds: usize) -> usize {
    let scene = &scenes.all[0];
    let changes = changes(scene);
    let mut wrong = 0;
    for _ in 0..rounds {
        let project = scenes.project(&scene.old);
        let barrier = Barrier::new(16);
        let won = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    let opened = Project::open(project.path()).unwrap();
                    barrier.wait();
                    let applied = opened
                        .writer()
                        .and_then(|(writer, _)| writer.apply(&changes, &|| false));
                    won.fetch_add(usize::from(applied.is_ok()), Ordering::Relaxed);
                });
            }
        });
        let is_new = Tree::of(project.path()) == scene.new;
        wrong += usize::from(won.into_inner() != 1 || !is_new);
    }
    println!("together, threads: {rounds} times sixteen, wrong {wrong}");
    wrong
}
