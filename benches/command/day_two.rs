//! A project with version 1.0.0 of the module and an edit in each generated file, read and upgraded.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{BINARY, medians, print, reset, run, shop, timed};

const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/modules/1.0.0");
const EDIT: &str = "\n// Ours.\n";

pub fn measure(folder: &Path) {
    let old = folder.join("1.0.0");
    shop::make(&old);
    run(ours(&old).args(["add", "--yes", "--module", MODULE]));
    let pristine = generated(&old);
    for file in &pristine {
        let text = std::fs::read_to_string(file).expect("a generated file");
        std::fs::write(file, text + EDIT).expect("edited");
    }
    let copy = folder.join("copy");
    let copied = || {
        reset(&copy);
        timed(Command::new("cp").arg("-r").arg(&old).arg(&copy))
    };
    for command in ["status", "diff"] {
        let times = medians([&|| timed(ours(&old).arg(command)), &copied]);
        print(command, "cp -r of the project", times);
    }

    let new = folder.join("new");
    reset(&new);
    shop::make(&new);
    run(ours(&new).args(["add", "--yes"]));
    let merges: Vec<[PathBuf; 3]> = pristine
        .iter()
        .map(|mine| {
            let path = mine.strip_prefix(&old).expect("a file of the project");
            let base = old.join(".rapidkit/vendor/db_postgres/1.0.0").join(path);
            [mine.clone(), base, new.join(path)]
        })
        .collect();
    let merged = || -> Duration {
        let merge = |files: &[PathBuf; 3]| {
            timed(Command::new("git").args(["merge-file", "-p"]).args(files))
        };
        merges.iter().map(merge).sum()
    };
    let upgraded = || {
        copied();
        timed(ours(&copy).args(["upgrade", "--yes"]))
    };
    print(
        &format!("upgrade, {} files edited, synced to disk", merges.len()),
        "git merge-file of each",
        medians([&upgraded, &merged]),
    );
}

fn ours(project: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("-q").arg("-C").arg(project);
    command
}

fn generated(project: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(project.join("src/db_postgres"))
        .expect("the layer")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| !path.ends_with("tests.rs"))
        .collect();
    files.sort();
    files
}
