//! A project that the layer was added to, made once and copied.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::OnceLock;

use crate::fixture::{Fixture, Ran};

/// Where the pristine copies of the sources lie.
pub const VENDOR: &str = ".rapidkit/vendor/db_postgres/1.2.0/src/db_postgres";
pub const LOCK: &str = ".rapidkit/rapidkit-pg.lock.yaml";

/// A binary crate that the layer was added to.
pub fn added() -> Fixture {
    static MADE: OnceLock<Fixture> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let project = Fixture::axum();
        project.run(&["add", "--yes"]).ok();
        project
    });
    let copied = Fixture::empty();
    copy(made.path(), copied.path());
    copied
}

pub fn copy(from: &Path, to: &Path) {
    let status = std::process::Command::new("cp")
        .arg("-a")
        .arg(from.join("."))
        .arg(to)
        .status();
    assert!(status.unwrap().success());
}

/// What a verification reported.
pub struct Verified {
    pub code: Option<i32>,
    pub report: serde_json::Value,
    pub ran: Ran,
}

impl Verified {
    /// The codes of everything that is more than information.
    pub fn codes(&self) -> BTreeSet<String> {
        let findings = self.report["findings"].as_array().unwrap();
        findings
            .iter()
            .filter(|finding| finding["level"] != "info")
            .map(|finding| finding["code"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The findings of a code.
    pub fn of(&self, code: &str) -> Vec<serde_json::Value> {
        let findings = self.report["findings"].as_array().unwrap();
        findings
            .iter()
            .filter(|finding| finding["code"] == code)
            .cloned()
            .collect()
    }
}

/// Runs `verify-all --format json` with more arguments.
pub fn verify(project: &Fixture, arguments: &[&str]) -> Verified {
    let arguments = [&["verify-all", "--format", "json"], arguments].concat();
    let ran = project.run(&arguments);
    assert!(
        ran.out.starts_with('{'),
        "no report: {:?}\n{}{}",
        ran.code,
        ran.out,
        ran.err
    );
    Verified {
        code: ran.code,
        report: ran.json(),
        ran,
    }
}

/// Makes a file executable.
pub fn make_executable(project: &Fixture, path: &str) {
    let path = project.path().join(path);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Makes a pipe that nobody writes to.
pub fn make_pipe(project: &Fixture, path: &str) {
    let path = project.path().join(path);
    let status = std::process::Command::new("mkfifo").arg(path).status();
    assert!(status.unwrap().success());
}
