//! security.md and overview.md: every promise names tests that there are.

use crate::page::page;
use crate::repository;

/// The rows of the tables whose last column is `held by`.
fn promises(path: &str) -> Vec<(String, String)> {
    let page = page(path);
    let mut inside = false;
    let mut found = Vec::new();
    for line in page.prose() {
        match line.strip_prefix("| ") {
            Some(row) if row.ends_with("| held by |") => inside = true,
            Some(row) if inside && !row.starts_with('-') => {
                let (promise, held) = row.trim_end_matches(" |").rsplit_once(" | ").unwrap();
                found.push((promise.to_owned(), held.to_owned()));
            }
            Some(_) => {}
            None => inside = false,
        }
    }
    assert!(found.len() > 9, "{path}: only {} promises", found.len());
    found
}

/// The names of tests in a cell.
fn tests(held: &str) -> Vec<&str> {
    held.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_promise_names_tests_that_exist() {
    let pages = ["docs/security.md", "docs/overview.md"];
    for (promise, held) in pages.into_iter().flat_map(promises) {
        assert!(!tests(&held).is_empty(), "nothing holds: {promise}");
        for test in tests(&held) {
            assert!(exists(test), "{promise}: no test {test}");
        }
    }
}

/// Whether there is `path::name`: a function that is a test, a proof by name, or a group of rows of the conformance suite; or `group.row`,
/// one of these rows.
fn exists(test: &str) -> bool {
    let Some((path, name)) = test.rsplit_once("::") else {
        return is_row(test);
    };
    let Ok(text) = std::fs::read_to_string(repository().join(path)) else {
        return false;
    };
    let mut before = "";
    for line in text.lines().map(str::trim_start) {
        let is_test = line.starts_with(&format!("fn {name}(")) && before == "#[test]";
        let is_proof = line.starts_with(&format!("(\"{name}\", "));
        if is_test || is_proof || line.starts_with(&format!("pub const {name}: Group")) {
            return true;
        }
        if !line.starts_with("#[") || line == "#[test]" {
            before = line;
        }
    }
    false
}

fn is_row(name: &str) -> bool {
    let rows = std::fs::read_dir(repository().join("tests/conformance/rows")).unwrap();
    rows.into_iter().any(|file| {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        text.contains(&format!("\"{name}\",\n"))
    })
}

#[test]
fn what_is_no_test_is_not_taken_for_one() {
    assert!(exists(
        "tests/docs/security.rs::what_is_no_test_is_not_taken_for_one"
    ));
    assert!(exists("health.payload"));
    for name in [
        "tests/docs/security.rs::promises",
        "tests/docs/security.rs::what_is_no_test",
        "tests/docs/nothing.rs::what_is_no_test_is_not_taken_for_one",
        "what_is_no_test_is_not_taken_for_one",
        "health.no-such-row",
    ] {
        assert!(!exists(name), "{name}");
    }
}
