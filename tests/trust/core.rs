//! The known faults of RapidKit Core's `modules verify-all`, each of which must not be one here; and projects that both
//! manage.

use std::process::Command;

use crate::fixture::{Fixture, repository};
use crate::project::{LOCK, VENDOR, added, copy, verify};

#[test]
fn it_looks_where_it_is_started_not_one_directory_higher() {
    let outside = Fixture::empty();
    let inner = outside.path().join("inner");
    std::fs::create_dir_all(&inner).unwrap();
    copy(added().path(), &inner);
    let inside = outside.run(&["-C", "inner", "verify-all"]);
    assert_eq!(inside.code, Some(0), "{}", inside.err);
    std::fs::create_dir_all(outside.path().join("other")).unwrap();
    let beside = outside.run(&["-C", "other", "verify-all"]);
    assert_eq!(beside.code, Some(2), "{}", beside.out);
}

#[test]
fn nothing_to_check_is_never_a_success() {
    let empty = Fixture::empty();
    for arguments in [
        &["verify-all"][..],
        &["verify-all", "--release"],
        &["verify-all", "."],
    ] {
        empty.refuses(arguments, 2, &["nothing to verify"]);
    }
    empty.refuses(&["verify-all", "absent"], 2, &["no directory `absent`"]);
    for format in ["json", "sarif", "github", "junit"] {
        assert_eq!(
            empty.run(&["verify-all", "--format", format]).code,
            Some(2),
            "{format}"
        );
    }
    // A project without our lock is none of ours, and nor is the ecosystem's cache.
    empty.write("Cargo.toml", crate::fixture::AXUM_MANIFEST);
    empty.write(".rapidkit/cache/x", "");
    empty.refuses(&["verify-all"], 2, &["nothing to verify"]);
    // In a project's subdirectory the way to it is said.
    let project = added();
    let ran = project.run(&["-C", "src", "verify-all"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("lies inside the project"), "{}", ran.err);
}

#[test]
fn recorded_hashes_are_computed_again() {
    let project = added();
    let path = format!("{VENDOR}/pool.rs");
    let text = project.read(&path);
    let file = project.path().join(&path);
    let before = std::fs::metadata(&file).unwrap();
    // The same size and the same times: nothing but the bytes can tell.
    let edited = text.replacen("use ", "use\t", 1);
    assert_eq!(edited.len(), text.len());
    project.write(&path, edited);
    let times = std::fs::FileTimes::new()
        .set_modified(before.modified().unwrap())
        .set_accessed(before.accessed().unwrap());
    std::fs::File::options()
        .write(true)
        .open(&file)
        .unwrap()
        .set_times(times)
        .unwrap();
    assert_eq!(verify(&project, &[]).of("RK0301").len(), 1);
}

#[test]
fn file_borders_are_part_of_the_content_hash() {
    let module = Fixture::module();
    let before = hash(&module);
    let (a, b) = (
        "templates/rust/src/db_postgres/pool.rs.j2",
        "templates/rust/src/db_postgres/url.rs",
    );
    let (x, y) = (module.read(a), module.read(b));
    module.write(a, &x[..x.len() - 1]);
    module.write(b, format!("\n{y}"));
    assert_eq!(verify(&module, &[]).of("RK0403").len(), 2);
    module.run(&["lock", "--overwrite", "--same-version"]).ok();
    assert_ne!(hash(&module), before);
}

fn hash(module: &Fixture) -> String {
    let path = module.path().to_str().unwrap();
    let info = module
        .run(&[
            "info",
            "--module",
            path,
            "--allow-drift",
            "--format",
            "json",
        ])
        .ok();
    info.json()["content"].as_str().unwrap().to_owned()
}

#[test]
fn the_lock_holds_a_hash_of_every_file() {
    let lock = added().read(LOCK);
    let paths = lock.matches("      - path: ").count();
    let blocks = lock.matches("kind: \"block\"").count();
    assert_eq!(lock.matches("        base: \"").count(), paths - blocks);
}

#[test]
fn vendor_files_are_not_executed_by_the_application() {
    let project = added();
    std::fs::remove_dir_all(project.path().join(".rapidkit/vendor")).unwrap();
    for entry in walkdir::WalkDir::new(project.path().join("src")) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            assert!(!text.contains(".rapidkit"), "{}", entry.path().display());
        }
    }
    let metadata = Command::new("cargo")
        .args([
            "metadata",
            "--offline",
            "--no-deps",
            "--format-version",
            "1",
        ])
        .current_dir(project.path())
        .output()
        .unwrap();
    assert!(!String::from_utf8_lossy(&metadata.stdout).contains(".rapidkit"));
}

#[test]
fn unsigned_is_never_said_to_be_valid() {
    let project = added();
    for format in ["human", "json", "github", "junit"] {
        let text = project.run(&["verify-all", "--format", format]).ok().out;
        assert!(!text.to_lowercase().contains("valid"), "{format}: {text}");
    }
}

