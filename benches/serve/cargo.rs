use std::path::{Path, PathBuf};
use std::process::Command;

use crate::side::{Side, add, project, run};

/// Settings that give the generated application the pool that its peers have.
pub const POOL_OF_TEN: &[(&str, &str)] = &[("DB_POOL_SIZE", "10"), ("DB_MAX_OVERFLOW", "0")];

/// The sources of a framework's programs.
pub struct Sources {
    pub manifest: &'static str,
    pub generated: &'static str,
    pub accounts: &'static str,
    pub handwritten: &'static str,
}

/// The generated and the hand-written program.
pub fn programs(work: &Path, sources: &Sources) -> [PathBuf; 2] {
    let generated = work.join("generated");
    let manifest = sources.manifest.replace("NAME", "generated");
    project(
        &generated,
        &[
            ("Cargo.toml", &manifest),
            ("src/main.rs", sources.generated),
            ("src/accounts.rs", sources.accounts),
        ],
    );
    add(&generated);
    let handwritten = work.join("handwritten");
    let manifest = sources.manifest.replace("NAME", "handwritten");
    project(
        &handwritten,
        &[
            ("Cargo.toml", &manifest),
            ("src/main.rs", sources.handwritten),
        ],
    );
    [
        build(&generated, "generated"),
        build(&handwritten, "handwritten"),
    ]
}

fn build(folder: &Path, name: &str) -> PathBuf {
    let target = folder.join("../../target");
    run(Command::new("cargo")
        .args(["build", "--release", "--quiet"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", &target));
    // Another framework's program has the same name.
    let program = folder.join("program");
    std::fs::copy(target.join("release").join(name), &program).expect("a program");
    program
}

/// A program's side.
pub fn side(
    name: &'static str,
    program: &Path,
    variables: &'static [(&'static str, &'static str)],
    peer_of: Option<usize>,
) -> Side {
    Side {
        name,
        folder: program.parent().expect("a folder").to_owned(),
        command: vec![program.display().to_string()],
        variables,
        path: "/accounts/7",
        peer_of,
    }
}
