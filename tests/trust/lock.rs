//! `lock` in a project.

use crate::fixture::{AXUM_MAIN, Fixture};
use crate::merge::{commit, git, mend};
use crate::project::{LOCK, VENDOR, added, verify};

#[test]
fn it_shows_first_and_replaces_only_when_asked() {
    let project = added();
    for arguments in [
        &["lock"][..],
        &["lock", "--check"],
        &["lock", "--overwrite"],
    ] {
        let ran = project.run(arguments).ok();
        assert!(ran.out.contains("up to date"), "{}", ran.out);
    }
    let path = "src/db_postgres/pool.rs";
    let text = project.read(path);
    project.write(path, text + "// mine\n");
    std::fs::remove_file(project.path().join("src/db_postgres/url.rs")).unwrap();
    std::fs::remove_file(project.path().join("src/db_postgres/tests.rs")).unwrap();
    project.write("src/main.rs", AXUM_MAIN);
    let before = project.tree();
    for arguments in [&["lock"][..], &["lock", "--check"]] {
        let ran = project.run(arguments);
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        for line in [
            "changed: src/db_postgres/pool.rs",
            "removed: src/db_postgres/url.rs",
            "gone:    src/db_postgres/tests.rs",
            "gone:    src/main.rs (init)",
        ] {
            assert!(ran.out.contains(line), "{line} not in {}", ran.out);
        }
        assert!(project.tree() == before, "something was written");
    }
    project.run(&["lock", "--overwrite"]).ok();
    project.run(&["lock", "--check"]).ok();
    let now = project.tree();
    let changed: Vec<_> = now
        .iter()
        .filter(|(path, bytes)| before.get(*path) != Some(bytes))
        .map(|(path, _)| path.to_str().unwrap())
        .collect();
    assert_eq!(changed, [LOCK], "more than the lock was written");
}

#[test]
fn a_vendor_file_that_is_not_what_is_rendered_is_never_recorded() {
    let pool = format!("{VENDOR}/pool.rs");
    for make in [
        |p: &Fixture, pool: &str| {
            p.write(pool, "// evil\n");
        },
        |p: &Fixture, pool: &str| std::fs::remove_file(p.path().join(pool)).unwrap(),
        |p: &Fixture, pool: &str| {
            // With the lock made to agree.
            let (old, text) = (p.read(pool), "// evil\n");
            p.write(pool, text);
            let hash = |text: &str| rapidkit_pg::types::ContentHash::of(text).to_string();
            let lock = p.read(LOCK).replace(&hash(&old), &hash(text));
            p.write(LOCK, lock);
        },
    ] {
        let project = added();
        make(&project, &pool);
        for arguments in [
            &["lock"][..],
            &["lock", "--check"],
            &["lock", "--overwrite"],
        ] {
            project.refuses(arguments, 1, &["never recorded", &pool]);
        }
    }
}

#[test]
fn a_lock_that_was_edited_by_hand_is_written_again_from_what_is_rendered() {
    let project = added();
    let lock = project.read(LOCK);
    for (from, to) in [
        ("framework: \"axum\"", "framework: axum"),
        (
            "content: \"",
            "content: \"0000000000000000000000000000000000000000000000000000000000000000\" # ",
        ),
        (
            "        base: \"",
            "        base: \"0000000000000000000000000000000000000000000000000000000000000000\" # ",
        ),
    ] {
        project.write(LOCK, lock.replacen(from, to, 1));
        project.run(&["lock", "--overwrite"]).ok();
        assert_eq!(project.read(LOCK), lock);
    }
    project.write(LOCK, lock.replace("\"pool_size\": 10", "\"pool_size\": 11"));
    project.refuses(&["lock", "--overwrite"], 1, &["never recorded"]);
}

