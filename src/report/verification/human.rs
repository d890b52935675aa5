use super::{View, counted};
use crate::report::Terminal;
use crate::report::terminal::{BAD, DOUBTFUL, FAINT, GOOD, STRONG};
use crate::types::{Finding, Level};

/// One paragraph a finding, then one line for all.
pub(super) fn print(terminal: Terminal, view: &View) {
    for finding in view.findings {
        if finding.level > Level::Info {
            terminal.result(paragraph(finding));
        } else {
            terminal.line(paragraph(finding));
        }
    }
    for checked in &view.checked {
        let modules = match checked.modules {
            [] => String::new(),
            modules => format!(": {}", modules.join(", ")),
        };
        terminal.detail(format!("{} {}{modules}", checked.kind, checked.root));
        if let Some(signer) = checked.signer {
            terminal.line(format!(
                "{GOOD}signed{GOOD:#}: {} by {signer}",
                checked.root
            ));
        }
    }
    let checked = view.looked_at();
    let counts: Vec<String> = [
        (Level::Finding, "finding"),
        (Level::Warning, "warning"),
        (Level::Unchecked, "check that could not be made"),
    ]
    .into_iter()
    .map(|(level, name)| (view.count(level), name))
    .filter(|(count, _)| *count > 0)
    .map(|(count, name)| match name {
        "check that could not be made" if count > 1 => {
            format!("{count} checks that could not be made")
        }
        name => counted(count, name),
    })
    .collect();
    match (view.exit, counts.is_empty()) {
        (0, true) => terminal.line(format!("{GOOD}clean{GOOD:#}: {checked} verified")),
        (0, false) => terminal.line(format!(
            "{GOOD}clean{GOOD:#} but for a release: {checked} verified, {}",
            counts.join(", ")
        )),
        _ => terminal.result(format!("{checked} verified: {}", counts.join(", "))),
    }
}

fn paragraph(finding: &Finding) -> String {
    let (style, word) = match finding.level {
        Level::Finding => (BAD, "error"),
        Level::Warning => (DOUBTFUL, "warning"),
        Level::Unchecked => (BAD, "unchecked"),
        Level::Info => (FAINT, "info"),
    };
    let mut text = format!(
        "{style}{word}[{}]{style:#} {STRONG}{}{STRONG:#}: {}",
        finding.code.id(),
        finding.file(),
        finding.code.title(),
    );
    for (name, value) in [
        ("expected", &finding.expected),
        ("actual", &finding.actual),
        ("fix", &finding.fix),
    ] {
        if !value.is_empty() {
            text += &format!("\n  {FAINT}{name:<8}{FAINT:#}  {value}");
        }
    }
    text
}
