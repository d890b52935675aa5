//! RK0901: recorded paths that a module may not name, or that only letter case tells apart.

use std::collections::HashMap;

use super::findings::Findings;
use super::project::Subject;
use crate::types::{Code, FileKind, Level, ProjectPath};

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let mut seen: HashMap<String, &ProjectPath> = HashMap::new();
    for locked in &subject.lock.modules {
        for file in &locked.files {
            let path = &file.path;
            if let Some(reason) = fault(path, &locked.target, file.kind) {
                let finding = findings
                    .about(Code::UnsafePath, Level::Finding, path.as_str())
                    .expected("a path that a module may name")
                    .actual(reason)
                    .fix_path("git restore --");
                findings.add(finding);
            }
            let twin = seen.insert(path.as_str().to_lowercase(), path);
            if let Some(twin) = twin.filter(|twin| *twin != path) {
                let finding = findings
                    .about(Code::UnsafePath, Level::Finding, path.as_str())
                    .expected("paths that differ in more than letter case")
                    .actual(format!("{twin} is recorded too"))
                    .fix_path("git restore --");
                findings.add(finding);
            }
        }
    }
}

/// The target's own path is the user's choice; what lies below it, and all of `.rapidkit/` but that path, is not. Blocks
/// are in files that the user named.
fn fault(path: &ProjectPath, target: &ProjectPath, kind: FileKind) -> Option<String> {
    if path.as_str().chars().any(char::is_control) {
        return Some("a control character".to_owned());
    }
    if path
        .as_str()
        .split('/')
        .any(|segment| segment.eq_ignore_ascii_case(".git"))
    {
        return Some("inside `.git`".to_owned());
    }
    match kind {
        FileKind::Generated | FileKind::Seed => {
            let below = path.below(target)?;
            below
                .as_str()
                .parse::<ProjectPath>()
                .err()
                .map(|error| error.to_string())
        }
        FileKind::Vendor | FileKind::Block => None,
    }
}
