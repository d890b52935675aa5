#![allow(
    clippy::disallowed_methods,
    reason = "writes an application of its own, in a temporary folder"
)]

use std::fs::{File, TryLockError};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::process::Running;
use crate::commands::context;
use crate::frameworks;
use crate::module::Module;
use crate::plan::{self, Request};
use crate::project::Project;
use crate::types::Problem;

/// A small application: what is there before `add`, and what its developer writes after.
pub struct Example {
    /// Path and text.
    pub files: &'static [(&'static str, &'static str)],
    /// A file that uses the layer.
    pub handlers: (&'static str, &'static str),
    /// Path, text, and what takes its place.
    pub edits: &'static [(&'static str, &'static str, &'static str)],
    /// The exit code of a stop in order; `None`: the signal is raised again, as uvicorn and Nest do.
    pub stopped: Option<i32>,
    /// Builds it; the command that starts it.
    pub build: fn(&Workshop) -> Result<Vec<String>, Problem>,
}

/// Where an application is built.
pub struct Workshop<'a> {
    pub project: &'a Path,
    /// What is downloaded and built once, for all runs.
    pub cache: &'a Path,
    /// The port that it will serve on.
    pub port: u16,
    pub interrupted: &'a dyn Fn() -> bool,
}

impl Workshop<'_> {
    /// Runs a program in the project.
    ///
    /// # Errors
    /// It is missing or failed; its output is in the message.
    pub fn run(
        &self,
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &Path)],
    ) -> Result<(), Problem> {
        let log = self.project.join("build.log");
        let mut command = Command::new(program);
        command.args(arguments).envs(variables.iter().copied());
        match Running::spawn(command, self.project, &log)?.wait(self.interrupted)? {
            Some(0) => Ok(()),
            _ => Err(failed("the application does not build", &log)),
        }
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn folder(&self, path: &Path) -> Result<(), Problem> {
        std::fs::create_dir_all(path).map_err(|error| cannot_write(path, &error))
    }
}

/// Writes the application into a new folder.
///
/// # Errors
/// It cannot be written.
pub fn create(project: &Path, example: &Example) -> Result<(), Problem> {
    for (path, text) in example.files {
        write(&project.join(path), text)?;
    }
    Ok(())
}

/// Does what `rapidkit-pg add --yes` does in the folder.
///
/// # Errors
/// As `add`.
pub fn add(folder: &Path) -> Result<(), Problem> {
    let module = Module::embedded()?;
    let project = Project::open(folder)?;
    let answers = plan::check_answers(&module.spec, &std::collections::BTreeMap::new())?;
    for framework in frameworks::all() {
        for target in framework.detect(&project)? {
            let request = Request {
                adopt: false,
                module: &module,
                framework: *framework,
                target: &target,
                answers: &answers,
                wire: true,
                dev: !module.drift().is_empty(),
                finish: None,
            };
            let plan = plan::add(&project, &context::lock(&project)?, &request)?;
            project.writer()?.0.apply(&plan.changes, &|| false)?;
        }
    }
    Ok(())
}

/// Writes the handlers that a developer would write next.
///
/// # Errors
/// It cannot be written.
pub fn write_handlers(project: &Path, example: &Example) -> Result<(), Problem> {
    let (path, text) = example.handlers;
    write(&project.join(path), text)?;
    for (path, from, to) in example.edits {
        let path = project.join(path);
        let text = std::fs::read_to_string(&path).map_err(|error| cannot_write(&path, &error))?;
        write(&path, &text.replacen(from, to, 1))?;
    }
    Ok(())
}

/// Copies a program.
///
/// # Errors
/// It cannot be copied.
pub fn copy(from: &Path, to: &Path) -> Result<(), Problem> {
    match std::fs::copy(from, to) {
        Ok(_) => Ok(()),
        Err(error) => Err(cannot_write(to, &error)),
    }
}

/// Makes `at` a link to a folder.
///
/// # Errors
/// It cannot be made.
pub fn link(folder: &Path, at: &Path) -> Result<(), Problem> {
    std::os::unix::fs::symlink(folder, at).map_err(|error| cannot_write(at, &error))
}

/// Waits until no other demo builds in the cache.
///
/// # Errors
/// The cache cannot be written, or `interrupted` said so.
pub fn alone(cache: &Path, interrupted: &dyn Fn() -> bool) -> Result<File, Problem> {
    let path = cache.join("demo.lock");
    let fault = |error: std::io::Error| {
        Problem::input(format!("cannot lock `{}`: {error}", path.display()))
    };
    std::fs::create_dir_all(cache).map_err(fault)?;
    let lock = File::create(&path).map_err(fault)?;
    while let Err(error) = lock.try_lock() {
        match error {
            TryLockError::WouldBlock => std::thread::sleep(Duration::from_millis(50)),
            TryLockError::Error(error) => return Err(fault(error)),
        }
        if interrupted() {
            return Err(Problem::interrupted());
        }
    }
    Ok(lock)
}

/// A failure that a log explains.
pub fn failed(what: &str, log: &Path) -> Problem {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let mut problem = Problem::input(what);
    problem.notes = lines[lines.len().saturating_sub(20)..]
        .iter()
        .map(|line| (*line).to_owned())
        .collect();
    problem
}

fn write(path: &Path, text: &str) -> Result<(), Problem> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Problem {
    Problem::input(format!("cannot write `{}`: {error}", path.display()))
}
