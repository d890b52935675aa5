//! Running a program and saying what it said when it failed.

use std::process::{Command, Stdio};

use crate::types::Problem;

/// Standard output of a command that must succeed; else its last lines as notes.
pub(super) fn output(command: &mut Command) -> Result<String, Problem> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let done = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Problem::input(format!("{shown} could not be started: {error}")))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let said = [done.stdout, done.stderr].concat();
    let mut problem = Problem::input(format!("{shown} failed ({})", done.status));
    for line in last_lines(&String::from_utf8_lossy(&said), 6) {
        problem = problem.note(line);
    }
    Err(problem)
}

/// The last `count` lines that are not blank.
pub(super) fn last_lines(text: &str, count: usize) -> Vec<String> {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(count)..]
        .iter()
        .map(|line| (*line).to_owned())
        .collect()
}
