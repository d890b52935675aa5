//! security.md: every promise names tests that there are.

use crate::page::page;
use crate::repository;

/// The rows of the tables `promise | held by`.
fn promises() -> Vec<(String, String)> {
    let page = page("docs/security.md");
    let mut inside = false;
    let mut found = Vec::new();
    for line in page.prose() {
        match line.strip_prefix("| ") {
            Some(row) if row.starts_with("promise | held by") => inside = true,
            Some(row) if inside && !row.starts_with('-') => {
                let (promise, held) = row.trim_end_matches(" |").split_once(" | ").unwrap();
                found.push((promise.to_owned(), held.to_owned()));
            }
            Some(_) => {}
            None => inside = false,
        }
    }
    assert!(found.len() > 20, "only {} promises", found.len());
    found
}

/// The names of tests in a cell.
fn tests(held: &str) -> Vec<&str> {
    held.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_promise_names_tests_that_exist() {
    for (promise, held) in promises() {
        assert!(!tests(&held).is_empty(), "nothing holds: {promise}");
        for test in tests(&held) {
            assert!(exists(test), "{promise}: no test {test}");
        }
    }
}

/// Whether there is `path::name`: a function that is a test, or a group of rows of the conformance suite.
fn exists(test: &str) -> bool {
    let Some((path, name)) = test.rsplit_once("::") else {
        return false;
    };
    let Ok(text) = std::fs::read_to_string(repository().join(path)) else {
        return false;
    };
    let mut before = "";
    for line in text.lines().map(str::trim_start) {
        let is_test = line.starts_with(&format!("fn {name}(")) && before == "#[test]";
        if is_test || line.starts_with(&format!("pub const {name}: Group")) {
            return true;
        }
        if !line.starts_with("#[") || line == "#[test]" {
            before = line;
        }
    }
    false
}

#[test]
fn what_is_no_test_is_not_taken_for_one() {
    assert!(exists(
        "tests/docs/security.rs::what_is_no_test_is_not_taken_for_one"
    ));
    for name in [
        "tests/docs/security.rs::promises",
        "tests/docs/security.rs::what_is_no_test",
        "tests/docs/nothing.rs::what_is_no_test_is_not_taken_for_one",
        "what_is_no_test_is_not_taken_for_one",
    ] {
        assert!(!exists(name), "{name}");
    }
}
