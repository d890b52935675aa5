//! Paths that a module or a lock names.

use std::path::{Component, Path};

use rapidkit_pg::types::ProjectPath;

use crate::inputs::mutated_text;
use crate::run::run;

const WORDS: &[&[u8]] = &[
    b"/",
    b"//",
    b".",
    b"..",
    b"../",
    b"\\",
    b"\0",
    b":",
    b"\n",
    b".git",
    b".GIT/",
    b"con",
    b"NUL.",
    b"com1",
    b"C:",
    b"~",
    b"\xc3\xa9",
    b"\xe2\x80\xae",
    b".rapidkit/",
    b" ",
];

#[test]
fn paths() {
    let long = "d/".repeat(260);
    let samples = [
        "src/db_postgres/mod.rs",
        ".env.example",
        "@scope/a+b",
        "crates/api",
        ".",
        &long,
    ];
    let strategy = (mutated_text(&samples, WORDS), mutated_text(&samples, WORDS));
    run("paths", 20_000, strategy, |(text, other)| {
        let Ok(path) = ProjectPath::existing(text) else {
            assert!(text.parse::<ProjectPath>().is_err());
            return false;
        };
        stays_below(&path);
        assert_eq!(path.join(&ProjectPath::root()), path);
        assert_eq!(path.below(&ProjectPath::root()), Some(path.clone()));
        if let Some(parent) = path.parent() {
            assert_eq!(
                path.below(&parent).map(|below| parent.join(&below)),
                Some(path.clone())
            );
        }
        if let Ok(other) = ProjectPath::existing(other) {
            let joined = path.join(&other);
            stays_below(&joined);
            assert_eq!(joined.below(&path), Some(other));
        }
        let Ok(strict) = text.parse::<ProjectPath>() else {
            return false;
        };
        assert_eq!(strict, path);
        assert!(text.is_ascii() && text.len() <= 512 && !text.contains(['\\', ':', '~', ' ']));
        assert!(
            !text
                .split('/')
                .any(|segment| segment.eq_ignore_ascii_case(".git"))
        );
        true
    });
}

/// However it is used, it does not lead out of the directory that it is joined to.
fn stays_below(path: &ProjectPath) {
    let components = Path::new(path.as_str()).components();
    for component in components.clone() {
        assert!(matches!(component, Component::Normal(_)), "{path}");
    }
    let segments = path
        .as_str()
        .split('/')
        .filter(|segment| !segment.is_empty());
    assert_eq!(components.count(), segments.count());
}
