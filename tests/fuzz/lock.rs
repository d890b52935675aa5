//! Locks: only what the one serialiser writes is read.

use proptest::prelude::*;
use rapidkit_pg::lockfile::{Lock, LockedFile, LockedModule};
use rapidkit_pg::types::{Answer, ContentHash, FileKind, ProjectPath};

use crate::inputs::mutated_text;
use crate::run::{refused, run};

const WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b" ",
    b"  ",
    b"\t",
    b"\"",
    b"'",
    b":",
    b"- ",
    b"#",
    b"&a ",
    b"*a",
    b"!!str ",
    b"<<: ",
    b"|\n",
    b">\n",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"?",
    b"---\n",
    b"...\n",
    b"%YAML 1.1\n",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"\xe2\x80\xa8",
    b"~",
    b"null",
    b"true",
    b"0x10",
    b"1e9",
    b"99999999999999999999",
    b"../",
    b"<<<<<<< ",
    b"=======\n",
    b"format: 1\n",
    b"modules: []\n",
    b"  - module: \"x\"\n",
    b"core: true\n",
    b"        executable: true\n",
    b"      - path: \"a\"\n",
];

#[test]
fn locks() {
    let whole = sample().render();
    let two = sample()
        .with(LockedModule {
            target: "b".parse().unwrap(),
            ..sample().modules.remove(0)
        })
        .render();
    let texts = mutated_text(&[&whole, &two, "format: 1\nmodules: []\n"], WORDS);
    let strategy = prop_oneof![
        3 => texts.prop_map(|text| (None, text)),
        1 => made().prop_map(|lock| (Some(lock.clone()), lock.render())),
    ];
    run(
        "locks",
        1_000,
        strategy,
        |(written, text)| match Lock::read(text) {
            Ok(lock) => {
                assert_eq!(lock.render(), *text);
                assert_eq!(lock.clone().canonical(), lock);
                // The reader of lines reads nothing that is no YAML, and nothing else.
                assert_eq!(Lock::read_loosely(text).unwrap(), lock);
                assert!(written.as_ref().is_none_or(|written| *written == lock));
                true
            }
            Err(error) => {
                refused(&error.problem);
                // What was written is refused for what it says, never for how.
                assert!(written.is_none() || error.problem.message.contains(" is wrong: "));
                if let Ok(lock) = Lock::read_loosely(text) {
                    assert!(lock.clone().canonical() != lock || lock.render() != *text);
                    // What is taken from it would be written in a way that is read.
                    let canonical = lock.canonical().render();
                    assert_eq!(Lock::read(&canonical).unwrap().render(), canonical);
                }
                false
            }
        },
    );
}

fn record(path: &str, kind: FileKind) -> LockedFile {
    let hash = Some(ContentHash::of(path));
    let is_block = kind == FileKind::Block;
    LockedFile {
        path: ProjectPath::existing(path).unwrap(),
        kind,
        name: is_block.then(|| "init".to_owned()),
        text: is_block.then(|| "db::init(…)?;\n".to_owned()),
        template: (!is_block).then(|| "templates/x.j2".to_owned()),
        base: hash.filter(|_| !is_block),
        accepted: hash.filter(|_| kind == FileKind::Generated),
        executable: false,
    }
}

fn sample() -> Lock {
    Lock::default().with(LockedModule {
        module: "free/database/db_postgres".to_owned(),
        target: ProjectPath::root(),
        framework: "axum".to_owned(),
        profile: "standard".to_owned(),
        version: semver::Version::new(1, 0, 0),
        content: ContentHash::of("x"),
        dev: false,
        answers: [("pool_size".to_owned(), Answer::Integer(10))].into(),
        facts: [("has_lib".to_owned(), true.into())].into(),
        directories: vec!["src".parse().unwrap()],
        files: vec![
            record(
                ".rapidkit/vendor/db_postgres/1.0.0/src/pool.rs",
                FileKind::Vendor,
            ),
            record("src/pool.rs", FileKind::Generated),
            record("src/main.rs", FileKind::Block),
            record("src/tests.rs", FileKind::Seed),
        ],
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,20}", "\\PC{0,8}", any::<String>()]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        any::<i64>().prop_map(Answer::Integer),
        any::<bool>().prop_map(Answer::Boolean),
        text().prop_map(Answer::String),
    ]
}

/// A lock with any text where a text may stand.
fn made() -> impl Strategy<Value = Lock> {
    let kinds = prop_oneof![
        Just(FileKind::Vendor),
        Just(FileKind::Generated),
        Just(FileKind::Seed),
        Just(FileKind::Block),
    ];
    let file = (kinds, text(), text(), text()).prop_map(|(kind, path, name, body)| {
        let folder = if kind == FileKind::Vendor {
            ".rapidkit/vendor"
        } else {
            "src"
        };
        let path =
            ProjectPath::existing(&path).unwrap_or_else(|_| ProjectPath::existing("x").unwrap());
        let path = ProjectPath::existing(folder).unwrap().join(&path);
        LockedFile {
            path,
            name: (kind == FileKind::Block).then_some(name.clone()),
            text: (kind == FileKind::Block).then_some(body),
            template: (kind != FileKind::Block).then_some(name),
            ..record("x", kind)
        }
    });
    let files = prop::collection::vec(file, 0..4);
    let values = prop::collection::btree_map(text(), answer(), 0..3);
    (text(), text(), values, files, any::<bool>()).prop_map(
        |(module, framework, answers, files, dev)| {
            let facts = answers
                .iter()
                .map(|(name, answer)| (name.clone(), serde_json::to_value(answer).unwrap()))
                .collect();
            let mut lock = sample();
            let base = lock.modules.remove(0);
            lock.core = dev;
            lock.with(LockedModule {
                module,
                framework,
                answers,
                facts,
                files,
                dev,
                ..base
            })
        },
    )
}
