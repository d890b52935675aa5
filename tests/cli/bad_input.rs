//! Bad input: a clear error, nothing lost, nothing half written.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;

use crate::fixture::{AXUM_MAIN, AXUM_MANIFEST, Fixture};

#[test]
fn a_folder_that_is_no_project() {
    let folder = Fixture::with(&[(".git/HEAD", ""), ("notes.txt", "")]);
    folder.refuses(
        &["add", "--yes"],
        2,
        &["no project in", "Cargo.toml", "-C DIR"],
    );
    folder.refuses(
        &["-C", "absent", "add", "--yes"],
        2,
        &["cannot open `absent`"],
    );
}

#[test]
fn a_project_of_no_supported_framework() {
    let project = Fixture::with(&[
        (
            "Cargo.toml",
            "[package]\nname = \"x\"\nversion = \"0.1.0\"\n",
        ),
        ("src/main.rs", "fn main() {}\n"),
    ]);
    project.refuses(
        &["add", "--yes"],
        2,
        &[
            "no application of a supported framework",
            "axum",
            "in TypeScript",
        ],
    );
}

#[test]
fn no_terminal_and_no_yes() {
    let project = Fixture::axum();
    project.refuses(&["add"], 2, &["no terminal", "--yes", "--dry-run"]);
    project.run(&["add", "--yes"]).ok();
    project.refuses(&["remove"], 2, &["no terminal"]);
    // Nothing to ask.
    for command in ["add", "upgrade", "restore"] {
        project.run(&[command]).ok();
    }
}

