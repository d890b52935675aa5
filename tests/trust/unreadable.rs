//! What cannot be read was not checked, which is never a success.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use crate::fixture::Fixture;
use crate::project::{VENDOR, added, copy};

/// What is made unreadable, the mode it gets, and the finding's place.
const CASES: &[(&str, u32, &str)] = &[
    ("other/folder", 0o000, "other/folder"),
    (".rapidkit/extra", 0o000, ".rapidkit/extra"),
    (".rapidkit", 0o311, ".rapidkit/project.json"),
    (".rapidkit/vendor", 0o000, ".rapidkit/vendor"),
    ("POOL", 0o000, "POOL"),
];

#[test]
fn what_cannot_be_read_is_no_success() {
    for (path, mode, place) in CASES {
        let project = Fixture::empty();
        copy(added().path(), project.path());
        let pool = format!("{VENDOR}/pool.rs");
        let [path, place] = [path, place].map(|path| path.replace("POOL", &pool));
        let full = project.path().join(&path);
        if !full.exists() {
            std::fs::create_dir_all(&full).unwrap();
        }
        std::fs::set_permissions(&full, PermissionsExt::from_mode(*mode)).unwrap();
        let output = unprivileged(&project, &["verify-all", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let said = findings
            .iter()
            .any(|finding| finding["code"] == "RK0307" && finding["path"] == place.as_str());
        assert!(said, "{path}: {report:#}");
        assert_ne!(output.status.code(), Some(0), "{path}");
        // What is removed with the folder must be listable.
        std::fs::set_permissions(&full, PermissionsExt::from_mode(0o755)).unwrap();
    }
}

/// Runs the command as a user without root's power to read everything.
fn unprivileged(project: &Fixture, arguments: &[&str]) -> std::process::Output {
    let command = project.command(arguments);
    let mut run = if rustix::process::getuid().is_root() {
        let binary = project.path().join(".binary");
        std::fs::copy(command.get_program(), &binary).unwrap();
        let owned = Command::new("chown")
            .args(["-R", "nobody"])
            .arg(project.path())
            .status();
        assert!(owned.unwrap().success());
        let mut run = Command::new("setpriv");
        run.args(["--reuid", "nobody", "--clear-groups"])
            .arg(binary)
            .args(command.get_args());
        run
    } else {
        let mut run = Command::new(command.get_program());
        run.args(command.get_args());
        run
    };
    run.current_dir(project.path())
        .env_remove("CI")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}
