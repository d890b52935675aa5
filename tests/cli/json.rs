//! `--format json`: one document, of the committed schema, whatever happens.

use serde_json::Value;

use crate::fixture::{Fixture, repository};

fn valid(document: &Value) -> bool {
    let schema =
        std::fs::read_to_string(repository().join("docs/schema/report.schema.json")).unwrap();
    jsonschema::is_valid(&serde_json::from_str(&schema).unwrap(), document)
}

#[test]
fn every_command_that_reports_prints_a_document_of_the_schema() {
    let project = Fixture::axum();
    let added = [
        &["add", "--dry-run"][..],
        &["add", "--dry-run", "--diff"],
        &["add", "--yes"],
        &["add", "--yes"],
        &["status"],
        &["verify-all"],
        &["diff"],
        &["upgrade", "--dry-run"],
        &["reconfigure", "--yes", "--set", "pool_size=4"],
        &["restore", "--dry-run"],
        &["remove", "--dry-run"],
        &["list"],
        &["info"],
    ];
    for arguments in added {
        let document = project
            .run(&[arguments, &["--format", "json"]].concat())
            .ok()
            .json();
        assert_eq!(document["command"], arguments[0]);
        for field in document.as_object().unwrap().keys() {
            let mut without = document.clone();
            without.as_object_mut().unwrap().remove(field);
            assert!(
                !valid(&without),
                "{arguments:?}: {field} is not in the schema"
            );
        }
    }
    let vetted = Fixture::module().run(&["vet", "--format", "json"]).json();
    assert_eq!(vetted["command"], "vet");
}

#[test]
fn a_refusal_is_a_document_too() {
    let nowhere = Fixture::empty();
    for command in ["add", "status", "vet"] {
        let ran = nowhere.run(&[command, "--format", "json"]);
        let document = ran.json();
        assert_eq!(document["command"], command);
        assert_eq!(document["error"]["exit"], ran.code.unwrap());
    }
    let unsure = Fixture::axum();
    unsure.write("src/main.rs", "fn main() {}\n");
    let document = unsure.run(&["add", "--yes", "--format", "json"]).json();
    assert!(!document["error"]["steps"].as_array().unwrap().is_empty());
}
