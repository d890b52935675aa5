//! Applications in TypeScript, with the packages of `tests/fixtures/nestjs/package.json`, installed once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};

use crate::fixture::{Fixture, repository, target};

static MODULES: OnceLock<PathBuf> = OnceLock::new();

/// The packages of all applications. Node looks for them in the directories above an application, too.
fn modules() -> Result<&'static Path> {
    if let Some(modules) = MODULES.get() {
        return Ok(modules);
    }
    let manifest = std::fs::read(repository().join("tests/fixtures/nestjs/package.json"))?;
    let (folder, here) = (target(), target().join("package.json"));
    if std::fs::read(&here).ok().as_ref() != Some(&manifest)
        || !folder.join("node_modules").is_dir()
    {
        std::fs::create_dir_all(&folder)?;
        let staged = folder.join("install");
        let _ = std::fs::remove_dir_all(&staged);
        std::fs::create_dir_all(&staged)?;
        std::fs::write(staged.join("package.json"), &manifest)?;
        let arguments = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
        run(&staged, "npm", &arguments).context("the packages of the corpus")?;
        let _ = std::fs::remove_dir_all(folder.join("node_modules"));
        std::fs::rename(staged.join("node_modules"), folder.join("node_modules"))?;
        std::fs::write(&here, &manifest)?;
    }
    Ok(MODULES.get_or_init(|| folder.join("node_modules")))
}

fn tool(name: &str) -> Result<PathBuf> {
    Ok(modules()?.join(".bin").join(name))
}

/// Runs a program to its end; what it printed.
fn run(folder: &Path, program: impl AsRef<Path>, arguments: &[&str]) -> Result<String> {
    let program = program.as_ref();
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("CI", "1")
        .env_remove("DATABASE_URL")
        .env_remove("TEST_DATABASE_URL")
        .output()
        .with_context(|| program.display().to_string())?;
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    ensure!(output.status.success(), "{}:\n{printed}", program.display());
    Ok(printed)
}

/// The package below a folder, past the workspace around it.
fn package(folder: &Path) -> PathBuf {
    let member = folder.join("apps/api");
    match member.join("tsconfig.json").exists() {
        true => member,
        false => folder.to_owned(),
    }
}

/// Compiles it.
pub fn build(fixture: &Fixture, folder: &Path) -> Result<Vec<OsString>> {
    let package = package(folder);
    let project = match package.join("tsconfig.build.json").exists() {
        true => "tsconfig.build.json",
        false => "tsconfig.json",
    };
    run(
        &package,
        tool("tsc")?,
        &["-p", project, "--incremental", "false"],
    )?;
    let main = package.join(fixture.main.as_deref().unwrap_or("dist/main.js"));
    Ok(vec!["node".into(), main.into()])
}

/// The files that Prettier would change.
pub fn unformatted(folder: &Path) -> Result<Vec<String>> {
    let output = Command::new(tool("prettier")?)
        .args(["--list-different", "**/*.ts", "!dist"])
        .current_dir(folder)
        .output()?;
    let mut files: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(str::to_owned)
        .collect();
    // Generated files have the style of Nest's starter; what was put into the user's files has the user's.
    files.retain(|file| !file.contains("db-postgres"));
    Ok(files)
}

/// Prettier, as Nest's starter sets it up, and the compiler at its strictest have nothing to say.
pub fn lints(folder: &Path) -> Result<()> {
    let arguments = [
        "--check",
        "--no-config",
        "--single-quote",
        "--trailing-comma",
        "all",
        "**/db-postgres/*.ts",
    ];
    run(folder, tool("prettier")?, &arguments)?;
    let strict = [
        "-p",
        "tsconfig.json",
        "--noEmit",
        "--incremental",
        "false",
        "--strict",
        "--noImplicitOverride",
        "--noFallthroughCasesInSwitch",
    ];
    run(&package(folder), tool("tsc")?, &strict)?;
    Ok(())
}

/// Its tests, where it has some.
pub fn tests(folder: &Path) -> Result<()> {
    let manifest = std::fs::read_to_string(package(folder).join("package.json"))?;
    if !manifest.contains("\"jest\"") {
        return Ok(());
    }
    let printed = run(folder, tool("jest")?, &["--verbose"])?;
    ensure!(
        printed.contains("needs TEST_DATABASE_URL") && printed.contains("skipped"),
        "the generated tests do not say why they did not run:\n{printed}"
    );
    Ok(())
}
