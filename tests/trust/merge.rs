//! Two branches that each accept a change merge in git without a conflict.

use std::process::Command;

use crate::fixture::Fixture;
use crate::project::{LOCK, added, verify};

pub fn git(project: &Fixture, arguments: &[&str]) -> bool {
    Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(project.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap()
        .status
        .success()
}

pub fn commit(project: &Fixture) {
    assert!(git(project, &["add", "-A"]));
    assert!(git(project, &["commit", "-qm", "x"]));
}

fn edit(project: &Fixture, path: &str) {
    let text = project.read(path);
    project.write(path, text + "// mine\n");
    project.run(&["lock", "--overwrite"]).ok();
    commit(project);
}

#[test]
fn branches_that_accept_changes_to_neighbours_merge() {
    let project = added();
    assert!(git(&project, &["init", "-q"]));
    commit(&project);
    let lock = project.read(LOCK);
    let mut accepted: Vec<&str> = lock
        .lines()
        .filter_map(|line| line.strip_prefix("      - path: \"src/db_postgres/"))
        .map(|name| name.trim_end_matches('"'))
        .filter(|name| *name != "tests.rs")
        .collect();
    accepted.dedup();
    assert!(accepted.len() >= 10, "{accepted:?}");
    for pair in accepted.windows(2) {
        let [first, second] = [pair[0], pair[1]].map(|name| format!("src/db_postgres/{name}"));
        assert!(git(&project, &["checkout", "-q", "-B", "one", "main"]));
        edit(&project, &first);
        assert!(git(&project, &["checkout", "-q", "-B", "two", "main"]));
        edit(&project, &second);
        assert!(
            git(&project, &["merge", "-q", "--no-edit", "one"]),
            "{first} and {second} conflict"
        );
        let merged = verify(&project, &["--release"]);
        assert_eq!(merged.code, Some(0), "{}", merged.ran.out);
    }
}

#[test]
fn branches_that_accept_other_texts_of_one_file_conflict_and_that_is_said() {
    let project = added();
    assert!(git(&project, &["init", "-q"]));
    commit(&project);
    let path = "src/db_postgres/pool.rs";
    assert!(git(&project, &["checkout", "-q", "-b", "one"]));
    edit(&project, path);
    assert!(git(&project, &["checkout", "-q", "-b", "two", "main"]));
    let text = project.read(path);
    project.write(path, format!("// first\n{text}"));
    project.run(&["lock", "--overwrite"]).ok();
    commit(&project);
    assert!(!git(&project, &["merge", "-q", "--no-edit", "one"]));
    let verified = verify(&project, &[]);
    assert_eq!(verified.codes().into_iter().collect::<Vec<_>>(), ["RK0103"]);
    project.refuses(
        &["lock", "--overwrite"],
        2,
        &["conflict markers", "git checkout --ours --"],
    );
    mend(&project, &verified.of("RK0103")[0]);
    assert_eq!(verify(&project, &["--release"]).code, Some(0));
}

/// Runs the command that a finding says would mend it.
pub fn mend(project: &Fixture, finding: &serde_json::Value) {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_rapidkit-pg"));
    let mut folders = vec![binary.parent().unwrap().to_owned()];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let status = Command::new("sh")
        .args(["-c", finding["fix"].as_str().unwrap()])
        .current_dir(project.path())
        .env("PATH", std::env::join_paths(folders).unwrap())
        .status();
    assert!(status.unwrap().success(), "{finding}");
}
