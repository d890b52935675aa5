//! What is verified: everything here and below, in an order that does not change.

use std::os::unix::fs::symlink;

use rapidkit_pg::types::CACHE_SIGNATURE as CACHE;

use crate::fixture::Fixture;
use crate::project::{added, copy, verify};

fn monorepo() -> Fixture {
    let repository = Fixture::empty();
    let project = added();
    for path in ["services/api", "services/api/nested", "apps/web", "a.b/x"] {
        let path = repository.path().join(path);
        std::fs::create_dir_all(&path).unwrap();
        copy(project.path(), &path);
    }
    let module = repository.path().join("modules/db");
    std::fs::create_dir_all(&module).unwrap();
    copy(Fixture::module().path(), &module);
    repository
}

fn checked(report: &serde_json::Value) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    report["checked"]
        .as_array()
        .unwrap()
        .iter()
        .map(|checked| (text(&checked["root"]), text(&checked["kind"])))
        .collect()
}

#[test]
fn nested_projects_and_modules_are_found_in_one_order() {
    let repository = monorepo();
    let verified = verify(&repository, &[]);
    assert_eq!(verified.code, Some(0), "{}", verified.ran.out);
    let expected = [
        ("a.b/x", "project"),
        ("apps/web", "project"),
        ("modules/db", "module"),
        ("services/api", "project"),
        ("services/api/nested", "project"),
    ];
    let found = checked(&verified.report);
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(found, expected);
    repository.write("apps/web/.rapidkit/b", "");
    repository.write("apps/web/.rapidkit/a", "");
    repository.write("a.b/x/.rapidkit/c", "");
    let first = verify(&repository, &[]).ran.out;
    for _ in 0..5 {
        assert_eq!(verify(&repository, &[]).ran.out, first);
    }
    let found = verify(&repository, &[]).of("RK0303");
    let paths: Vec<_> = found
        .iter()
        .map(|f| (f["root"].as_str().unwrap(), f["path"].as_str().unwrap()))
        .collect();
    assert_eq!(
        paths,
        [
            ("a.b/x", ".rapidkit/c"),
            ("apps/web", ".rapidkit/a"),
            ("apps/web", ".rapidkit/b")
        ]
    );
}

#[test]
fn directories_can_be_named_and_are_checked_once() {
    let repository = monorepo();
    let verified = verify(&repository, &["services", "apps", "./services/api"]);
    assert_eq!(verified.code, Some(0), "{}", verified.ran.out);
    let roots: Vec<String> = checked(&verified.report)
        .into_iter()
        .map(|(root, _)| root)
        .collect();
    assert_eq!(roots, ["apps/web", "services/api", "services/api/nested"]);
    let absolute = repository.path().join("apps").to_str().unwrap().to_owned();
    assert_eq!(checked(&verify(&repository, &[&absolute]).report).len(), 1);
}