#[test]
fn what_is_printed_mends() {
    let project = added();
    assert!(git(&project, &["init", "-q"]));
    commit(&project);
    let verified = |code: &str| {
        let verified = verify(&project, &["--release"]);
        assert_eq!(
            verified.codes(),
            [code.to_owned()].into(),
            "{}",
            verified.ran.out
        );
        verified.of(code)
    };
    project.replace(LOCK, "\"pool_size\": 10", "\"pool_size\": 11");
    mend(&project, &verified("RK0501")[0]);
    assert_eq!(verify(&project, &["--release"]).code, Some(0));
    // The record of a file that is not there is in the lock, not in the file.
    let record = crate::mutants::record(&project.read(LOCK), "src/db_postgres/url.rs");
    project.replace(LOCK, &record, "");
    mend(&project, &verified("RK0502")[0]);
    assert_eq!(verify(&project, &["--release"]).code, Some(0));
    // Which one has to go is not for a command to say.
    let twice = "service(db_postgres::router().fallback_service(app))";
    project.replace("src/main.rs", "service(app)", twice);
    for finding in verified("RK0604") {
        assert_eq!(finding["fix"], "take out all but one in src/main.rs");
    }
    // In the middle of a run, the next run mends what can be mended.
    project.write(".rapidkit/txn/COMMIT", "{}");
    project.write(".rapidkit/.ignore", "");
    let verified = verify(&project, &["--release"]);
    assert!(verified.codes().len() > 2, "{}", verified.ran.out);
    for finding in verified.codes().iter().flat_map(|code| verified.of(code)) {
        assert_eq!(finding["fix"], "rapidkit-pg reconfigure --yes");
    }
}

#[test]
fn what_it_cannot_record_is_said() {
    Fixture::axum().refuses(&["lock"], 2, &["no lock", "add"]);
    Fixture::empty().refuses(&["lock"], 2, &["no project"]);
    let project = added();
    project.replace(LOCK, "version: \"1.2.0\"", "version: \"0.9.0\"");
    project.refuses(&["lock", "--overwrite"], 2, &["0.9.0", "--module DIR"]);
    let project = added();
    project.replace(
        ".env.example",
        "postgresql://postgres:postgres@",
        "postgresql://app:hunter2@",
    );
    let ran = project.refuses(
        &["lock", "--overwrite"],
        1,
        &["holds a secret", ".env.example"],
    );
    assert!(!ran.err.contains("hunter2"));
    let project = added();
    project.replace(
        "src/main.rs",
        "service(app)",
        "service(db_postgres::router().fallback_service(app))",
    );
    project.refuses(
        &["lock", "--overwrite"],
        1,
        &["stands here more than once", "src/main.rs"],
    );
}

#[test]
fn every_kind_of_what_it_accepts_verifies() {
    let project = added();
    let path = "src/db_postgres/pool.rs";
    let text = project.read(path);
    project.write(path, text.replace('\n', "\r\n") + "// mine\r\n");
    project.replace(".env.example", "DB_POOL_SIZE=10", "DB_POOL_SIZE=5");
    assert_eq!(verify(&project, &["--release"]).code, Some(1));
    assert_eq!(verify(&project, &[]).code, Some(0));
    project.run(&["lock", "--overwrite"]).ok();
    assert_eq!(verify(&project, &["--release"]).code, Some(0));
    // Line endings are normalised before they are hashed: the lock does not change with them.
    let lock = project.read(LOCK);
    let text = project.read(path);
    project.write(path, text.replace("\r\n", "\n"));
    project.run(&["lock", "--check"]).ok();
    assert_eq!(project.read(LOCK), lock);
}

#[test]
fn a_dependency_in_another_version_is_accepted_and_still_checked() {
    let project = added();
    project.replace("Cargo.toml", "thiserror = \"2\"", "thiserror = \"2.0.3\"");
    let database = "/shop\n# Only the generated";
    project.replace(".env.example", "/postgres\n# Only the generated", database);
    project.run(&["lock", "--overwrite"]).ok();
    assert_eq!(verify(&project, &["--release"]).code, Some(0));
    let git = "thiserror = { git = \"https://example.org/thiserror\" }";
    project.replace("Cargo.toml", "thiserror = \"2.0.3\"", git);
    assert_eq!(verify(&project, &[]).of("RK0603").len(), 1);
    let ran = project.run(&["lock", "--overwrite"]).ok();
    let said = "gone:    Cargo.toml (dependency thiserror), and no longer checked";
    assert!(ran.out.contains(said), "{}", ran.out);
}

#[test]
fn what_keeps_tools_from_the_copies_is_not_forgotten() {
    let project = added();
    std::fs::remove_file(project.path().join(".rapidkit/.ignore")).unwrap();
    project.run(&["lock", "--overwrite"]).ok();
    assert_eq!(verify(&project, &[]).of("RK0302").len(), 1);
}
