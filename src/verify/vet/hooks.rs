//! RK1007 and RK1008: every runtime hook is documented, and in the code of every framework. That they work is seen by the
//! conformance suite.

use std::collections::BTreeMap;

use super::Subject;
use crate::types::{Code, FileKind, Level};
use crate::verify::findings::Findings;

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let manifest = &subject.module.manifest;
    let pages: Vec<&str> = manifest
        .documentation
        .iter()
        .filter(|(page, _)| *page != "changelog")
        .filter_map(|(_, path)| subject.module.text(&path.value).ok())
        .collect();
    // Framework and kind of target → all generated code.
    let mut code: BTreeMap<(&str, usize), String> = BTreeMap::new();
    for trial in subject.trials {
        let text = code.entry((trial.framework, trial.sample)).or_default();
        if text.is_empty() {
            trial
                .rendering
                .files
                .iter()
                .filter(|file| file.kind == FileKind::Generated)
                .for_each(|file| *text += &without_comments(&file.text));
        }
    }
    for hook in &manifest.hooks.runtime {
        if !pages.iter().any(|page| page.contains(&hook.variable)) {
            let finding = findings
                .about(Code::HookUndocumented, Level::Finding, "module.yaml")
                .expected(format!("{} on a page", hook.variable))
                .actual("on none");
            findings.add(finding);
        }
        let absent = code
            .iter()
            .find(|(_, text)| !text.contains(suffix(&hook.variable)));
        if let Some(((framework, _), _)) = absent {
            let finding = findings
                .about(Code::HookAbsent, Level::Finding, "module.yaml")
                .expected(format!("{} in the code for {framework}", hook.variable))
                .actual("nowhere");
            findings.add(finding);
        }
    }
}

/// Code may put the common prefix before the name.
fn suffix(variable: &str) -> &str {
    variable
        .strip_prefix("RAPIDKIT_DB_POSTGRES_")
        .unwrap_or(variable)
}

fn without_comments(text: &str) -> String {
    text.lines()
        .filter(|line| {
            !["//", "#", "*"]
                .iter()
                .any(|mark| line.trim_start().starts_with(mark))
        })
        .flat_map(|line| [line, "\n"])
        .collect()
}
