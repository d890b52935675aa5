//! RK1009: no secret in what is published with the module.

use super::Subject;
use crate::types::{Code, Level, holds_secret};
use crate::verify::findings::Findings;

/// Passwords of the pages that show what becomes of one.
const EXAMPLES: [&str; 2] = ["p%40ss", "hunter2"];

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    for path in subject.module.actual.hashes.keys() {
        let Ok(text) = subject.module.text(path.as_str()) else {
            continue;
        };
        for (index, line) in text.lines().enumerate() {
            if holds_token(line) || holds_secret(&without_examples(line)) {
                let finding = findings
                    .about(Code::ModuleSecret, Level::Finding, path.as_str())
                    .expected("examples only")
                    .actual(format!("line {} looks like a secret", index + 1));
                findings.add(finding);
            }
        }
    }
}

fn without_examples(line: &str) -> String {
    EXAMPLES.iter().fold(line.to_owned(), |line, example| {
        line.replace(&format!(":{example}@"), "@")
            .replace(&format!("password={example}"), "")
    })
}

/// Tokens of well-known services, by their prefix and the length that follows.
fn holds_token(line: &str) -> bool {
    let follows = |prefix: &str, length: usize| {
        line.match_indices(prefix).any(|(at, _)| {
            let rest = &line[at + prefix.len()..];
            rest.bytes().take_while(u8::is_ascii_alphanumeric).count() >= length
        })
    };
    follows("AKIA", 16)
        || follows("ghp_", 36)
        || follows("github_pat_", 20)
        || follows("glpat-", 20)
        || follows("npm_", 36)
        || follows("pypi-", 50)
        || follows("xoxb-", 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_told_from_secrets() {
        let seen = |line: &str| holds_token(line) || holds_secret(&without_examples(line));
        for line in [
            "url = postgres://app:Zx81kQ@db.internal/x",
            &format!("token: ghp_{}", "a".repeat(36)),
            &format!("AKIA{}", "A".repeat(16)),
            "-----BEGIN PRIVATE KEY-----",
        ] {
            assert!(seen(line), "{line}");
        }
        for line in [
            "postgres://postgres:postgres@localhost/x",
            "postgres://user:password@host:port/database",
            "npm_config",
        ] {
            assert!(!seen(line), "{line}");
        }
    }
}
