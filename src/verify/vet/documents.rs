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
            .expected(format!("a heading `## {version}`"))
            .actual("none");
        findings.add(finding);
    }
}

/// Whether a second-level heading names the version: `## 1.0.0`, `## [1.0.0] - 2026-11-25`.
fn has_entry(text: &str, version: &str) -> bool {
    text.lines()
        .filter_map(|line| line.strip_prefix("## "))
        .filter_map(|heading| heading.split_whitespace().next())
        .any(|word| word.trim_matches(['[', ']']).trim_start_matches('v') == version)
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
        for text in [
            "## 1.0.0",
            "# x\n\n## 1.0.0 - Unreleased\n",
            "## [1.0.0] - 2026-11-25",
            "## v1.0.0",
        ] {
            assert!(has_entry(text, "1.0.0"), "{text}");
        }
        for text in [
            "",
            "1.0.0",
            "# 1.0.0",
            "## 1.0.01",
            "## 11.0.0",
            "## since 1.0.0",
        ] {
            assert!(!has_entry(text, "1.0.0"), "{text}");
        }
    }
}
