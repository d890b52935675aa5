//! release.md: its steps, in a copy of the module.

use std::path::Path;

use crate::page::page;
use crate::repository;
use crate::scratch::{EDITOR, application, copy_module, git};
use crate::session::Session;
use crate::walk::walk;

const PAGE: &str = "docs/release.md";

#[test]
fn every_step_of_the_release_page_works() {
    let home = tempfile::tempdir().unwrap();
    application(&home.path().join("shop"), "shop");
    let module = home.path().join("module");
    copy_module(&module);
    copy_snapshots(&module);
    let session = Session::new(home.path());
    session.ok(&"home", "export HOME=\"$PWD\"; cd module");
    git(&session);
    session.ok(
        &"what was released last",
        // What is being worked on need not be recorded yet.
        "rapidkit-pg -q lock --overwrite --same-version
         git add --all; git commit -qm 'Release'; git tag v1.1.0
         mkdir ~/.ssh ~/trust
         ssh-keygen -q -t ed25519 -N '' -C release -f ~/.ssh/release
         echo \"release@example.org $(cat ~/.ssh/release.pub)\" > ~/trust/allowed_signers",
    );
    session.ok(
        &"editor",
        &format!("pushd ~; {EDITOR}; popd; export EDITOR=~/editor"),
    );
    session.ok(&"cargo", &cargo(&module));
    let executed = walk(PAGE, "release", &session);
    assert!(executed >= 8, "only {executed} steps");
    let (log, _) = session.ok(
        &"what was released",
        "git status --porcelain; git log --oneline --decorate; git show --stat HEAD; rapidkit-pg lock --check",
    );
    for expected in ["tag: v1.2.1", "module.sums.sig", "docs/changelog.md"] {
        assert!(log.contains(expected), "no {expected} in\n{log}");
    }
}

fn copy_snapshots(module: &Path) {
    let to = module.join("tests/cli/snapshots");
    std::fs::create_dir_all(&to).unwrap();
    for entry in std::fs::read_dir(repository().join("tests/cli/snapshots")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// A `cargo` that tests the repository, where this test was built, and writes snapshots into the copy.
fn cargo(module: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_rapidkit-pg"));
    let target = binary.ancestors().nth(2).unwrap();
    // As this test was built, or everything would be brought and built once more.
    let settings: String = ["HOME", "CARGO_INCREMENTAL", "CARGO_PROFILE_DEV_DEBUG"]
        .into_iter()
        .map(|name| match std::env::var(name) {
            Ok(value) => format!("export {name}='{value}'; "),
            Err(_) => format!("unset {name}; "),
        })
        .collect();
    format!(
        "cargo() (
           {settings} export CARGO_TARGET_DIR='{}' INSTA_WORKSPACE_ROOT='{}'
           cd '{}'; command cargo \"$@\"
         )
         declare -f cargo >> \"$STATE/functions\"",
        target.display(),
        module.display(),
        repository().display()
    )
}

#[test]
fn what_the_page_says_of_cargo_is_there() {
    let manifest = std::fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let text = page(PAGE).text;
    let mut seen = 0;
    for (option, folder) in [("--test ", "tests"), ("--bench ", "benches")] {
        for rest in text.split(option).skip(1) {
            let name: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let main = repository().join(folder).join(&name).join("main.rs");
            let declared = manifest.contains(&format!("name = \"{name}\""));
            assert!(main.is_file() || declared, "no {option}{name}");
            seen += 1;
        }
    }
    assert!(seen > 6, "only {seen}");
}
