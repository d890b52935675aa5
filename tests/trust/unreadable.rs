//! What cannot be read was not checked, which is never a success.

use std::os::unix::fs::PermissionsExt;

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
        let output = project.unprivileged(&["verify-all", "--format", "json"]);
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

/// What is made unreadable beside a good project, and the mode it gets.
const BESIDE: &[(&str, u32)] = &[
    ("api/.rapidkit", 0o000),
    ("api/.rapidkit", 0o444),
    ("api", 0o444),
    ("module", 0o444),
    ("module/templates", 0o000),
];

#[test]
fn what_cannot_be_looked_into_beside_a_good_project_is_no_success() {
    for (path, mode) in BESIDE {
        let project = Fixture::empty();
        copy(added().path(), project.path());
        for (name, from) in [("api", added()), ("module", Fixture::module())] {
            let to = project.path().join(name);
            std::fs::create_dir(&to).unwrap();
            copy(from.path(), &to);
        }
        let full = project.path().join(path);
        std::fs::set_permissions(&full, PermissionsExt::from_mode(*mode)).unwrap();
        let output = project.unprivileged(&["verify-all", "--format", "json"]);
        std::fs::set_permissions(&full, PermissionsExt::from_mode(0o755)).unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_ne!(output.status.code(), Some(0), "{path} {mode:o}: {report:#}");
        let fault = |finding: &serde_json::Value| finding["level"] != "info";
        let root = path.split('/').next().unwrap();
        let mut faults = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| fault(f));
        assert!(
            faults.all(
                |finding| finding["root"].as_str().unwrap().starts_with(root)
                    || finding["path"].as_str().unwrap().starts_with(root)
            ),
            "{path} {mode:o}: {report:#}"
        );
    }
}
