//! Applications in Rust, with Cargo.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Result, bail, ensure};
use serde_json::Value;

use crate::fixture::{Fixture, target};
use crate::support;

fn cargo(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    support::cargo::share(&mut command)
        .args(arguments)
        .current_dir(folder)
        // The compiler with the lints of Clippy: what is built is linted, and dependencies are compiled once.
        .env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver")
        .env_remove("DATABASE_URL")
        .env_remove("TEST_DATABASE_URL");
    command
}

/// Builds everything, the tests at the same time, and returns the program to start.
pub fn build(fixture: &Fixture, folder: &Path) -> Result<Vec<OsString>> {
    // Again before the second build: the first one took out what it had no use for.
    if Fixture::versions().exists() {
        std::fs::copy(Fixture::versions(), folder.join("Cargo.lock"))?;
    }
    let output = cargo(
        folder,
        &[
            "build",
            "--workspace",
            "--all-targets",
            "--message-format=json-render-diagnostics",
        ],
    )
    .output()?;
    ensure!(
        output.status.success(),
        "does not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut programs: Vec<PathBuf> = messages(&output)
        .filter(|message| message["profile"]["test"] == false)
        .filter_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)))
        .collect();
    if let Some(binary) = &fixture.binary {
        programs.retain(|program| {
            program
                .file_name()
                .is_some_and(|name| name == binary.as_str())
        });
    }
    match programs.as_slice() {
        [program] => {
            // The next build replaces it.
            let kept = fixture.program();
            let _ = std::fs::remove_file(&kept);
            std::fs::hard_link(program, &kept)?;
            Ok(vec![kept.into()])
        }
        others => bail!("expected one program, got {others:?}; `bin` in fixture.toml chooses"),
    }
}

fn messages(output: &Output) -> impl Iterator<Item = Value> {
    output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
}

/// The generated files are formatted, and clippy has nothing to say about them.
pub fn lints(folder: &Path) -> Result<()> {
    let arguments = [
        "build",
        "--workspace",
        "--all-targets",
        "--message-format=json",
    ];
    let output = cargo(folder, &arguments).output()?;
    let warnings: Vec<String> = messages(&output)
        .filter_map(|message| message.get("message").cloned())
        .filter(|message| message["spans"].to_string().contains("db_postgres"))
        .filter_map(|message| Some(message["rendered"].as_str()?.to_owned()))
        .collect();
    ensure!(warnings.is_empty(), "clippy:\n{}", warnings.join("\n"));
    let defaults = target().join("rustfmt.toml");
    std::fs::write(&defaults, "")?;
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry?;
        if entry.path().ends_with("db_postgres/mod.rs")
            && !entry.path().starts_with(folder.join(".rapidkit"))
        {
            for edition in ["2021", "2024"] {
                let formatted = Command::new("rustfmt")
                    .args(["--check", "--edition", "2024", "--style-edition", edition])
                    .arg("--config-path")
                    .arg(&defaults)
                    .arg(entry.path())
                    .output()?;
                ensure!(
                    formatted.status.success(),
                    "rustfmt {edition}: {}",
                    String::from_utf8_lossy(&formatted.stdout)
                );
            }
        }
    }
    Ok(())
}

/// The files that rustfmt would change; of generated ones none, where the user has a style of their own.
pub fn unformatted(folder: &Path) -> Result<Vec<String>> {
    let output = cargo(folder, &["fmt", "--all", "--", "--check"]).output()?;
    let out = String::from_utf8_lossy(&output.stdout);
    let mut files: Vec<String> = out
        .lines()
        .filter_map(|line| Some(line.split_once("Diff in ")?.1.to_owned()))
        .collect();
    ensure!(
        output.status.success() || !files.is_empty(),
        "cargo fmt: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    if folder.join("rustfmt.toml").exists() {
        // Generated files have rustfmt's defaults; what was put into the user's files has the user's style.
        files.retain(|file| !file.contains("db_postgres"));
    }
    Ok(files)
}

/// The application's own tests pass without a database; the generated ones say that they did not run.
pub fn tests(folder: &Path) -> Result<()> {
    let output = cargo(folder, &["test", "--workspace"]).output()?;
    let out = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "its tests fail:\n{out}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    ensure!(
        out.contains("ignored, needs TEST_DATABASE_URL"),
        "the generated tests do not say why they did not run:\n{out}"
    );
    // Only dependencies are of use to the others, and a hundred applications fill a disk.
    let cleaned = cargo(folder, &["clean", "--quiet", "--workspace"]).status()?;
    ensure!(cleaned.success(), "cargo clean: {cleaned}");
    std::fs::copy(folder.join("Cargo.lock"), Fixture::versions())?;
    Ok(())
}
