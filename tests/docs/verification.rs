//! verification.md: its commands, and its table of codes.

use std::path::Path;

use rapidkit_pg::types::{Code, Level};

use crate::page::page;
use crate::repository;
use crate::scratch::{application, git};
use crate::session::Session;
use crate::walk::walk;

const PAGE: &str = "docs/verification.md";

#[test]
fn the_verification_page_works_as_written() {
    let home = tempfile::tempdir().unwrap();
    let shop = home.path().join("shop");
    application(&shop, "shop");
    let session = Session::new(home.path());
    session.ok(&"home", "export HOME=\"$PWD\"; cd shop");
    git(&session);
    session.ok(
        &"add",
        "rapidkit-pg -q add --yes; git add --all; git commit -qm 'Add the layer'",
    );
    let executed = walk(PAGE, "verify", &session);
    assert!(executed > 15, "only {executed} blocks");
}

/// The cells of the rows about codes.
fn rows() -> Vec<Vec<String>> {
    let page = page(PAGE);
    page.prose()
        .into_iter()
        .filter(|line| line.starts_with("| `RK"))
        .map(|line| {
            let cells = line.trim_matches('|').split(" | ");
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

#[test]
fn every_code_is_in_the_table_and_none_else() {
    let documented: Vec<[String; 3]> = rows()
        .into_iter()
        .map(|row| [row[0].clone(), row[1].clone(), row[3].clone()])
        .collect();
    let expected: Vec<[String; 3]> = Code::ALL
        .iter()
        .map(|code| {
            [
                format!("`{}`", code.id()),
                format!("`{}`", code.slug()),
                code.title().to_owned(),
            ]
        })
        .collect();
    for (documented, expected) in documented.iter().zip(&expected) {
        assert_eq!(documented, expected);
    }
    assert_eq!(documented.len(), expected.len());
    for row in rows() {
        assert_eq!(row.len(), 5, "{row:?}");
        assert!(row[4].len() > 5, "what to do about {}?", row[0]);
    }
}

#[test]
fn levels_are_those_that_the_checks_give() {
    let levels = [
        (Level::Info, "info"),
        (Level::Warning, "warning"),
        (Level::Finding, "finding"),
        (Level::Unchecked, "unchecked"),
    ];
    let mut compared = 0;
    for (code, row) in Code::ALL.iter().zip(rows()) {
        for (level, word) in levels {
            let documented = row[2].split([' ', ';']).any(|w| w == word);
            let given = gives(&repository().join("src/verify"), *code, level);
            // Some codes and levels are computed: nothing to be seen of them.
            if given {
                compared += 1;
                assert!(documented, "{} is given as {word}: {}", code.id(), row[2]);
            }
        }
    }
    assert!(compared * 2 > Code::ALL.len(), "only {compared}");
}

/// Whether a check says `Code::…, Level::…`.
fn gives(folder: &Path, code: Code, level: Level) -> bool {
    let wanted = format!("Code::{code:?}, Level::{level:?}");
    walkdir::WalkDir::new(folder).into_iter().any(|entry| {
        let entry = entry.unwrap();
        entry.file_type().is_file() && {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            text.contains(&wanted)
        }
    })
}
