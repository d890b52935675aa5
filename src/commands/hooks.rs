//! Commands that a module declares for after generation. They run over a copy, before anything is written: one that fails
//! leaves the project as it was.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::context::Context;
use super::interrupt;
use crate::project::{Project, Scratch};
use crate::types::{Problem, ProjectPath, shown_text};

/// How long a command may take.
const LONGEST: Duration = Duration::from_secs(60);
/// How often it is asked whether it has ended.
const TURN: Duration = Duration::from_millis(5);
/// What a command sees of the environment: no variable that could hold a secret.
const ENVIRONMENT: [&str; 7] = [
    "CARGO_HOME",
    "HOME",
    "LANG",
    "LC_ALL",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "TMPDIR",
];

/// Runs a module's commands for a target.
pub struct Hooks<'a> {
    pub context: &'a Context,
    pub project: &'a Project,
    pub target: &'a ProjectPath,
}

impl Hooks<'_> {
    /// The texts of `files` as `commands` leave them.
    ///
    /// # Errors
    /// A command that cannot be started, fails, takes too long, or leaves a file that cannot be read; an interruption.
    pub fn run(
        &self,
        commands: &[Vec<String>],
        files: &[(&ProjectPath, &str)],
    ) -> Result<Vec<String>, Problem> {
        let scratch = self.project.scratch(files)?;
        for words in commands {
            self.context.terminal.done("Running", line(words));
            self.command(&scratch, words, files)
                .map_err(|problem| problem.note("nothing was written"))?;
        }
        files.iter().map(|(path, _)| scratch.text(path)).collect()
    }

    fn command(
        &self,
        scratch: &Scratch,
        words: &[String],
        files: &[(&ProjectPath, &str)],
    ) -> Result<(), Problem> {
        let line = line(words);
        let mut path = self.programs();
        path.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        let path = std::env::join_paths(path)
            .map_err(|error| Problem::input(format!("cannot look for `{line}`: {error}")))?;
        let (program, arguments) = words.split_first().unwrap_or((&line, &[]));
        let kept = ENVIRONMENT
            .iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut child = Command::new(program)
            .args(arguments)
            .args(files.iter().map(|(path, _)| path.as_str()))
            .current_dir(scratch.path())
            .env_clear()
            .envs(kept)
            .env("PATH", path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| {
                Problem::input(format!("cannot start `{line}`: {error}"))
                    .help("install it, or leave out `--run-hooks`")
            })?;
        match ended(&mut child, &line)? {
            status if status.success() => Ok(()),
            status => Err(Problem::input(format!("`{line}` failed ({status})"))),
        }
    }

    /// Where programs of the project's own are kept: beside the package and above it, in its work tree.
    fn programs(&self) -> Vec<PathBuf> {
        let package = self.project.path().join(self.target.as_str());
        let (work_tree, _) = self.project.work_tree();
        package
            .ancestors()
            .take_while(|directory| directory.starts_with(work_tree))
            .flat_map(|directory| {
                ["node_modules/.bin", ".venv/bin"].map(|place| directory.join(place))
            })
            .collect()
    }
}

fn ended(child: &mut Child, line: &str) -> Result<ExitStatus, Problem> {
    let until = Instant::now() + LONGEST;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if interrupt::requested() => {
                end(child);
                return Err(Problem::interrupted());
            }
            Ok(None) if Instant::now() > until => {
                end(child);
                let seconds = LONGEST.as_secs();
                return Err(Problem::input(format!(
                    "`{line}` was ended: it took over {seconds} s"
                )));
            }
            Ok(None) => std::thread::sleep(TURN),
            Err(error) => return Err(Problem::input(format!("`{line}`: {error}"))),
        }
    }
}

/// Ends a command and all that it has started.
fn end(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    // It may have ended meanwhile.
    let _ = group.map(|group| kill_process_group(group, Signal::KILL));
    let _ = child.wait();
}

/// What a person is told of commands that were not run.
pub fn not_run(commands: &[Vec<String>]) -> impl Iterator<Item = String> {
    let left = |words: &Vec<String>| {
        format!(
            "Not run over the generated files without `--run-hooks`: {}",
            line(words)
        )
    };
    commands.iter().map(left)
}

fn line(words: &[String]) -> String {
    shown_text(&words.join(" "))
}
