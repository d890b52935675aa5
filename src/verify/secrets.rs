//! RK0902: a secret in what the lock records. A secret is recorded as `@env:NAME` only.

use super::findings::Findings;
use super::project::Subject;
use crate::types::{Answer, Code, FileKind, LOCK, Level, holds_secret};

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    for rerendered in &subject.modules {
        for (name, answer) in &rerendered.locked.answers {
            if let Answer::String(text) = answer
                && is_secret(name, text)
            {
                let finding = findings
                    .about(Code::Secret, Level::Finding, LOCK)
                    .expected(format!("{name}: @env:NAME"))
                    .actual(format!("{name}: a value that looks like a secret"));
                findings.add(finding);
            }
        }
        for file in &rerendered.locked.files {
            let recorded = file.text.as_deref().unwrap_or_default();
            if file.kind == FileKind::Block && holds_secret(recorded) {
                let finding = findings
                    .about(Code::Secret, Level::Finding, file.path.as_str())
                    .expected("an example without a secret")
                    .actual("a password in a URL, or a key");
                findings.add(finding);
            }
        }
    }
}

fn is_secret(name: &str, text: &str) -> bool {
    if text.is_empty() || text.starts_with("@env:") {
        return false;
    }
    let name = name.to_lowercase();
    [
        "password",
        "passwd",
        "secret",
        "token",
        "private_key",
        "api_key",
    ]
    .iter()
    .any(|word| name.contains(word))
        || holds_secret(text)
}
