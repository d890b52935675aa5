//! Rust sources: tokens, splices, and an application wired in.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use rapidkit_pg::edit::rust::{self, Source, count, declare, fault, find, tokens};
use rapidkit_pg::edit::splice::{Splice, spliced};
use rapidkit_pg::edit::{count_blocks, is_compared_whole};
use rapidkit_pg::frameworks;
use rapidkit_pg::types::{Block, Profile, ProjectPath, Target};

use crate::inputs::mutated_text;
use crate::run::{refused, run};

const WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b" ",
    b"(",
    b")",
    b"{",
    b"}",
    b"[",
    b"]",
    b"<",
    b">",
    b";",
    b",",
    b".",
    b"::",
    b"?",
    b"\"",
    b"'",
    b"r#\"",
    b"\"#",
    b"b'",
    b"//",
    b"/*",
    b"*/",
    b"#[x]\n",
    b"!",
    b"\\",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"\xe2\x80\xa6",
    b"\xe2\x80\xa6(\xe2\x80\xa6)",
    b"\xe2\x80\xa6 , \xe2\x80\xa6 , \xe2\x80\xa6",
    b".await",
    b"axum::serve(",
    b"async move {",
    b"|x| ",
    b"tokio::select! { _ = a => {} }",
    b"tokio::join!(a, b)",
    b"let app = ",
    b"Router::new()",
    b"fn f() {",
    b"mod m {",
    b"return ",
    b"((((((((((((((((",
    b"{{{{{{{{{{{{{{{{",
    b"loop { break ",
    b"match x { _ => ",
];

const SNIPPETS: &[&str] = &[
    "fn main() { let app = Router::new().merge(db_postgres::router()); serve(app).await; }",
    "let served = …; close().await;",
    "… .merge(db_postgres::router())",
    "if let Err(error) = db::init() {\n    eprintln!(\"{error}\");\n    std::process::exit(1);\n}",
    "f(…, g(…), [1, 2,], { a; b })",
    "/* a /* b */ */ 'a: loop { b'\\'' r#\"x\"# 1.5e3 }",
];

#[test]
fn rust_tokens() {
    let strategy = (mutated_text(SNIPPETS, WORDS), mutated_text(SNIPPETS, WORDS));
    run("tokens", 10_000, strategy, |(source, block)| {
        let mut end = 0;
        for token in tokens(source) {
            assert!(end <= token.start && token.start < token.end);
            assert!(source.get(token.clone()).is_some());
            end = token.end;
        }
        let found = find(source, block);
        for span in &found {
            assert!(source.get(span.clone()).is_some());
        }
        let counted = count(source, block);
        assert!(counted == found.len() || counted < found.len() && source.contains('!'));
        let block = Block {
            name: "x".to_owned(),
            text: block.clone(),
        };
        assert_eq!(count_blocks("main.rs", source, &[block]), [counted]);
        if is_compared_whole("main.rs", source)
            && !source.contains(rust::HOLE)
            && (1..=1_000).contains(&tokens(source).len())
        {
            assert!(count(source, source) >= 1);
        }
        !found.is_empty()
    });
}

#[test]
fn rust_splices() {
    let splice = (any::<u16>(), 0..40usize, 0..SNIPPETS.len());
    let strategy = (
        mutated_text(SNIPPETS, WORDS),
        prop::collection::vec(splice, 0..4),
    );
    run("splices", 1_000, strategy, |(text, splices)| {
        let splices: Vec<Splice> = splices
            .iter()
            .map(|(at, length, snippet)| {
                let start = usize::from(*at) * (text.len() + 3) / 65_536;
                Splice {
                    span: start..start + length,
                    text: SNIPPETS[*snippet].to_owned(),
                }
            })
            .collect();
        let put_in = spliced(text, &splices);
        assert!(
            splices.is_empty() == (put_in == *text)
                || put_in.len() + 40 * splices.len() >= text.len()
        );
        let source = Source::parse(
            ProjectPath::existing("src/main.rs").unwrap(),
            Arc::from(text.as_str()),
        );
        if let Some(span) = fault(text) {
            assert!(span.start <= span.end && span.end <= text.len());
        }
        let line = "mod db_postgres;";
        let declared = declare(&source, "db_postgres", line);
        let block = Block {
            name: "mod".to_owned(),
            text: line.to_owned(),
        };
        match rust::edit(&source, &[declared], vec![block]) {
            Ok(edit) => {
                assert!(count(&edit.text, line) >= 1);
                source.errors() == 0
            }
            Err(problem) => {
                refused(&problem);
                assert!(source.errors() > 0, "{problem:?}");
                false
            }
        }
    });
}

/// The applications of the corpus that are one file.
fn applications() -> Vec<(String, String)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/axum");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(corpus).unwrap() {
        let root = entry.unwrap().path();
        let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
        if let (Some(manifest), Some(main), false) = (
            read("Cargo.toml"),
            read("src/main.rs"),
            root.join("src/lib.rs").exists(),
        ) {
            found.push((manifest, main));
        }
    }
    found.sort();
    found
}

#[test]
fn rust_wiring() {
    let applications = applications();
    let mains: Vec<&str> = applications.iter().map(|(_, main)| main.as_str()).collect();
    let manifests: Vec<String> = applications
        .iter()
        .map(|(manifest, _)| manifest.clone())
        .collect();
    let strategy = (mutated_text(&mains, WORDS), 0..manifests.len());
    let axum = frameworks::all()
        .iter()
        .find(|framework| framework.name() == "axum")
        .unwrap();
    run("wiring", 300, strategy, |(main, manifest)| {
        let path = |path: &str| ProjectPath::existing(path).unwrap();
        let files: BTreeMap<ProjectPath, Arc<str>> = [
            (path("Cargo.toml"), Arc::from(manifests[*manifest].as_str())),
            (path("src/main.rs"), Arc::from(main.as_str())),
        ]
        .into();
        let target = Target {
            framework: "axum",
            root: ProjectPath::root(),
            package: "x".to_owned(),
            profile: Profile::Standard,
        };
        let facts = match axum.pre_generation(&files, &target) {
            Ok(facts) => facts,
            Err(problem) => {
                refused(&problem);
                return false;
            }
        };
        match axum.wire(&files, &target, &facts) {
            Ok(edits) => {
                for edit in edits {
                    for block in &edit.blocks {
                        assert!(
                            count(&edit.text, &block.text) >= 1,
                            "{block:?} in {}",
                            edit.text
                        );
                    }
                    keeps(&files[&edit.path], &edit.text);
                }
                true
            }
            Err(unsure) => {
                refused(&unsure.problem);
                // What does not parse is refused, if need be at the last moment.
                let is_bug = unsure.problem.message.contains("internal error");
                assert!(!is_bug || fault(main).is_some(), "{:?}", unsure.problem);
                false
            }
        }
    });
}

/// No token of the user's is lost, commas aside, which stand where the layout wants them.
fn keeps(before: &str, after: &str) {
    let counted = |text: &str| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for token in tokens(text) {
            // To rustc both line endings are one, inside of literals too.
            let token = text[token].replace("\r\n", "\n");
            *counts.entry(token).or_default() += 1;
        }
        counts
    };
    let after_counts = counted(after);
    for (token, times) in counted(before) {
        let now = after_counts.get(&token).copied().unwrap_or(0);
        assert!(
            token == "," || now >= times,
            "{token:?}: {times} before, {now} after\n{after}"
        );
    }
}
