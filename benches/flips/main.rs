//! Turns every bit of a lock, of its signature, of `module.sums` and of three vendor files, and bits of all others at random; verification
//! must see each. Prints `seen N of N` a file.

#![allow(clippy::disallowed_methods, reason = "a benchmark sets up files")]

mod flip;
#[path = "../shop.rs"]
mod shop;

use std::path::Path;
use std::process::{Command, Stdio};

/// A prime that leaves at least 20,000 bits of the other vendor files.
const STEP: usize = 29;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let project = folder.path().join("project");
    shop::make(&project);
    let added = Command::new(env!("CARGO_BIN_EXE_rapidkit-pg"))
        .args(["-q", "add", "--yes"])
        .current_dir(&project)
        .stdout(Stdio::null())
        .status();
    assert!(added.expect("it starts").success());
    let module = folder.path().join("module");
    std::fs::create_dir_all(&module).expect("a folder");
    for name in ["module.yaml", "module.sums", "config", "templates", "docs"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let copied = Command::new("cp").arg("-a").arg(from).arg(&module).status();
        assert!(copied.expect("cp").success());
    }

    let vendor = shop::vendor(&project);
    let mut unseen = 0;
    let mut turn = |root: &Path, file: &str, step: usize| {
        let flips = flip::all(root, file, step, None);
        unseen += flips.faults.len();
        print(&flips);
    };
    turn(&project, ".rapidkit/rapidkit-pg.lock.yaml", 1);
    turn(&module, "module.sums", 1);
    let whole = ["mod.rs", "routes.rs", "shutdown.rs"];
    for name in whole {
        turn(&project, &format!("{vendor}/{name}"), 1);
    }
    let mut names: Vec<String> = std::fs::read_dir(project.join(&vendor))
        .expect("the vendor tree")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .filter(|name| !whole.contains(&name.as_str()))
        .collect();
    names.sort();
    for name in names {
        turn(&project, &format!("{vendor}/{name}"), STEP);
    }
    let trust = flip::sign(env!("CARGO_BIN_EXE_rapidkit-pg"), &project, folder.path());
    let flips = flip::all(
        &project,
        ".rapidkit/rapidkit-pg.lock.yaml.sig",
        1,
        Some(&trust),
    );
    unseen += flips.faults.len();
    print(&flips);
    assert_eq!(unseen, 0, "{unseen} turned bits were not seen");
}

#[allow(clippy::disallowed_macros, reason = "a benchmark prints its figures")]
fn print(flips: &flip::Flips) {
    println!("{flips}");
}
