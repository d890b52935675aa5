//! TypeScript sources: tokens, imports, and an application wired in.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rapidkit_pg::edit::typescript::{
    Source, add_import, count, edit, fault, imported, reexported, tokens,
};
use rapidkit_pg::edit::{count_blocks, is_compared_whole};
use rapidkit_pg::types::{Block, ProjectPath};

use crate::inputs::mutated_text;
use crate::run::{LONGEST, refused, run};
use crate::wiring::{Wired, wire};

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
    b":",
    b"...",
    b"?",
    b"=>",
    b"'",
    b"\"",
    b"`",
    b"${",
    b"//",
    b"/*",
    b"*/",
    b"/x/g",
    b"\\",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"\xe2\x80\xa8",
    b"@Module({})\n",
    b"imports: [",
    b"imports: [DatabasePostgresModule]",
    b"...shared,",
    b"await ",
    b"NestFactory.create(AppModule)",
    b"import './x';\n",
    b"import X, { AppModule as Y } from 'y'\n",
    b"export * from './app.module';\n",
    b"export default ",
    b"import type { A } from 'a';\n",
    b"class A {}\n",
    b"process.on('SIGTERM', () => {});\n",
    b"declare global {",
    b"[[[[[[[[[[[[[[[[",
    b"]]]]]]]]]]]]]]]]",
];

const SNIPPETS: &[&str] = &[
    "imports: [DatabasePostgresModule]",
    "import { DatabasePostgresModule } from './db-postgres';",
    "app.enableShutdownHooks();",
    "import { Module } from '@nestjs/common' // é\n\n@Module({ imports: [A, B,], providers: [] })\nexport class AppModule {}\n",
    "\u{feff}import x from \"x\";\r\n\r\nconst a = `b${x('é')}c` as const;\r\nexport { a as b } from './c';\r\n",
    "'use strict';\n/* a */ const f = <T,>(a: T): a is T => a ?? /[/]/.test(\"b\");\n",
];

#[test]
fn typescript_sources() {
    let strategy = (mutated_text(SNIPPETS, WORDS), mutated_text(SNIPPETS, WORDS));
    run("TypeScript", 500, strategy, |(text, block)| {
        let mut end = 0;
        for token in tokens(text) {
            assert!(end <= token.start && token.start < token.end);
            assert!(text.get(token.clone()).is_some());
            end = token.end;
        }
        let found = count(text, block);
        // A list is looked for as a property.
        let is_listed = block.contains(": [");
        let is_empty = tokens(block).iter().all(|at| &block[at.clone()] == ";");
        if is_compared_whole("main.ts", block) && !is_listed && !is_empty {
            assert!(count(block, block) >= 1, "{block}");
        }
        if let Some(span) = fault(text) {
            assert!(span.start <= span.end && span.end <= text.len());
        }
        let source = Source::parse(
            ProjectPath::existing("src/main.ts").unwrap(),
            Arc::from(text.as_str()),
        );
        imported(&source, "AppModule");
        reexported(&source, "AppModule");
        let (splice, import) = add_import(&source, "Shop", "./shop");
        let block = Block {
            name: "import".to_owned(),
            text: import.clone(),
        };
        match edit(&source, &[splice], vec![block.clone()]) {
            Ok(edit) => {
                assert_eq!(
                    count_blocks("main.ts", &edit.text, &[block]),
                    [count(&edit.text, &import)]
                );
                keeps(text, &edit.text);
            }
            Err(problem) => {
                refused(&problem);
                assert!(fault(text).is_some(), "{problem:?}");
            }
        }
        found > 0
    });
}

/// The files of the corpus of this name.
fn corpus(name: &str) -> Vec<String> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nestjs");
    let mut found: Vec<String> = std::fs::read_dir(corpus)
        .unwrap()
        .flat_map(|entry| std::fs::read_to_string(entry.unwrap().path().join("src").join(name)))
        .collect();
    found.sort();
    found
}

fn texts(files: &[String]) -> Vec<&str> {
    files.iter().map(String::as_str).collect()
}

#[test]
fn typescript_wiring() {
    let (mains, modules) = (corpus("main.ts"), corpus("app.module.ts"));
    let strategy = (
        mutated_text(&texts(&mains), WORDS),
        mutated_text(&texts(&modules), WORDS),
    );
    run("NestJS", 200, strategy, |(main, module)| {
        let path = |path: &str| ProjectPath::existing(path).unwrap();
        let files: BTreeMap<ProjectPath, Arc<str>> = [
            (
                path("package.json"),
                Arc::from("{\"dependencies\": {\"@nestjs/core\": \"11\"}}"),
            ),
            (path("src/main.ts"), Arc::from(main.as_str())),
            (path("src/app.module.ts"), Arc::from(module.as_str())),
        ]
        .into();
        match wire("nestjs", &files) {
            Wired::Edits(edits) => {
                for edit in &edits {
                    assert_eq!(fault(&edit.text), None, "{}", edit.text);
                    keeps(&files[&edit.path], &edit.text);
                }
                !edits.is_empty()
            }
            Wired::Refused(problem) => {
                let is_bug = problem.message.contains("internal error");
                let is_broken = fault(main).or(fault(module)).is_some();
                assert!(!is_bug || is_broken, "{problem:?}");
                false
            }
        }
    });
}

/// Nothing of the user's is lost, white space and commas aside, which stand where the layout wants them. An application that
/// is returned gets a name, and is returned at the end.
fn keeps(before: &str, after: &str) {
    let is_form = |c: char| c.is_whitespace() || c == ',';
    let before = before.replace("return", "");
    let mut rest = after.chars();
    assert!(
        before
            .chars()
            .filter(|c| !is_form(*c))
            .all(|wanted| rest.any(|c| c == wanted)),
        "{after}"
    );
}

#[test]
fn deep_typescript_ends() {
    let start = Instant::now();
    let depth = 20_000;
    let text = format!("x = {}1{};\n", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(fault(&text), None);
    assert_eq!(tokens(&text).len(), 2 * depth + 4);
    assert_eq!(count(&text, &text), 1);
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
}