#[test]
fn standard_input_is_not_read() {
    let project = Fixture::axum();
    let mut running = project
        .command(&["add", "--yes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The pipe stays open and empty: a read would wait for ever.
    let _held = running.stdin.take();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while running.try_wait().unwrap().is_none() {
        assert!(
            std::time::Instant::now() < deadline,
            "add waits for standard input"
        );
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(running.wait().unwrap().success());
}

#[test]
fn files_of_the_users_in_the_way() {
    let project = Fixture::axum();
    project.write("src/db_postgres/mine.rs", "// mine\n");
    project.refuses(&["add", "--yes"], 1, &["exists: src/db_postgres"]);
    let project = Fixture::axum();
    project.write("src/db_postgres/pool.rs", "// mine\n");
    project.refuses(&["add", "--yes"], 1, &["exists: src/db_postgres"]);
    let project = Fixture::axum();
    project.write("src/db_postgres.rs", "// mine\n");
    project.refuses(&["add", "--yes"], 1, &["exists: src/db_postgres.rs"]);
}

#[test]
fn a_manifest_that_does_not_parse() {
    let project = Fixture::axum();
    project.write(
        "Cargo.toml",
        AXUM_MANIFEST.replace("[dependencies]", "[dependencies"),
    );
    project.refuses(&["add", "--yes"], 2, &["Cargo.toml:6:"]);
}

#[test]
fn a_manifest_with_a_doubled_key() {
    let project = Fixture::axum();
    project.write(
        "Cargo.toml",
        AXUM_MANIFEST.replace("axum =", "axum = \"0.7\"\naxum ="),
    );
    project.refuses(&["add", "--yes"], 2, &["Cargo.toml:8:"]);
}

#[test]
fn dependencies_that_cannot_work_are_all_named_at_once() {
    let project = Fixture::axum();
    let serde = "serde = { version = \"1\", optional = true }";
    let manifest = format!("{AXUM_MANIFEST}sqlx = \"0.5\"\n{serde}\n");
    project.write("Cargo.toml", manifest);
    let expected = [
        "Cargo.toml:10:",
        "take `optional = true` away",
        "and Cargo.toml:9:8: `sqlx`",
        "0.5",
        "upgrade sqlx",
    ];
    project.refuses(&["add", "--yes"], 2, &expected);
}

#[test]
fn a_package_of_the_workspace_that_inherits_itself() {
    let project = Fixture::axum();
    let manifest = AXUM_MANIFEST.replace("[dependencies]", "[dependencies]\nsqlx.workspace = true");
    let manifest = format!("{manifest}\n[workspace.dependencies]\nsqlx.workspace = true\n");
    project.write("Cargo.toml", manifest);
    project.refuses(&["add", "--yes"], 2, &["Cargo.toml:", "inherits itself"]);
}

#[test]
fn source_that_does_not_parse() {
    let project = Fixture::axum();
    project.write(
        "src/main.rs",
        AXUM_MAIN.replace("async fn main()", "async fn main("),
    );
    let ran = project.refuses(&["add", "--yes"], 1, &["src/main.rs"]);
    assert!(ran.err.contains("--no-wire"), "{}", ran.err);
}

#[test]
fn source_that_is_not_utf8() {
    let project = Fixture::axum();
    project.write(
        "src/main.rs",
        [AXUM_MAIN.as_bytes(), b"// caf\xe9\n"].concat(),
    );
    project.refuses(&["add", "--yes"], 2, &["src/main.rs", "not UTF-8"]);
}

#[test]
fn source_that_is_huge() {
    let project = Fixture::axum();
    project.write(
        "src/main.rs",
        format!("{AXUM_MAIN}// {}\n", "x".repeat(5 << 20)),
    );
    project.refuses(&["add", "--yes"], 2, &["src/main.rs", "4 MiB"]);
}

#[test]
fn a_manifest_that_is_a_pipe_or_a_folder() {
    let project = Fixture::with(&[("src/main.rs", AXUM_MAIN), ("Cargo.toml/x", "")]);
    let ran = project.run(&["add", "--yes"]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
}

#[test]
fn a_link_that_leads_out_of_the_root() {
    let outside = Fixture::with(&[("main.rs", AXUM_MAIN)]);
    let project = Fixture::with(&[("Cargo.toml", AXUM_MANIFEST)]);
    symlink(outside.path(), project.path().join("src")).unwrap();
    let before = outside.tree();
    let ran = project.run(&["add", "--yes"]);
    assert!(matches!(ran.code, Some(1 | 2)), "{}{}", ran.out, ran.err);
    assert!(
        outside.tree() == before,
        "something was written outside of the root"
    );
    assert!(!project.path().join(".rapidkit").exists());
}

#[test]
fn a_source_file_that_is_a_link() {
    let project = Fixture::axum();
    std::fs::rename(
        project.path().join("src/main.rs"),
        project.path().join("src/real.rs"),
    )
    .unwrap();
    symlink("real.rs", project.path().join("src/main.rs")).unwrap();
    project.refuses(&["add", "--yes"], 1, &["src/main.rs", "symbolic link"]);
}

#[test]
fn a_file_that_cannot_be_read() {
    let project = Fixture::axum();
    std::fs::set_permissions(
        project.path().join("Cargo.toml"),
        PermissionsExt::from_mode(0o000),
    )
    .unwrap();
    let output = project.unprivileged(&["add", "--yes"]);
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(
        err.contains("Cargo.toml") && err.contains("ermission"),
        "{err}"
    );
}

#[test]
fn a_folder_that_cannot_be_written() {
    for folder in ["", "src"] {
        let project = Fixture::axum();
        std::fs::set_permissions(
            project.path().join(folder),
            PermissionsExt::from_mode(0o555),
        )
        .unwrap();
        let output = project.unprivileged(&["add", "--yes"]);
        std::fs::set_permissions(
            project.path().join(folder),
            PermissionsExt::from_mode(0o755),
        )
        .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(err.contains("nothing was changed"), "{err}");
        assert_eq!(project.read("src/main.rs"), AXUM_MAIN);
        assert_eq!(project.read("Cargo.toml"), AXUM_MANIFEST);
        assert!(
            !project.path().join(".rapidkit").exists(),
            "left-over staging"
        );
    }
}

#[test]
fn answers_that_try_to_break_out() {
    for hostile in [
        "5\"; evil",
        "1e3",
        "-5",
        "0x10",
        "",
        " 5",
        "5 ",
        "99999999999999999999",
        "{{ 7 }}",
    ] {
        let setting = format!("pool_size={hostile}");
        Fixture::axum().refuses(
            &["add", "--yes", "--set", &setting],
            2,
            &["pool_size: expected a whole number"],
        );
    }
    Fixture::axum().refuses(
        &["add", "--yes", "--set", "pool=1"],
        2,
        &["no such setting", "pool_size"],
    );
    Fixture::axum().refuses(&["add", "--yes", "--set", "pool_size"], 2, &["KEY=VALUE"]);
}

#[test]
fn a_lock_that_is_not_ours() {
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    let lock = ".rapidkit/rapidkit-pg.lock.yaml";
    let good = project.read(lock);
    for (bad, expected) in [
        (
            good.replace("profile: \"standard\"", "profile: standard"),
            "not canonical",
        ),
        (format!("<<<<<<< ours\n{good}"), "conflict markers"),
        (good.replace("format: 1", "format: 9"), "format 9"),
        (good.replace("framework:", "frame:"), "frame"),
        ("x".repeat(5 << 20), "4 MiB"),
    ] {
        project.write(lock, &bad);
        project.refuses(&["status"], 2, &[expected, "rapidkit-pg.lock.yaml"]);
        project.refuses(&["add", "--yes"], 2, &[expected]);
    }
}

#[test]
fn a_journal_that_came_with_the_project_is_not_obeyed() {
    let folder = Fixture::empty();
    let outside = folder.write("outside.txt", "theirs");
    for (path, staged) in [
        (".git/hooks/post-checkout", "0000"),
        ("sub/.GIT/config", "0000"),
        ("src/x.rs", "../../../outside.txt"),
        ("src/x.rs", "0000/../COMMIT"),
        ("src/x.rs", ""),
    ] {
        let at = |file: &str| format!("shop/{file}");
        folder.write(&at("Cargo.toml"), crate::fixture::AXUM_MANIFEST);
        folder.write(&at("src/main.rs"), crate::fixture::AXUM_MAIN);
        folder.write(&at(".git/HEAD"), "ref: refs/heads/main\n");
        folder.write(&at(".git/hooks/none"), "");
        folder.write(&at("sub/.GIT/none"), "");
        folder.write(&at(".rapidkit/txn/0000"), "#!/bin/sh\n");
        let journal = serde_json::json!({
            "directories": [],
            "steps": [{
                "path": path,
                "staged": staged,
                "before": null,
                "after": "0".repeat(64),
            }],
            "emptied": [],
        });
        folder.write(&at(".rapidkit/txn/COMMIT"), journal.to_string());
        folder.refuses(
            &["-C", "shop", "add", "--yes"],
            2,
            &["the journal of an interrupted run", ".rapidkit/txn"],
        );
        assert_eq!(std::fs::read_to_string(&outside).unwrap(), "theirs");
    }
}

#[test]
fn a_lock_that_came_with_the_project_writes_nothing_inside_git() {
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    let lock = ".rapidkit/rapidkit-pg.lock.yaml";
    // One record of a generated file names a hook, whose bytes are those of the file.
    let url = "src/db_postgres/url.rs";
    project.write(".git/hooks/url.rs", project.read(url));
    project.git(&["init", "-q"]);
    let text = project.read(lock);
    let record = text
        .split("      - ")
        .find(|record| record.starts_with(&format!("path: \"{url}\"")))
        .unwrap();
    let other = record.replace(url, ".git/hooks/url.rs");
    let text = text.replace(&format!("      - {record}"), "");
    let first = text.find("      - path: \"").unwrap();
    let place = text[first..].find("      - path: \".rapidkit").unwrap() + first;
    project.write(
        lock,
        format!("{}      - {other}{}", &text[..place], &text[place..]),
    );
    project.refuses(
        &["remove", "--yes"],
        2,
        &[".git/hooks/url.rs", "inside `.git`"],
    );
}
