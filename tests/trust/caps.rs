//! What is too large to be read is never written, and what was made to be slow ends soon.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::fixture::Fixture;
use crate::project::{LOCK, added, verify};

/// A module whose one template has many outputs.
fn module(outputs: usize) -> Fixture {
    let module = Fixture::empty();
    let mut manifest = String::from(
        "name: many\nslug: test/many\nversion: 1.0.0\nsummary: Many files\nlicense: MIT\n\
         compatibility:\n  rapidkit-pg: \">=1.0.0\"\n  postgresql: any\n  frameworks:\n    axum: \">=0.7\"\n\
         capabilities: []\ndocumentation: {}\nhooks:\n  runtime: []\n\
         generation:\n  variants:\n    axum:\n      files:\n",
    );
    for number in 0..outputs {
        let output = format!("many/{number}.txt");
        writeln!(
            manifest,
            "        - {{ template: templates/x, output: {output}, kind: generated }}"
        )
        .unwrap();
    }
    module.write("module.yaml", manifest);
    module.write(
        "config/base.yaml",
        "prompts: []\ndependencies:\n  axum: []\n",
    );
    module.write("templates/x", "x\n");
    module.run(&["lock", "--overwrite"]).ok();
    module
}

#[test]
fn a_lock_that_would_not_be_read_is_never_written() {
    // Each output has two records, and two more come with every module.
    let (most, more) = (module(4_999), module(5_000));
    let add = |module: &Fixture| {
        let path = module.path().to_str().unwrap().to_owned();
        move |project: &Fixture, refused: bool| {
            let arguments = ["add", "many", "--yes", "--no-wire", "--module", &path];
            match refused {
                true => drop(project.refuses(
                    &arguments,
                    1,
                    &["nothing was written", "more than 10,000 records"],
                )),
                false => drop(project.run(&arguments).ok()),
            }
        }
    };
    let project = Fixture::axum();
    add(&more)(&project, true);
    add(&most)(&project, false);
    let path = most.path().to_str().unwrap();
    let verified = verify(&project, &["--release", "--module", path]);
    assert_eq!(verified.code, Some(0), "{}", verified.ran.out);
}

#[test]
fn an_accepted_block_cannot_make_the_lock_too_large() {
    let project = added();
    // Written in the lock, each is two bytes.
    let marks = format!("QUOTES={}\nDB_POOL_SIZE=", "\"".repeat(2 << 20));
    project.replace(".env.example", "DB_POOL_SIZE=", &marks);
    project.refuses(
        &["lock", "--overwrite"],
        1,
        &["nothing was written", "larger than 4 MiB"],
    );
}

/// A lock with more blocks of a file.
fn with_blocks(project: &Fixture, path: &str, count: usize) {
    let lock = project.read(LOCK);
    let mut at = lock.find("      - path: \"src/").unwrap();
    let mut text = lock.clone();
    for number in 0..count {
        let record = format!(
            "      - path: \"{path}\"\n        kind: \"block\"\n        name: \"b{number:04}\"\n        text: \"x\"\n"
        );
        text.insert_str(at, &record);
        at += record.len();
    }
    project.write(LOCK, text);
}

#[test]
fn many_blocks_of_large_files_end_soon() {
    let soon = |project: &Fixture, expected: &str| {
        let start = Instant::now();
        let verified = verify(project, &["--release"]);
        assert!(start.elapsed() < Duration::from_secs(60), "{expected}");
        assert!(verified.codes().contains(expected), "{}", verified.ran.out);
        assert_ne!(verified.code, Some(0));
    };
    for name in ["a.rs", "a.py", "a.ts", "a.toml", "a.env"] {
        let project = added();
        let line = if name == "a.toml" { "x = 1 # " } else { "x; " };
        project.write(
            name,
            (line.to_owned() + &"x ".repeat(40) + "\n").repeat(40_000),
        );
        with_blocks(&project, name, 5_000);
        soon(&project, "RK0106");
        let project = Fixture::empty();
        crate::project::copy(added().path(), project.path());
        project.write(
            name,
            (line.to_owned() + &"x ".repeat(40) + "\n").repeat(40_000),
        );
        with_blocks(&project, name, 60);
        soon(&project, "RK0307");
    }
}
