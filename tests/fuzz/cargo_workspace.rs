//! What Cargo would see in a workspace.

use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::sync::Arc;

use rapidkit_pg::edit::cargo::workspace::{cargo_lock, packages, workspace_of};
use rapidkit_pg::types::{ProjectPath, relative};

use crate::inputs::mutated_text;
use crate::run::{refused, run};

const WORDS: &[&[u8]] = &[
    b"\n",
    b"\"",
    b"=",
    b",",
    b"[",
    b"]",
    b"*",
    b"?",
    b"[a-z]",
    b"[!a]",
    b"[",
    b"**/",
    b"../",
    b"./",
    b"/",
    b"\\",
    b"crates/*",
    b"*a*a*a*a*a*a*a*a*a*a*a*a*b",
    b"\xc3\xa9",
    b"[workspace]\n",
    b"members = [\"*\"]\n",
    b"exclude = [\"crates\"]\n",
    b"[[bin]]\n",
    b"path = \"../x.rs\"\n",
    b"name = \"b\"\n",
    b"[lib]\n",
    b"autobins = false\n",
    b"workspace = \"..\"\n",
    b"[dependencies]\n",
    b"x = { path = \"../b\" }\n",
    b"edition.workspace = true\n",
];

const ROOTS: &[&str] = &[
    "[workspace]\nmembers = [\"crates/*\", \"tools/x\"]\nexclude = [\"crates/old\"]\n[workspace.package]\nedition = \"2024\"\n",
    "[package]\nname = \"root\"\n[workspace]\nmembers = [\"c[a-z]ates/?*\"]\n[dependencies]\na = { path = \"crates/a\" }\n",
    "[package]\nname = \"root\"\nautobins = false\n[[bin]]\nname = \"x\"\npath = \"src/x.rs\"\n[lib]\nname = \"r\"\npath = \"lib.rs\"\n",
];

const MEMBERS: &[&str] = &[
    "[package]\nname = \"a\"\nedition.workspace = true\n[dependencies]\nb = { path = \"../b\" }\n",
    "[package]\nname = \"b\"\nworkspace = \"../..\"\n[dependencies]\na = { path = \"../a\" }\n[lib]\ncrate-type = [\"cdylib\"]\n",
];

#[test]
fn cargo_workspace() {
    let strategy = (
        mutated_text(ROOTS, WORDS),
        mutated_text(MEMBERS, WORDS),
        mutated_text(MEMBERS, WORDS),
    );
    run("workspaces", 3_000, strategy, |(root, a, b)| {
        let path = |path: &str| ProjectPath::existing(path).unwrap();
        let long = format!("crates/{}", "a".repeat(200));
        let mut files: BTreeMap<ProjectPath, Arc<str>> = BTreeMap::new();
        for (at, text) in [
            ("Cargo.toml", root.as_str()),
            ("crates/a/Cargo.toml", a),
            ("crates/b/Cargo.toml", b),
            ("tools/x/Cargo.toml", MEMBERS[0]),
            (&format!("{long}/Cargo.toml"), MEMBERS[0]),
            ("crates/a/src/main.rs", ""),
            ("crates/b/src/lib.rs", ""),
            ("crates/b/src/bin/é.rs", ""),
            ("crates/b/src/bin/tool/main.rs", ""),
            ("src/main.rs", ""),
            ("Cargo.lock", root),
        ] {
            files.insert(path(at), Arc::from(text));
        }
        for directory in ["", "crates/a", "crates/b"] {
            for error in [
                workspace_of(&files, &path(directory)).err(),
                cargo_lock(&files, &path(directory)).err(),
            ] {
                error.iter().for_each(refused);
            }
        }
        if let Some(to) = relative(&path("crates/a"), root) {
            let mut components = Path::new(to.as_str()).components();
            assert!(components.all(|component| matches!(component, Component::Normal(_))));
        }
        match packages(&files) {
            Ok(packages) => {
                let sorted = packages.is_sorted_by(|a, b| a.dir() < b.dir());
                assert!(
                    sorted,
                    "{:?}",
                    packages
                        .iter()
                        .map(|package| package.dir())
                        .collect::<Vec<_>>()
                );
                true
            }
            Err(problem) => {
                refused(&problem);
                false
            }
        }
    });
}
