//! `vet --deep` on the real thing: the module's suite, a real application, a real PostgreSQL. It takes minutes, so it is run
//! by name: `cargo test --test deep`.

#![allow(clippy::disallowed_methods, reason = "tests set up files")]

#[path = "../cli/fixture.rs"]
#[allow(dead_code, reason = "shared with the tests of the command")]
mod fixture;

use std::os::unix::fs::symlink;
use std::process::Command;

use fixture::{Fixture, repository};

const POOL: &str = "templates/rust/src/db_postgres/pool.rs.j2";

#[test]
fn a_hook_without_effect_is_found_and_the_others_hold() {
    let module = Fixture::module();
    module.replace(POOL, "if self.settings.echo_pool {", "if false {");
    module.run(&["lock", "--overwrite", "--same-version"]).ok();
    let folder = module.path().join("tests/conformance");
    std::fs::create_dir_all(&folder).unwrap();
    symlink(
        repository().join("tests/conformance/run"),
        folder.join("run"),
    )
    .unwrap();
    // The suite builds and starts applications: it needs what they need.
    let output = Command::new(env!("CARGO_BIN_EXE_rapidkit-pg"))
        .args(["vet", "--deep", "--format", "json"])
        .current_dir(module.path())
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let deep: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["code"] == "RK1010")
        .collect();
    // The pool of the Rust layer, which two frameworks share.
    let frameworks = ["actix", "axum"];
    assert_eq!(deep.len(), frameworks.len(), "{report:#}");
    for (finding, framework) in deep.into_iter().zip(frameworks) {
        assert_eq!(finding["level"], "finding", "{report:#}");
        assert_eq!(
            finding["expected"],
            format!("RAPIDKIT_DB_POSTGRES_ECHO_POOL works in {framework}")
        );
        let actual = finding["actual"].as_str().unwrap();
        assert!(actual.starts_with("fails hooks.echo-pool"), "{actual}");
    }
    assert_eq!(output.status.code(), Some(1));
}
