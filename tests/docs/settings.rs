//! What is said about environment variables, against the sources that read them.

use std::collections::BTreeSet;

use crate::page::{page, pages};
use crate::repository;
use crate::scratch::application;
use crate::session::Session;
use crate::text::strings;

const LONG: &str = "RAPIDKIT_DB_POSTGRES_";
/// Read by the command itself, or by its tests.
const OF_THE_COMMAND: &[&str] = &[
    "RAPIDKIT_CRASH",
    "RAPIDKIT_FUZZ",
    "RAPIDKIT_MERGE",
    "RAPIDKIT_PG_BIN",
    "RAPIDKIT_REVOKED",
    "RAPIDKIT_TRUST",
];

/// The names in a text that look like settings.
fn names(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        .filter(|word| {
            let urls = ["DATABASE_URL", "POSTGRES_URL", "TEST_DATABASE_URL"];
            (word.starts_with("DB_") && word.len() > 3)
                || word.starts_with("RAPIDKIT_")
                || urls.contains(word)
        })
        .map(str::to_owned)
        .collect()
}

/// The names that the layer and its tests read. Each `DB_NAME` has a long form; a `NAME` that a setting is read by has no
/// other.
fn read() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in walkdir::WalkDir::new(repository().join("templates/rust")) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            for text in strings(&text) {
                if names(&text).contains(&text) && !text.ends_with('_') {
                    found.insert(text);
                }
            }
            for rest in text.split("reader.read(").skip(1) {
                let name = rest.split('"').nth(1).unwrap();
                if !name.starts_with("DB_") {
                    found.insert(format!("{LONG}{name}"));
                }
            }
        }
    }
    for short in found.clone() {
        if let Some(name) = short.strip_prefix("DB_") {
            found.insert(format!("{LONG}{name}"));
        }
    }
    assert!(found.len() > 20, "expected some thirty names: {found:?}");
    found
}

#[test]
fn every_variable_in_the_pages_is_read() {
    let read = read();
    for page in pages() {
        for name in names(&page.text) {
            let placeholder = name.ends_with('_');
            assert!(
                placeholder || read.contains(&name) || OF_THE_COMMAND.contains(&&*name),
                "{}: nothing reads {name}",
                page.path
            );
        }
    }
}

#[test]
fn every_variable_that_is_read_is_in_the_reference() {
    let reference = page("docs/api-reference.md");
    let rows = reference
        .prose()
        .into_iter()
        .filter(|line| line.starts_with('|'));
    let documented = names(&rows.collect::<Vec<_>>().join("\n"));
    for name in read() {
        // The short form of a setting is documented where the layer promises it.
        if !name.starts_with("DB_") {
            assert!(documented.contains(&name), "api-reference.md: no {name}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    application(folder.path(), "shop");
    Session::new(folder.path()).ok(&"add", "rapidkit-pg add --yes");
    let example = std::fs::read_to_string(folder.path().join(".env.example")).unwrap();
    for name in names(&example) {
        assert!(
            documented.contains(&name),
            "api-reference.md: no {name}, which is in .env.example"
        );
    }
}

#[test]
fn the_hooks_of_the_module_are_in_the_readme() {
    let module = std::fs::read_to_string(repository().join("module.yaml")).unwrap();
    let readme = names(&page("README.md").text);
    let monitoring = names(&page("docs/monitoring.md").text);
    let hooks = names(&module);
    assert_eq!(hooks.len(), 5, "{hooks:?}");
    for hook in hooks {
        assert!(readme.contains(&hook), "README.md: no {hook}");
        assert!(monitoring.contains(&hook), "monitoring.md: no {hook}");
    }
}