#[test]
fn the_fix_is_a_command_that_works_from_here() {
    let repository = monorepo();
    repository.write("apps/web/src/db_postgres/pool.rs", "// mine\n");
    repository.write("apps/web/.rapidkit/it's $(x)", "");
    let verified = verify(&repository, &[]);
    for finding in verified.report["findings"].as_array().unwrap() {
        if finding["level"] == "info" {
            continue;
        }
        let fix = finding["fix"].as_str().unwrap();
        let binary = env!("CARGO_BIN_EXE_rapidkit-pg");
        let status = std::process::Command::new("bash")
            .args(["-c", &fix.replace("rapidkit-pg", binary)])
            .current_dir(repository.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status();
        assert!(status.unwrap().success(), "{fix}");
    }
    // Dropping `mod` lines' files is a finding of the compiler's, not ours.
    assert_eq!(verify(&repository, &["--release"]).code, Some(0));
}

/// What is done to a project, and the code of what is then to be mended.
type Broken = (&'static str, fn(&Fixture));

#[rustfmt::skip]
const BROKEN: &[Broken] = &[
    ("RK0802", |p| { p.write(".rapidkit/txn/0000", ""); }),
    ("RK0802", |p| { p.write(".rapidkit/txn", ""); }),
    ("RK0803", |p| { p.write(".rapidkit/upgrade/before/x", ""); }),
    ("RK0803", |p| { p.write(".rapidkit/upgrade", ""); }),
    ("RK0305", |p| { std::fs::rename(p.path().join(".rapidkit"), p.path().join("moved")).unwrap(); symlink("moved", p.path().join(".rapidkit")).unwrap(); }),
    ("RK0305", |p| { std::fs::remove_dir_all(p.path().join(".rapidkit")).unwrap(); p.write(".rapidkit", ""); }),
];

#[test]
fn the_fix_mends_what_is_broken_and_takes_nothing_along() {
    for (at, (code, break_it)) in BROKEN.iter().enumerate() {
        let project = added();
        project.git(&["init", "-q"]);
        project.git(&["add", "-A"]);
        project.write("src/db_postgres/pool.rs", "// mine\n");
        break_it(&project);
        let found = verify(&project, &[]).of(code);
        assert_eq!(found.len(), 1, "{at}");
        let fix = found[0]["fix"].as_str().unwrap();
        let command = fix.trim_start_matches("see what you need of it, then ");
        let binary = env!("CARGO_BIN_EXE_rapidkit-pg");
        let ran = std::process::Command::new("bash")
            .args(["-c", &command.replace("rapidkit-pg", binary)])
            .current_dir(project.path())
            .output()
            .unwrap();
        assert!(ran.status.success(), "{at}: {fix}: {ran:?}");
        let mended = verify(&project, &["--release"]);
        let left: Vec<String> = mended.codes().into_iter().collect();
        assert_eq!(left, ["RK0601"], "{at}: {fix}: the edit alone");
        assert_eq!(project.read("src/db_postgres/pool.rs"), "// mine\n");
    }
}

#[test]
fn the_work_of_tools_is_passed_over_and_a_marker_alone_hides_nothing_else() {
    let repository = Fixture::empty();
    let project = added();
    for path in ["node_modules/x", ".git/x", "target/x", "here"] {
        let path = repository.path().join(path);
        std::fs::create_dir_all(&path).unwrap();
        copy(project.path(), &path);
    }
    repository.write("target/CACHEDIR.TAG", CACHE);
    assert_eq!(checked(&verify(&repository, &[]).report).len(), 1);
    // A file of that name which holds something else is no mark, nor is a link to one.
    for other in [
        "",
        "\n",
        &CACHE[..42],
        &CACHE.to_lowercase(),
        &format!(" {CACHE}"),
    ] {
        repository.write("target/CACHEDIR.TAG", other);
        assert_eq!(
            checked(&verify(&repository, &[]).report).len(),
            2,
            "{other}"
        );
    }
    std::fs::remove_file(repository.path().join("target/CACHEDIR.TAG")).unwrap();
    assert_eq!(checked(&verify(&repository, &[]).report).len(), 2);
    repository.write("tag", CACHE);
    std::os::unix::fs::symlink("../tag", repository.path().join("target/CACHEDIR.TAG")).unwrap();
    assert_eq!(checked(&verify(&repository, &[]).report).len(), 2);
    // A project that is named is checked, whatever lies in it.
    repository.write("here/CACHEDIR.TAG", CACHE);
    assert_eq!(checked(&verify(&repository, &["here"]).report).len(), 1);
}

#[test]
fn a_named_directory_without_anything_to_verify_is_no_success() {
    let repository = monorepo();
    std::fs::remove_dir_all(repository.path().join("apps/web/.rapidkit")).unwrap();
    assert_eq!(verify(&repository, &["services"]).code, Some(0));
    repository.refuses(
        &["verify-all", "services", "apps/web"],
        2,
        &["nothing to verify", "apps/web or below"],
    );
}

#[test]
fn a_module_without_its_manifest_is_seen() {
    let repository = monorepo();
    let module = repository.path().join("modules/db");
    std::fs::rename(module.join("module.yaml"), module.join("module.yml")).unwrap();
    let verified = verify(&repository, &[]);
    assert_eq!(verified.code, Some(1), "{}", verified.ran.out);
    assert_eq!(verified.of("RK0406")[0]["root"], "modules/db");
    std::fs::remove_file(module.join("module.yml")).unwrap();
    assert_eq!(verify(&repository, &["modules"]).code, Some(1));
    std::fs::remove_file(module.join("config/base.yaml")).unwrap();
    assert_eq!(verify(&repository, &["modules"]).code, Some(1));
    // Sums of something else are nobody's module.
    std::fs::remove_dir_all(module.join("templates")).unwrap();
    assert_eq!(verify(&repository, &[]).code, Some(0));
}
