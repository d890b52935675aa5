//! Python sources: statements, imports, and an application wired in.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use proptest::prelude::*;
use rapidkit_pg::edit::count_blocks;
use rapidkit_pg::edit::python::{
    Import, Source, Style, count, edit, fault, insert_import, is_one_statement,
};
use rapidkit_pg::types::{Block, ProjectPath};

use crate::inputs::mutated_text;
use crate::run::{LONGEST, refused, run};
use crate::wiring::{Wired, wire};

const WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\r",
    b" ",
    b"    ",
    b"\t",
    b"(",
    b")",
    b"[",
    b"]",
    b":",
    b",",
    b".",
    b"=",
    b"*",
    b";",
    b"#",
    b"\\\n",
    b"\"",
    b"'",
    b"\"\"\"",
    b"f\"{",
    b"\0",
    b"\x0c",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"import db_postgres\n",
    b"from app import db_postgres, x\n",
    b"from . import (a,\n b)\n",
    b"from __future__ import annotations\n",
    b"import os; import sys\n",
    b"print x\n",
    b"if x:\n    ",
    b"try:\n    import y\nexcept ImportError:\n    pass\n",
    b"def f():\n    ",
    b"class A:\n    ",
    b"lambda: ",
    b"await ",
    b"FastAPI(",
    b"app = FastAPI()\n",
    b"app.mount(\"/x\", app)\n",
    b"((((((((((((((((",
    b"))))))))))))))))",
];

const SNIPPETS: &[&str] = &[
    "db_postgres.init_app(app)",
    "from app import db_postgres",
    "from . import a, db_postgres",
    "import db_postgres",
    "\"\"\"Says.\"\"\"\n\nimport os\n\nfrom fastapi import FastAPI\n\nfrom app import routers  # ours\n\napp = FastAPI()\n",
    "\u{feff}from fastapi import FastAPI\r\n\r\napp = FastAPI()\r\n",
    "#!/usr/bin/env python\nimport a\nfrom .b import (\n    c,  # d\n)\n\nif True:\n\tx = f\"é{a!r}\"\n",
];

const STYLES: &[(usize, &str)] = &[(0, ""), (0, "app"), (1, ""), (2, "a.b")];

#[test]
fn python_sources() {
    let strategy = (
        mutated_text(SNIPPETS, WORDS),
        mutated_text(SNIPPETS, WORDS),
        0..STYLES.len(),
        any::<bool>(),
    );
    run("Python", 500, strategy, |(text, block, style, joins)| {
        let (dots, package) = STYLES[*style];
        let package = package.to_owned();
        let statement = Style { dots, package }.statement("db_postgres");
        let source = Source::parse(
            ProjectPath::existing("main.py").unwrap(),
            Arc::from(text.as_str()),
        );
        if let Some(span) = fault(text) {
            assert!(span.start <= span.end && span.end <= text.len());
        }
        for import in Import::all(&source) {
            assert!(!import.alias.contains(char::is_whitespace), "{import:?}");
        }
        if is_one_statement(block) {
            assert!(count(block, block) >= 1, "{block}");
        }
        let found = count(text, block);
        let block = |name: &str, text: &str| Block {
            name: name.to_owned(),
            text: text.to_owned(),
        };
        let counted = count_blocks("main.py", text, &[block("x", &statement)]);
        assert_eq!(counted, [count(text, &statement)]);
        let import = insert_import(&source, &statement, text.len() / 2, |_| *joins);
        match edit(&source, &[import], vec![block("import", &statement)]) {
            Ok(edit) => {
                assert!(count(&edit.text, &statement) >= 1);
                keeps(text, &edit.text);
            }
            Err(problem) => {
                refused(&problem);
                assert!(fault(text).is_some() || !is_python(text), "{problem:?}");
            }
        }
        found > 0
    });
}

/// The applications of the corpus that are one file.
fn applications() -> Vec<String> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fastapi");
    let mut found: Vec<String> = std::fs::read_dir(corpus)
        .unwrap()
        .flat_map(|entry| {
            let root = entry.unwrap().path();
            ["main.py", "app/main.py"].map(|path| std::fs::read_to_string(root.join(path)))
        })
        .flatten()
        .collect();
    found.sort();
    found
}

#[test]
fn python_wiring() {
    let mains = applications();
    let mains: Vec<&str> = mains.iter().map(String::as_str).collect();
    let strategy = (mutated_text(&mains, WORDS), any::<bool>());
    run("FastAPI", 200, strategy, |(main, is_package)| {
        let path = |path: &str| ProjectPath::existing(path).unwrap();
        let at = path(if *is_package {
            "app/main.py"
        } else {
            "main.py"
        });
        let files: BTreeMap<ProjectPath, Arc<str>> = [
            (path("requirements.txt"), Arc::from("fastapi\n")),
            (path("app/__init__.py"), Arc::from("")),
            (path("app/state.py"), Arc::from("")),
            (at.clone(), Arc::from(main.as_str())),
        ]
        .into();
        match wire("fastapi", &files) {
            Wired::Edits(edits) => {
                for edit in edits {
                    assert_eq!(fault(&edit.text), None, "{}", edit.text);
                    keeps(&files[&edit.path], &edit.text);
                }
                true
            }
            Wired::Refused(problem) => {
                let is_bug = problem.message.contains("internal error");
                assert!(!is_bug || !is_python(main), "{problem:?}");
                false
            }
        }
    });
}

/// Whether Python itself takes it; the grammar takes some texts more.
fn is_python(text: &str) -> bool {
    let code = "import ast, sys; ast.parse(sys.stdin.buffer.read())";
    let mut python = Command::new("python3")
        .args(["-c", code])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // One that does not parse may be left unread.
    let _ = python.stdin.take().unwrap().write_all(text.as_bytes());
    python.wait().unwrap().success()
}

/// Splices only put something in.
fn keeps(before: &str, after: &str) {
    let mut rest = after.chars();
    assert!(
        before.chars().all(|wanted| rest.any(|c| c == wanted)),
        "{after}"
    );
}

#[test]
fn deep_python_ends() {
    let start = Instant::now();
    for (open, close) in [("(", ")"), ("not ", "")] {
        let depth = 20_000;
        let text = format!("x = {}1{}\n", open.repeat(depth), close.repeat(depth));
        let source = Source::parse(ProjectPath::root(), Arc::from(text.as_str()));
        Import::all(&source);
        assert_eq!(fault(&text), None);
        assert_eq!(count(&text, &text), 1);
    }
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
}
