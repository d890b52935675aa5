//! RK1005 and RK1006: the documentation is there, and says what this version changes.

use super::Subject;
use crate::types::{Code, Level};
use crate::verify::findings::Findings;

/// The pages that every module has.
const PAGES: [&str; 8] = [
    "overview",
    "usage",
    "advanced",
    "monitoring",
    "troubleshooting",
    "migration",
    "api-reference",
    "changelog",
];

pub(super) fn changelog(subject: &Subject, findings: &mut Findings) {
    let manifest = &subject.module.manifest;
    let version = manifest.version.value.to_string();
    let Some(path) = manifest.documentation.get("changelog") else {
        return; // a page that is missing
    };
    let text = subject.module.text(&path.value).unwrap_or_default();
    if !has_entry(text, &version) {
        let finding = findings
            .about(Code::NoChangelogEntry, Level::Finding, &path.value)
            .expected(format!(
                "a heading `## {version}`, and what changed below it"
            ))
            .actual("none");
        findings.add(finding);
    }
}

/// Whether a second-level heading names the version, `## 1.0.0` or `## [1.0.0] - 2026-11-25`, and below it is more than what
/// `vet --bump` puts there.
fn has_entry(text: &str, version: &str) -> bool {
    let is_named = |line: &str| {
        let word = line
            .strip_prefix("## ")
            .and_then(|heading| heading.split_whitespace().next());
        word.is_some_and(|word| word.trim_matches(['[', ']']).trim_start_matches('v') == version)
    };
    text.lines()
        .skip_while(|line| !is_named(line))
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .any(|line| !line.starts_with('#') && line.contains(char::is_alphanumeric))
}

pub(super) fn pages(subject: &Subject, findings: &mut Findings) {
    let documentation = &subject.module.manifest.documentation;
    for page in PAGES {
        if !documentation.contains_key(page) {
            let finding = findings
                .about(Code::PageMissing, Level::Finding, "module.yaml")
                .expected(format!("a page `{page}` under `documentation`"))
                .actual("none");
            findings.add(finding);
        }
    }
    for path in documentation.values().map(|path| &path.value) {
        let text = subject.module.text(path).unwrap_or_default();
        let says = text
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        if says.count() == 0 {
            let finding = findings
                .about(Code::PageMissing, Level::Finding, path)
                .expected("a page that says something")
                .actual("headings at most");
            findings.add(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::has_entry;

    #[test]
    fn an_entry_is_a_heading_of_the_version() {
        for heading in [
            "## 1.0.0",
            "# x\n\n## 1.0.0 - Unreleased",
            "## [1.0.0] - 2026-11-25",
            "## v1.0.0",
        ] {
            let text = format!("{heading}\n\n### Fixed\n\n- This.\n\n## 0.9.0\n\n- That.\n");
            assert!(has_entry(&text, "1.0.0"), "{text}");
            let text = text.replace("This.", "");
            assert!(!has_entry(&text, "1.0.0"), "{text}");
        }
        for text in [
            "",
            "1.0.0",
            "# 1.0.0",
            "## 1.0.01",
            "## 11.0.0",
            "## since 1.0.0",
        ] {
            let text = format!("{text}\n\n- This.\n");
            assert!(!has_entry(&text, "1.0.0"), "{text}");
        }
    }
}
