//! Applications in Python, in one virtual environment for all, made by `tests/python`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};

use crate::fixture::{Fixture, repository, target};
use crate::judged;

static ENVIRONMENT: Mutex<Option<PathBuf>> = Mutex::new(None);

/// What is not asked of generated files: rules that contradict others or the formatter, and a copyright notice.
const UNASKED: &str = "COM812,CPY001,D203,D213";

/// The generated test, and where it is in a project of RapidKit Core's.
const TESTS: [&str; 2] = [
    "tests/test_db_postgres.py",
    "tests/modules/integration/database/test_postgres_integration.py",
];

/// What is generated outside of the layer and the tests, in a project of RapidKit Core's.
const HEALTH: &str = "src/health/postgres.py";

fn environment() -> Result<PathBuf> {
    let mut environment = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if environment.is_none() {
        let printed = run(repository(), Path::new("tests/python"), &[])?;
        *environment = printed.lines().last().map(PathBuf::from);
    }
    environment.clone().context("tests/python says nothing")
}

fn tool(name: &str) -> Result<PathBuf> {
    Ok(environment()?.join("bin").join(name))
}

fn command(folder: &Path, program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("DATABASE_URL")
        .env_remove("TEST_DATABASE_URL");
    command
}

/// Runs a program to its end; what it printed.
fn run(folder: &Path, program: &Path, arguments: &[&str]) -> Result<String> {
    let output = command(folder, program, arguments)
        .output()
        .with_context(|| program.display().to_string())?;
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout)
    );
    ensure!(output.status.success(), "{}:\n{printed}", program.display());
    Ok(printed)
}

/// There is nothing to build; the program to start.
pub fn build(fixture: &Fixture, _folder: &Path) -> Result<Vec<OsString>> {
    let (program, arguments) = fixture
        .start
        .split_first()
        .context("fixture.toml has no `start`")?;
    // The cache of compiled files would be seen as something that `add` changed.
    let mut words: Vec<OsString> = vec!["env".into(), "PYTHONDONTWRITEBYTECODE=1".into()];
    words.push(tool(program)?.into());
    words.extend(arguments.iter().map(OsString::from));
    Ok(words)
}

/// The files that Ruff would format otherwise. It leaves the pristine copies alone by itself.
pub fn unformatted(folder: &Path) -> Result<Vec<String>> {
    let ruff = |arguments: &[&str]| -> Result<String> {
        let common = ["--isolated", "--no-cache", "."];
        let output = command(folder, &tool("ruff")?, &[arguments, &common].concat()).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let printed = ruff(&["format", "--check"])? + &ruff(&["check", "--select", "I"])?;
    Ok(printed
        .lines()
        .filter_map(|line| Some(line.trim_start().strip_prefix("--> ")?.to_owned()))
        .collect())
}

/// Generated files: Ruff with every rule, its formatter, Black and mypy at its strictest have nothing to say.
pub fn lints(folder: &Path) -> Result<()> {
    let layer = walkdir::WalkDir::new(folder)
        .into_iter()
        .flatten()
        .find(|entry| {
            entry.file_name() == "db_postgres"
                && !entry.path().starts_with(folder.join(".rapidkit"))
        })
        .context("there is no layer")?;
    let mut files = judged::files(layer.path())?;
    let mut paths = vec![layer.path().display().to_string()];
    for path in TESTS.iter().chain(&[HEALTH]) {
        if folder.join(path).is_file() {
            files.push((path.into(), std::fs::read(folder.join(path))?));
            paths.push((*path).to_owned());
        }
    }
    judged::once(files, || judge(folder, layer.path(), &paths))
}

fn judge(folder: &Path, layer: &Path, paths: &[String]) -> Result<()> {
    let ruff = tool("ruff")?;
    let mut files: Vec<&str> = paths.iter().map(String::as_str).collect();
    let format = ["format", "--isolated", "--no-cache", "--check"];
    run(folder, &ruff, &[&format[..], &files].concat())?;
    let black = ["--quiet", "--check", "--config", "/dev/null"];
    run(folder, &tool("black")?, &[&black[..], &files].concat())?;
    // A test has no documentation, and asserts.
    files.retain(|path| !TESTS.contains(path));
    let every = [
        "check",
        "--isolated",
        "--no-cache",
        "--target-version",
        "py310",
        "--select",
        "ALL",
        "--ignore",
        UNASKED,
        // A name of RapidKit Core's takes a boolean by position.
        "--per-file-ignores",
        "**/db_postgres/postgres.py:FBT",
    ];
    run(folder, &ruff, &[&every[..], &files].concat())?;
    // As a project has it that asks for little, and of the newest Python: a `noqa` for more would be one too many.
    let few = [
        "check",
        "--isolated",
        "--no-cache",
        "--target-version",
        "py313",
        "--extend-select",
        "E,I,B,UP,RUF100",
    ];
    run(folder, &ruff, &[&few[..], &files].concat())?;
    if files.contains(&HEALTH) {
        let quiet = [
            "--strict",
            "--follow-imports=silent",
            "--cache-dir=/dev/null",
        ];
        run(
            folder,
            &tool("mypy")?,
            &[&quiet[..], &["-p", "src.health.postgres"]].concat(),
        )?;
    }
    // A copy by itself: of the application around it, mypy may think what it likes.
    let alone = target().join("mypy");
    let _ = std::fs::remove_dir_all(alone.join("db_postgres"));
    std::fs::create_dir_all(alone.join("db_postgres"))?;
    for (name, text) in judged::files(layer)? {
        std::fs::write(alone.join("db_postgres").join(name), text)?;
    }
    run(&alone, &tool("mypy")?, &["--strict", "db_postgres"])?;
    Ok(())
}

/// All tests; the generated ones say why they did not run.
pub fn tests(folder: &Path) -> Result<()> {
    let python = tool("python")?;
    let layer_is_in = ["src", "backend"].iter().find(|name| {
        folder.join(name).join("db_postgres").is_dir()
            || (**name == "src" && folder.join("src").is_dir())
    });
    let mut command = command(
        folder,
        &python,
        &["-m", "pytest", "-rs", "-p", "no:cacheprovider"],
    );
    if let Some(name) = layer_is_in {
        command.env("PYTHONPATH", folder.join(name));
    }
    let output = command.output()?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success() && printed.contains("needs TEST_DATABASE_URL"),
        "the tests fail, or the generated ones do not say why they did not run:\n{printed}"
    );
    Ok(())
}
