use std::process::{Command, Stdio};

use super::context::Context;
use super::interrupt;
use crate::project::Project;
use crate::types::{Install, Problem};

/// Runs the package manager, its output on standard error.
///
/// # Errors
/// It cannot be started, or fails: the project stays as `add` left it.
pub fn run(context: &Context, project: &Project, install: &Install) -> Result<(), Problem> {
    let failed = |what: String| {
        Problem::input(what)
            .note("the layer is in the project; only the packages that it needs are missing")
            .help(format!("once that is mended: {install}"))
    };
    let directory = project.path().join(install.directory.as_str());
    for words in &install.commands {
        let line = words.join(" ");
        context.terminal.done("Installing", &line);
        let (program, arguments) = words.split_first().unwrap_or((&line, &[]));
        // A program of the project's own is named from its directory.
        let program = match program.contains('/') {
            true => directory.join(program),
            false => program.into(),
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&directory)
            .stdin(Stdio::null())
            .stdout(std::io::stderr());
        if context.terminal.is_quiet() {
            command.stdout(Stdio::null());
        }
        let status = command
            .status()
            .map_err(|error| failed(format!("cannot start `{line}`: {error}")))?;
        if interrupt::requested() {
            return Err(Problem::interrupted());
        }
        if !status.success() {
            return Err(failed(format!("`{line}` failed ({status})")));
        }
    }
    Ok(())
}
