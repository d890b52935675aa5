use std::path::PathBuf;

use super::context::Context;
use crate::cli::{FindingFormat, VerifyAll};
use crate::module::Module;
use crate::plan::Templates;
use crate::report::verification;
use crate::types::Problem;
use crate::verify::{Report, Setting, trusted, verify};

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
    let setting = Setting {
        release: args.release || is_ci(),
        templates: &templates,
        baseline: args.baseline.clone(),
    };
    let starts = match args.directories.is_empty() {
        true => vec![PathBuf::new()],
        false => args.directories.clone(),
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
            })
            .collect(),
        findings: &report.findings,
    };
    verification::print(context.terminal, format(asked), &view);
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
