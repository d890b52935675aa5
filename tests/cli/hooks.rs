//! Commands that a module declares for after generation: `--run-hooks`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::{Fixture, Ran};

const MARK: &str = "// as the command left it\n";
const POOL: &str = "src/db_postgres/pool.rs";

/// This module with `command` in rustfmt's place.
fn module(command: &str) -> Fixture {
    let module = Fixture::module();
    let rustfmt = "[rustfmt, --edition, \"{{ facts.edition | argument }}\"]";
    module.replace("module.yaml", rustfmt, command);
    module.run(&["lock", "--overwrite", "--same-version"]).ok();
    module
}

/// A project that brings a program of its own.
fn project(script: &str) -> Fixture {
    let project = Fixture::axum();
    let path = project.write(".venv/bin/finisher", format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    project
}

fn add(project: &Fixture, module: &Fixture) -> Command {
    let mut command = project.command(&["add", "--yes", "--run-hooks", "--module"]);
    command.arg(module.path());
    command
}

/// Formats the generated files; with `--check`, whether they are formatted.
fn rustfmt(arguments: &[&str], project: &Path) -> bool {
    let mut command = Command::new("rustfmt");
    command.args(["--edition", "2024", "src/db_postgres/mod.rs"]);
    let output = command.args(arguments).current_dir(project).output();
    output.unwrap().status.success()
}

fn with_rustfmt(project: &Fixture, arguments: &[&str]) -> Ran {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    let rustup =
        std::env::var_os("RUSTUP_HOME").map_or_else(|| home.join(".rustup"), PathBuf::from);
    let mut command = project.command(arguments);
    Ran::of(command.env("RUSTUP_HOME", rustup).output().unwrap())
}

#[test]
fn generated_files_get_the_projects_own_format() {
    let project = Fixture::axum();
    project.write("rustfmt.toml", "max_width = 60\n");
    let before = project.tree();

    let ran = project.run(&["add", "--yes"]).ok();
    assert!(
        !rustfmt(&["--check"], project.path()),
        "there is nothing to format"
    );
    assert!(
        ran.out
            .contains("without `--run-hooks`: rustfmt --edition 2024")
    );
    project.run(&["remove", "--yes"]).ok();

    let ran = with_rustfmt(&project, &["add", "--yes", "--run-hooks"]).ok();
    assert!(ran.err.contains("Running rustfmt"), "{}", ran.err);
    assert!(rustfmt(&["--check"], project.path()));
    project.run(&["verify-all", "--release"]).ok();
    project.run(&["diff", "--exit-code"]).ok();
    project.write(POOL, project.read(POOL) + "\n// Mine.\n");
    project
        .run(&["reconfigure", "--set", "pool_size=7", "--yes"])
        .ok();
    assert!(rustfmt(&["--check"], project.path()), "the format was lost");
    assert!(project.read(POOL).ends_with("\n// Mine.\n"));
    assert!(project.read("src/db_postgres/settings.rs").contains(" 7"));
    project.run(&["restore", "--yes"]).ok();
    project.run(&["verify-all", "--release"]).ok();
    assert!(rustfmt(&["--check"], project.path()));
    let added = project.tree();
    project.run(&["lock", "--overwrite"]).ok();
    with_rustfmt(&project, &["add", "--yes", "--run-hooks"]).ok();
    assert!(project.tree() == added);
    project.run(&["remove", "--yes"]).ok();
    assert!(
        project.tree() == before,
        "a formatted file is nobody's edit"
    );
}

#[test]
fn settings_above_the_project_count() {
    // Not in the home directory: rustfmt looks there in any case.
    let home = Fixture::empty();
    for (path, text) in Fixture::axum().tree() {
        if let Some(text) = text {
            home.write(&format!("shop/backend/{}", path.display()), text);
        }
    }
    home.write("shop/rustfmt.toml", "max_width = 60\n");
    home.git(&["init", "-q", "shop"]);
    with_rustfmt(
        &home,
        &["-C", "shop/backend", "add", "--yes", "--run-hooks"],
    )
    .ok();
    let backend = home.path().join("shop/backend");
    assert!(backend.join(".rapidkit").exists());
    assert!(rustfmt(&["--check"], &backend));
}

#[test]
fn an_upgrade_keeps_what_a_person_has_edited_in_formatted_files() {
    let project = Fixture::axum();
    project.write("rustfmt.toml", "max_width = 60\n");
    let newer = Fixture::module();
    let budget = "Duration::from_millis(1500)";
    let health = "templates/rust/src/db_postgres/health.rs";
    newer.replace(health, budget, &budget.replace("1500", "1200"));
    newer.replace("module.yaml", "\nversion: ", "\nversion: 1.9.0 # ");
    newer.replace(
        "docs/changelog.md",
        "\n## ",
        "\n## 1.9.0 - 2030-01-01\n\n- The budget.\n\n## ",
    );
    newer.run(&["lock", "--overwrite"]).ok();
    let to = newer.path().to_str().unwrap();
    let upgrade = ["upgrade", "--yes", "--run-hooks", "--to", to];

    // Formatted by `add`, or by the person: both get the new version in the project's format.
    for by_hand in [false, true] {
        if by_hand {
            project.run(&["add", "--yes"]).ok();
            assert!(rustfmt(&[], project.path()));
        } else {
            with_rustfmt(&project, &["add", "--yes", "--run-hooks"]).ok();
        }
        let edit = "\npub fn of_mine() {}\n";
        project.write(POOL, project.read(POOL) + edit);
        project.run(&["lock", "--overwrite"]).ok();
        with_rustfmt(&project, &upgrade).ok();
        assert!(project.read(POOL).ends_with(edit));
        assert!(project.read("src/db_postgres/health.rs").contains("1200"));
        assert!(rustfmt(&["--check"], project.path()));
        let verify = ["verify-all", "--release", "--module", to];
        project.run(&verify).ok();
        project
            .run(&["remove", "--yes", "--discard-edits", "--module", to])
            .ok();
    }
}

#[test]
fn a_command_sees_no_secret_and_what_else_it_writes_is_gone() {
    let module = module("[finisher]");
    let project = project(&format!(
        "[ -z \"$DATABASE_URL\" ] && [ ! -e .env ] || exit 3\n\
         echo x > stray\necho x > Cargo.toml\n\
         for file; do printf '{}' >> \"$file\"; done",
        MARK.escape_default()
    ));
    project.write(".env", "DATABASE_URL=postgres://a:b@c/d\n");
    let ran = add(&project, &module)
        .env("DATABASE_URL", "postgres://a:b@c/d")
        .output()
        .unwrap();
    Ran::of(ran).ok();
    assert!(project.read(POOL).ends_with(MARK));
    assert!(!project.path().join("stray").exists());
    assert!(project.read("Cargo.toml").contains("sqlx"));
}

#[test]
fn a_command_that_fails_leaves_everything_as_it_was() {
    let cases = [
        ("exit 3", "`finisher` failed"),
        (
            "for file; do echo 'fn (' > \"$file\"; done",
            "does not parse",
        ),
        ("rm -r src", "a command has removed it"),
        ("for file; do printf '\\377' > \"$file\"; done", "not UTF-8"),
        (
            "for file; do ln -sf /etc/passwd \"$file\"; done",
            "src/db_postgres",
        ),
    ];
    let module = module("[finisher]");
    for (script, expected) in cases {
        let project = project(script);
        let before = project.tree();
        let ran = Ran::of(add(&project, &module).output().unwrap());
        assert_eq!(ran.code, Some(2), "{script}: {}", ran.err);
        assert!(ran.err.contains(expected), "{script}: {}", ran.err);
        assert!(project.tree() == before, "{script}");
    }
    let project = Fixture::axum();
    let directory = module.path().to_str().unwrap();
    let arguments = ["add", "--yes", "--run-hooks", "--module", directory];
    project.refuses(&arguments, 2, &["cannot start `finisher`", "--run-hooks"]);
}

#[test]
fn ctrl_c_ends_a_command_and_nothing_is_written() {
    let module = module("[finisher]");
    let project = project("sleep 600 & echo $! > \"$HOME/started\"; wait");
    let mut run = add(&project, &module)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    let started = project.path().join("started");
    while std::fs::read_to_string(&started).map_or(true, |text| text.is_empty()) {
        assert!(Instant::now() < until, "the command was not started");
        std::thread::sleep(Duration::from_millis(5));
    }
    let child: u32 = project.read("started").trim().parse().unwrap();
    let of = |id: u32| Pid::from_raw(id.try_into().unwrap()).unwrap();
    kill_process(of(run.id()), Signal::INT).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert!(!project.path().join("src/db_postgres").exists());
    assert!(!project.path().join(".rapidkit").exists());
    let is_left = || {
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    while is_left() {
        assert!(Instant::now() < until, "it is still running");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_command_is_the_name_of_a_program() {
    for (command, expected) in [
        ("[\"./finisher\"]", "without a path"),
        ("[/bin/sh]", "without a path"),
        ("[]", "is empty"),
        ("[rustfmt, \"{{ facts.none | argument }}\"]", "undefined"),
    ] {
        let module = Fixture::module();
        let rustfmt = "[rustfmt, --edition, \"{{ facts.edition | argument }}\"]";
        module.replace("module.yaml", rustfmt, command);
        let project = Fixture::axum();
        let directory = module.path().to_str().unwrap();
        let arguments = ["add", "--yes", "--allow-drift", "--module", directory];
        project.refuses(&arguments, 2, &[expected]);
    }
}
