//! RK1010: the module's own suite sees every runtime hook work, in an application of every framework.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::module::Module;
use crate::types::{Code, Level};
use crate::verify::findings::Findings;

/// The suite: a program in the module's root.
const SUITE: &str = "tests/conformance/run";
/// As much of what it says as a finding holds, in characters.
const LONGEST: usize = 400;

pub(super) fn check(directory: &Path, module: &Module, findings: &mut Findings) {
    let hooks: Vec<&str> = module
        .manifest
        .hooks
        .runtime
        .iter()
        .map(|hook| hook.variable.as_str())
        .collect();
    if hooks.is_empty() {
        return;
    }
    for framework in module.manifest.generation.variants.keys() {
        match run(directory, framework, &hooks) {
            Err(reason) => unseen(framework, &reason, findings),
            Ok(output) => judge(framework, &hooks, &output, findings),
        }
    }
}

/// What the suite says of each hook, held against its exit code.
fn judge(framework: &str, hooks: &[&str], output: &Output, findings: &mut Findings) {
    let text = String::from_utf8_lossy(&output.stdout);
    let said = |hook: &str| {
        text.lines()
            .filter_map(|line| {
                line.strip_prefix("hook ")?
                    .strip_prefix(hook)?
                    .strip_prefix(' ')
            })
            .next_back()
    };
    let mut failed = 0;
    for hook in hooks {
        match said(hook) {
            Some("holds") => {}
            Some(other) => {
                failed += 1;
                let finding = findings
                    .about(Code::HookWithoutEffect, Level::Finding, "module.yaml")
                    .expected(format!("{hook} works in {framework}"))
                    .actual(shortened(other));
                findings.add(finding);
            }
            None => return unseen(framework, &ending(output), findings),
        }
    }
    if output.status.success() != (failed == 0) {
        unseen(framework, &ending(output), findings);
    }
}

fn unseen(framework: &str, reason: &str, findings: &mut Findings) {
    let finding = findings
        .about(Code::HookWithoutEffect, Level::Unchecked, SUITE)
        .expected(format!(
            "a suite that sees the runtime hooks work in {framework}"
        ))
        .actual(shortened(reason));
    findings.add(finding);
}

/// Runs the suite with this program, so that what is vetted is what is seen.
fn run(directory: &Path, framework: &str, hooks: &[&str]) -> Result<Output, String> {
    let absolute = |path: &Path| path.canonicalize().map_err(|error| error.to_string());
    let root = absolute(directory)?;
    let suite = root.join(SUITE);
    if !suite.is_file() {
        return Err("nothing".to_owned());
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    Command::new(suite)
        .arg(framework)
        .arg("--module")
        .arg(&root)
        .args(["--hooks", &hooks.join(",")])
        .env("RAPIDKIT_PG", program)
        .current_dir(&root)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("it cannot be run: {error}"))
}

/// How a suite ended that did not say what it was asked for.
fn ending(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    format!("{}: {}", output.status, last.unwrap_or("it says nothing"))
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
