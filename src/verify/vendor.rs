//! RK03: recorded vendor files, byte for byte.

use std::collections::HashMap;
use std::ffi::OsStr;

use super::findings::Findings;
use super::project::Subject;
use super::unreadable;
use crate::lockfile::LockedFile;
use crate::project::FoundKind;
use crate::types::{Code, ContentHash, FileKind, Level};

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let found: HashMap<&OsStr, &FoundKind> = subject
        .found
        .iter()
        .map(|found| (found.path.as_os_str(), &found.kind))
        .collect();
    for record in subject.records(FileKind::Vendor) {
        let path = record.path.as_str();
        let Some(base) = record.base else { continue };
        match found.get(OsStr::new(path)) {
            None => {
                let finding = findings
                    .about(Code::VendorMissing, Level::Finding, path)
                    .expected(format!("sha256 {base}"))
                    .actual("nothing")
                    .fix_path("git restore --");
                findings.add(finding);
            }
            Some(FoundKind::File { executable, hash }) => {
                if *executable {
                    let finding = findings
                        .about(Code::VendorExecutable, Level::Finding, path)
                        .expected("not executable")
                        .actual("executable")
                        .fix_path("chmod a-x --");
                    findings.add(finding);
                }
                if let Some(hash) = hash.filter(|hash| *hash != base) {
                    changed(subject, record, base, hash, findings);
                }
            }
            Some(FoundKind::Directory { .. }) => not_a_file(path, "a directory", findings),
            Some(FoundKind::Other(what)) => not_a_file(path, what, findings),
            Some(FoundKind::Unreadable(reason)) => {
                let finding = unreadable(findings.root, path, reason).fix_path("chmod u+r --");
                findings.add(finding);
            }
        }
    }
}

fn changed(
    subject: &Subject,
    record: &LockedFile,
    base: ContentHash,
    hash: ContentHash,
    findings: &mut Findings,
) {
    let bytes = subject.project.bytes(&record.path).ok().flatten();
    let converted = bytes.is_some_and(|bytes| {
        String::from_utf8(bytes)
            .is_ok_and(|text| ContentHash::of(text.replace("\r\n", "\n")) == base)
    });
    let (code, actual) = match converted {
        true => (Code::VendorLineEndings, "the same with CRLF".to_owned()),
        false => (Code::VendorChanged, format!("sha256 {hash}")),
    };
    let finding = findings
        .about(code, Level::Finding, record.path.as_str())
        .expected(format!("sha256 {base}"))
        .actual(actual)
        .fix_path("git restore --");
    findings.add(finding);
}

fn not_a_file(path: &str, what: &str, findings: &mut Findings) {
    let finding = findings
        .about(Code::VendorNotAFile, Level::Finding, path)
        .expected("a regular file")
        .actual(what)
        .fix_path("git restore --");
    findings.add(finding);
}
