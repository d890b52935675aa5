//! What each format's readers want.

use jsonschema::validator_for;
use serde_json::Value;

use crate::fixture::{Fixture, repository};
use crate::project::{added, make_pipe};

/// A tree with findings of every level, and names that no reader should trip over.
fn troubled() -> Fixture {
    let tree = Fixture::empty();
    for path in ["clean", "bad/it's & <b> \"é\""] {
        let path = tree.path().join(path);
        std::fs::create_dir_all(&path).unwrap();
        crate::project::copy(added().path(), &path);
    }
    let bad = "bad/it's & <b> \"é\"";
    tree.write(&format!("{bad}/.rapidkit/a%0A::error::b,c:d"), "");
    tree.write(&format!("{bad}/.rapidkit/a\n\u{1b}[31m]]>"), "");
    make_pipe(&tree, &format!("{bad}/.rapidkit/pipe"));
    let lock = format!("{bad}/.rapidkit/rapidkit-pg.lock.yaml");
    let text = tree
        .read(&lock)
        .replace("version: \"1.2.0\"", "version: \"1.0.9\"");
    tree.write(&lock, text);
    tree.write(&format!("{bad}/src/db_postgres/pool.rs"), "// mine\n");
    tree
}

fn output(tree: &Fixture, format: &str, more: &[&str]) -> String {
    let arguments = [&["verify-all", "--format", format], more].concat();
    tree.run(&arguments).out
}

fn validate(schema: &str, document: &str) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let validator = validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn json_is_what_its_committed_schema_says() {
    let schema =
        std::fs::read_to_string(repository().join("docs/schema/report.schema.json")).unwrap();
    let tree = troubled();
    for more in [&[][..], &["--release"]] {
        let document = output(&tree, "json", more);
        validate(&schema, &document);
        let levels: Value = serde_json::from_str(&document).unwrap();
        assert!(
            levels["findings"].as_array().unwrap().len() >= 5,
            "{document}"
        );
    }
    validate(&schema, &output(&added(), "json", &[]));
    validate(
        &schema,
        &Fixture::module().run(&["vet", "--format", "json"]).out,
    );
}

fn sarif_schema() -> String {
    // The published schema holds a pattern that is no regular expression: a bracket too much.
    let published = include_str!("sarif-2.1.0.schema.json");
    let schema = published.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$");
    assert_ne!(schema, published);
    schema
}

#[test]
fn sarif_is_what_the_published_schema_says() {
    let schema = &sarif_schema();
    let tree = troubled();
    for more in [&[][..], &["--release"]] {
        let document = output(&tree, "sarif", more);
        validate(schema, &document);
        let log: Value = serde_json::from_str(&document).unwrap();
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                .as_str()
                .unwrap();
            assert!(
                uri.bytes()
                    .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)),
                "{uri}"
            );
            assert!(!uri.starts_with('/'), "{uri}");
        }
        let exit = run["invocations"][0]["exitCode"].as_u64().unwrap();
        assert_eq!(run["invocations"][0]["executionSuccessful"], exit != 2);
    }
    validate(schema, &output(&added(), "sarif", &[]));
}

#[test]
fn github_gets_one_command_a_line() {
    let tree = troubled();
    let text = output(&tree, "github", &["--release"]);
    assert!(text.lines().count() >= 5, "{text}");
    for line in text.lines() {
        // As the runner reads it: `::name key=value,key=value::data`.
        let (head, data) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (name, properties) = head.split_once(' ').unwrap();
        assert!(["error", "warning", "notice"].contains(&name), "{line}");
        let keys: Vec<&str> = properties
            .split(',')
            .map(|p| p.split_once('=').unwrap().0)
            .collect();
        assert_eq!(keys, ["file", "title"], "{line}");
        assert!(!properties.contains(':'), "{line}");
        for part in [properties, data] {
            for (at, _) in part.match_indices('%') {
                assert!(
                    ["%25", "%0D", "%0A", "%3A", "%2C"].contains(&&part[at..at + 3]),
                    "{line}"
                );
            }
        }
    }
    let clean = output(&added(), "github", &[]);
    assert!(
        clean.contains("::notice title=rapidkit-pg::1 project and 0 modules verified"),
        "{clean}"
    );
}

/// How many suites a report in JUnit's format has.
fn suites(folder: &Fixture, report: &str) -> String {
    let path = folder.write("report.xml", report);
    let script = "import sys, xml.etree.ElementTree as E\n\
        root = E.parse(sys.argv[1]).getroot()\n\
        assert root.tag == 'testsuites', root.tag\n\
        count = lambda e, tag: sum(1 for _ in e.iter(tag))\n\
        for e in [root, *root.findall('testsuite')]:\n    \
        assert int(e.get('tests')) == count(e, 'testcase') > 0\n    \
        assert int(e.get('failures')) == count(e, 'failure')\n    \
        assert int(e.get('errors')) == count(e, 'error')\n\
        for case in root.iter('testcase'):\n    \
        assert case.get('name') and case.get('classname')\n\
        print(len(root.findall('testsuite')))\n";
    let checked = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(path)
        .output()
        .unwrap();
    assert!(
        checked.status.success(),
        "{}\n{report}",
        String::from_utf8_lossy(&checked.stderr)
    );
    String::from_utf8(checked.stdout).unwrap().trim().to_owned()
}

#[test]
fn junit_is_well_formed_and_counts_right() {
    let tree = troubled();
    for more in [&[][..], &["--release"]] {
        let text = output(&tree, "junit", more);
        assert_eq!(suites(&tree, &text), "2");
    }
}

#[test]
fn a_reader_of_any_format_sees_the_same_findings() {
    let tree = troubled();
    let codes = |text: &str| {
        let mut codes: Vec<String> = text
            .match_indices("RK0")
            .map(|(at, _)| text[at..at + 6].to_owned())
            .collect();
        codes.sort();
        codes
    };
    let human = codes(&output(&tree, "human", &[]));
    let unique = |format: &str| {
        let mut codes = codes(&output(&tree, format, &[]));
        if format == "github" || format == "junit" || format == "json" {
            return codes;
        }
        codes.dedup();
        codes
    };
    assert_eq!(unique("json"), human);
    assert_eq!(unique("github"), human);
    assert_eq!(unique("junit"), human);
}

#[test]
fn nothing_to_check_is_a_document_too() {
    let empty = Fixture::empty();
    let schema = sarif_schema();
    for command in ["verify-all", "vet"] {
        let said = |format: &str| {
            let ran = empty.run(&[command, "--format", format]);
            assert_eq!(ran.code, Some(2));
            let human = ran.err.strip_prefix("error: ").unwrap().lines().next();
            (ran.out, human.unwrap().to_owned())
        };
        let (sarif, reason) = said("sarif");
        validate(&schema, &sarif);
        let log: Value = serde_json::from_str(&sarif).unwrap();
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false);
        assert_eq!(
            invocation["toolExecutionNotifications"][0]["message"]["text"],
            reason
        );
        let (junit, _) = said("junit");
        assert_eq!(suites(&Fixture::empty(), &junit), "1");
        assert!(
            junit.contains(" tests=\"1\" failures=\"0\" errors=\"1\">"),
            "{junit}"
        );
        let (github, _) = said("github");
        assert_eq!(github, format!("::error title=rapidkit-pg::{reason}\n"));
    }
}