#[test]
fn in_a_project_of_both_only_our_corner_is_judged() {
    let project = Fixture::axum();
    project.write(".rapidkit/project.json", "{}");
    project.write(".rapidkit/vendor/auth/1.0.0/x.py", "theirs");
    project.write(".rapidkit/modules.lock.yaml", "theirs");
    project.run(&["add", "--yes"]).ok();
    assert!(project.read(LOCK).starts_with("format: 1\ncore: true\n"));
    let verified = verify(&project, &["--release"]);
    assert_eq!(verified.code, Some(0), "{}", verified.ran.out);
    let not_ours = verified.of("RK0308");
    assert_eq!(not_ours[0]["actual"], "3 files");
    // Our corner is judged as anywhere.
    project.write(".rapidkit/vendor/db_postgres/0.9.0/x", "");
    assert_eq!(verify(&project, &[]).of("RK0303").len(), 1);
    // But for what RapidKit Core says it has copied of its own module of this name; never for ours.
    let record = |version: &str| {
        format!(
            r#"{{ "files": {{ "x": {{ "hash": "{}", "module": "db_postgres", "version": "{version}" }} }} }}"#,
            "0".repeat(64)
        )
    };
    let files = ".rapidkit/file-hashes.json";
    project.write(files, record("0.9.0"));
    assert_eq!(verify(&project, &[]).of("RK0303").len(), 0);
    let ours = project.write(".rapidkit/vendor/db_postgres/1.2.0/x", "");
    for version in ["", ".", "1.2.0", "0.9.0/../1.2.0"] {
        project.write(files, record(version));
        assert_eq!(verify(&project, &[]).of("RK0303").len(), 2, "{version}");
    }
    for path in [ours, project.path().join(files)] {
        std::fs::remove_file(path).unwrap();
    }
    std::fs::remove_dir_all(project.path().join(".rapidkit/vendor/db_postgres/0.9.0")).unwrap();
    // And nobody may take RapidKit Core away.
    std::fs::remove_file(project.path().join(".rapidkit/project.json")).unwrap();
    assert_eq!(verify(&project, &[]).of("RK0107").len(), 1);
    project.run(&["lock", "--overwrite"]).ok();
    assert!(project.read(LOCK).starts_with("format: 1\nmodules:\n"));
    assert_eq!(verify(&project, &[]).of("RK0303").len(), 2);
}

#[test]
fn a_project_is_not_passed_off_as_one_of_rapidkit_core_alone() {
    let project = added();
    let record = |version: &str| {
        format!(
            r#"{{ "files": {{ "x": {{ "hash": "{}", "module": "free/database/db_postgres", "version": "{version}" }} }} }}"#,
            "0".repeat(64)
        )
    };
    for name in ["rapidkit-pg.lock.yaml", ".gitattributes", ".ignore"] {
        std::fs::remove_file(project.path().join(".rapidkit").join(name)).unwrap();
    }
    project.write(".rapidkit/project.json", "{}");
    assert_eq!(verify(&project, &[]).of("RK0101").len(), 1);
    // What RapidKit Core has copied of its own module of this name is not ours, where it is recorded.
    let files = ".rapidkit/file-hashes.json";
    project.write(files, "nonsense");
    assert_eq!(verify(&project, &[]).of("RK0101").len(), 1);
    project.write(files, record("0.1.34"));
    assert_eq!(verify(&project, &[]).of("RK0101").len(), 1);
    let vendor = project.path().join(".rapidkit/vendor/db_postgres");
    std::fs::rename(vendor.join("1.2.0"), vendor.join("0.1.34")).unwrap();
    project.write(".rapidkit/vendor/auth/1.0.0/x.py", "theirs");
    project.refuses(&["verify-all"], 2, &["nothing to verify"]);
    let theirs = repository().join("tests/fixtures/fastapi/rapidkit-core-adopted");
    Fixture::copy_of(&theirs).refuses(&["verify-all"], 2, &["nothing to verify"]);
}

#[test]
fn what_has_drifted_proves_nothing() {
    let (project, module) = (added(), Fixture::module());
    let path = module.path().to_str().unwrap();
    let with_module = ["verify-all", "--module", path];
    project.run(&with_module).ok();
    let page = module.read("docs/usage.md");
    module.write("docs/usage.md", page + "\n");
    project.run(&with_module).ok();
    module.replace("templates/rust/src/db_postgres/pool.rs.j2", "use ", "use  ");
    project.refuses(&with_module, 2, &["still says version 1.2.0"]);
}

#[test]
fn an_answer_that_no_template_reads_is_not_recorded() {
    let module = Fixture::module();
    let question = "prompts:\n  - name: unread\n    ask: Why?\n    help: No.\n    type: integer\n    default: 1\n    min: 1\n    max: 9\n";
    module.replace("config/base.yaml", "prompts:\n", question);
    module.run(&["lock", "--overwrite", "--same-version"]).ok();
    let path = module.path().to_str().unwrap();
    let project = Fixture::axum();
    project.run(&["add", "--yes", "--module", path]).ok();
    let arguments = ["--release", "--module", path];
    assert_eq!(verify(&project, &arguments).code, Some(0));
    assert!(!project.read(LOCK).contains("unread"));
    project.replace(
        LOCK,
        "      \"pool_size\": 10\n",
        "      \"pool_size\": 10\n      \"unread\": 2\n",
    );
    let verified = verify(&project, &arguments);
    assert_eq!(verified.code, Some(1));
    assert_eq!(verified.codes().into_iter().collect::<Vec<_>>(), ["RK0505"]);
}
