//! RK07: a version never falls behind a revision that was good, no module goes, and one version of a module is one content.

use std::path::Path;

use semver::Version;

use super::Setting;
use super::findings::Findings;
use super::project::Subject;
use crate::git::Revision;
use crate::lockfile::Lock;
use crate::module::{Module, SUMS, Sums};
use crate::types::{Code, LOCK, Level, Problem, shell_word};

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    for text in before(subject.setting, subject.project.path(), LOCK, findings) {
        match Lock::parse(&text) {
            Ok(lock) => compare(subject, &lock, findings),
            Err(problem) => unreadable(findings, LOCK, &problem),
        }
    }
}

fn compare(subject: &Subject, lock: &Lock, findings: &mut Findings) {
    for locked in &subject.lock.modules {
        if let Some(before) = lock.find(&locked.module, &locked.target) {
            let versions = [&before.version, &locked.version];
            downgrade(subject.setting, findings, LOCK, versions);
        }
    }
    for before in &lock.modules {
        if subject.lock.find(&before.module, &before.target).is_none() {
            let finding = findings
                .about(Code::Vanished, Level::Finding, LOCK)
                .expected(format!(
                    "a record of {} in {}",
                    before.module, before.target
                ))
                .actual("none")
                .fix_path(&restore(subject.setting));
            findings.add(finding);
        }
    }
}

/// As [`check`], for a module's root.
pub(super) fn module(root: &Path, module: &Module, setting: &Setting, findings: &mut Findings) {
    for text in before(setting, root, SUMS, findings) {
        match Sums::parse(SUMS, &text) {
            Ok(sums) => compare_module(module, &sums, setting, findings),
            Err(problem) => unreadable(findings, SUMS, &problem),
        }
    }
}

fn compare_module(module: &Module, sums: &Sums, setting: &Setting, findings: &mut Findings) {
    let version = &module.manifest.version.value;
    downgrade(setting, findings, "module.yaml", [&sums.version, version]);
    if sums.version == *version && sums.content_hash() != module.content_hash() {
        let finding = findings
            .about(Code::SameVersionOtherContent, Level::Finding, "module.yaml")
            .expected(format!("{version} with content {}", sums.content_hash()))
            .actual(format!("{version} with content {}", module.content_hash()));
        findings.add_fixed_here(finding, "vet --bump patch");
    }
}

/// What takes a file from the baseline, though the change may be committed.
fn restore(setting: &Setting) -> String {
    let baseline = Path::new(setting.baseline.as_deref().unwrap_or_default());
    format!("git restore --source={} --", shell_word(baseline))
}

fn downgrade(setting: &Setting, findings: &mut Findings, path: &str, [before, now]: [&Version; 2]) {
    if now < before {
        let finding = findings
            .about(Code::Downgrade, Level::Finding, path)
            .expected(format!("{before} or later"))
            .actual(now.to_string())
            .fix_path(&restore(setting));
        findings.add(finding);
    }
}

/// A file's texts at the baseline; none if there is no baseline, or no such file in it.
fn before(setting: &Setting, root: &Path, path: &str, findings: &mut Findings) -> Vec<String> {
    let Some(name) = setting.baseline.as_deref() else {
        return Vec::new();
    };
    let read = Revision::every(root, name).and_then(|revisions| {
        let read = |revision: &Revision| revision.read(path).transpose();
        revisions.iter().filter_map(read).collect()
    });
    let read: Vec<Vec<u8>> = match read {
        Ok(read) => read,
        Err(problem) => {
            unreadable(findings, path, &problem);
            return Vec::new();
        }
    };
    let mut texts = Vec::new();
    for bytes in read {
        match String::from_utf8(bytes) {
            Ok(text) => texts.push(text),
            Err(_) => {
                unreadable(findings, path, &Problem::input("not UTF-8 at the baseline"));
            }
        }
    }
    texts
}

fn unreadable(findings: &mut Findings, path: &str, problem: &Problem) {
    let finding = findings
        .about(Code::NoBaseline, Level::Unchecked, path)
        .expected("a baseline to compare with")
        .actual(problem.to_string())
        .fix(fix(problem));
    findings.add(finding);
}

/// What to do where the baseline cannot be read.
pub(super) fn fix(problem: &Problem) -> String {
    match problem.help.first() {
        Some(help) => help.clone(),
        None => "name another revision: `--baseline REV`".to_owned(),
    }
}
