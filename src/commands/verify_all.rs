use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::context::Context;
use crate::cli::{FindingFormat, VerifyAll};
use crate::module::Module;
use crate::plan::Templates;
use crate::report::verification;
use crate::signature::{AllowedSigners, Revoked};
use crate::types::{Problem, shown, shown_text};
use crate::verify::{Report, Setting, Trust, trusted, verify};

/// `rapidkit-pg verify-all`
pub fn run(context: &Context, args: &VerifyAll) -> Result<u8, Problem> {
    let module = match &args.module_directory {
        Some(directory) => {
            let module = Module::read(&context.directory.join(directory))?;
            trusted(&module)?;
            module
        }
        None => Module::embedded()?,
    };
    let templates = Templates::new(&module)?;
    let starts = match args.directories.is_empty() {
        true => vec![PathBuf::new()],
        false => args.directories.clone(),
    };
    let trust = trust(context, args, &starts)?;
    let setting = Setting {
        release: args.release || is_ci(),
        templates: &templates,
        trust: trust.as_ref(),
        baseline: args.baseline.clone(),
    };
    let report = verify(&context.directory, &starts, &setting)?;
    show(context, "verify-all", args.format, setting.release, &report);
    Ok(report.exit())
}

/// Prints a report in the format that was asked for.
pub fn show(
    context: &Context,
    command: &'static str,
    asked: FindingFormat,
    release: bool,
    report: &Report,
) {
    let view = verification::View {
        command,
        release,
        exit: report.exit(),
        checked: report
            .checked
            .iter()
            .map(|checked| verification::Checked {
                root: &checked.root,
                kind: checked.kind.name(),
                modules: &checked.modules,
                signer: checked.signer.as_deref(),
            })
            .collect(),
        findings: &report.findings,
        problem: None,
    };
    verification::print(context.terminal, format(asked), &view);
}

/// Prints that nothing could be checked: readers of a format want a document in any case.
pub fn show_problem(
    context: &Context,
    command: &'static str,
    asked: FindingFormat,
    problem: &Problem,
) {
    let message = shown_text(&problem.to_string());
    let view = verification::View {
        command,
        release: false,
        exit: problem.exit.code(),
        checked: Vec::new(),
        findings: &[],
        problem: Some(&message),
    };
    verification::print(context.terminal, format(asked), &view);
}

fn trust(
    context: &Context,
    args: &VerifyAll,
    starts: &[PathBuf],
) -> Result<Option<Trust>, Problem> {
    let Some(file) = &args.trust else {
        return Ok(None);
    };
    let read = |path: &Path| {
        let name = shown(path);
        let file = context.directory.join(path);
        let fault = |error| Problem::input(format!("cannot read `{name}`: {error}"));
        // A pipe might never end.
        if !std::fs::metadata(&file).map_err(fault)?.is_file() {
            return Err(Problem::input(format!("`{name}` is no regular file")));
        }
        let bytes = std::fs::read(&file).map_err(fault)?;
        Ok((name, bytes))
    };
    let (name, bytes) = read(file)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Problem::input("not UTF-8, so no file of allowed signers").in_file(&name))?;
    let revoked = match &args.revoked {
        Some(path) => {
            let (name, bytes) = read(path)?;
            Revoked::parse(&name, &bytes)?
        }
        None => Revoked::default(),
    };
    let principal = args.signer.as_deref().map(str::parse).transpose();
    Ok(Some(Trust {
        files: [file]
            .into_iter()
            .chain(&args.revoked)
            .map(|path| context.directory.join(path))
            .collect(),
        starts: starts
            .iter()
            .map(|start| context.directory.join(start))
            .collect(),
        signers: AllowedSigners::parse(&name, &text)?,
        revoked,
        principal: principal
            .map_err(|error| Problem::input(format!("`--signer` names nobody: {error}")))?,
        now: SystemTime::now().into(),
    }))
}

fn format(asked: FindingFormat) -> verification::Format {
    match asked {
        FindingFormat::Human => verification::Format::Human,
        FindingFormat::Json => verification::Format::Json,
        FindingFormat::Sarif => verification::Format::Sarif,
        FindingFormat::Github => verification::Format::Github,
        FindingFormat::Junit => verification::Format::Junit,
    }
}

/// Build services set it; there, a warning that nobody reads is no warning.
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}
