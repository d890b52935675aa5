//! RK07: `--baseline`.

use std::time::{Duration, Instant};

use rapidkit_pg::types::CACHE_SIGNATURE as CACHE;
use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::Fixture;
use crate::merge::{commit, git};
use crate::project::{LOCK, added, copy, make_executable, verify};

fn codes(project: &Fixture, baseline: &str) -> (Option<i32>, Vec<String>) {
    let verified = verify(project, &["--baseline", baseline]);
    (verified.code, verified.codes().into_iter().collect())
}

#[test]
fn a_lock_of_an_older_version_is_a_downgrade() {
    let project = added();
    assert!(git(&project, &["init", "-q"]));
    let lock = project.read(LOCK);
    project.write(
        LOCK,
        lock.replace("version: \"1.2.0\"", "version: \"1.2.1\""),
    );
    commit(&project);
    project.write(LOCK, &lock);
    assert_eq!(
        codes(&project, "HEAD"),
        (Some(1), vec!["RK0701".to_owned()])
    );
    commit(&project);
    assert_eq!(codes(&project, "HEAD"), (Some(0), vec![]));
    assert_eq!(
        codes(&project, "HEAD^"),
        (Some(1), vec!["RK0701".to_owned()])
    );
}

#[test]
fn a_project_below_the_repository_root_is_found_at_the_baseline() {
    assert_eq!(
        codes(&fallen_back(), "HEAD"),
        (Some(1), vec!["RK0701".to_owned()])
    );
}

#[test]
fn a_baseline_that_cannot_be_read_is_no_success() {
    let project = added();
    for baseline in ["HEAD", "nowhere", "--output=x", "-h"] {
        let argument = format!("--baseline={baseline}");
        let verified = verify(&project, &[&argument]);
        assert_eq!(verified.code, Some(2), "{baseline}");
        assert!(verified.codes().contains("RK0703"), "{baseline}");
    }
    assert!(git(&project, &["init", "-q"]));
    project.write("x", "");
    assert!(git(&project, &["add", "x"]));
    assert!(git(&project, &["commit", "-qm", "x"]));
    // No lock then: nothing to fall behind.
    assert_eq!(codes(&project, "HEAD"), (Some(0), vec![]));
    project.write(LOCK, "nonsense");
    commit(&project);
    let lock = added().read(LOCK);
    project.write(LOCK, lock);
    assert_eq!(
        codes(&project, "HEAD"),
        (Some(2), vec!["RK0703".to_owned()])
    );
}

#[test]
fn one_version_of_a_module_is_one_content() {
    let module = Fixture::module();
    assert!(git(&module, &["init", "-q"]));
    commit(&module);
    module.replace("templates/rust/src/db_postgres/pool.rs.j2", "use ", "use  ");
    module.run(&["lock", "--overwrite", "--same-version"]).ok();
    assert_eq!(verify(&module, &[]).code, Some(0));
    assert_eq!(codes(&module, "HEAD"), (Some(1), vec!["RK0702".to_owned()]));
    module.replace("module.yaml", "version: 1.2.0", "version: 0.9.0");
    module.run(&["lock", "--overwrite"]).ok();
    assert_eq!(codes(&module, "HEAD"), (Some(1), vec!["RK0701".to_owned()]));
    module.replace("module.yaml", "version: 0.9.0", "version: 1.2.1");
    module.run(&["lock", "--overwrite"]).ok();
    assert_eq!(codes(&module, "HEAD"), (Some(0), vec![]));
    // Pages are no content.
    let text = module.read("docs/usage.md");
    module.write("docs/usage.md", text + "\n");
    module.run(&["lock", "--overwrite"]).ok();
    commit(&module);
    assert_eq!(codes(&module, "HEAD"), (Some(0), vec![]));
}

#[test]
fn a_baseline_that_holds_nonsense_is_no_success() {
    let project = added();
    let lock = project.read(LOCK);
    assert!(git(&project, &["init", "-q"]));
    project.write(LOCK, b"\xff");
    commit(&project);
    project.write(LOCK, lock);
    assert_eq!(
        codes(&project, "HEAD"),
        (Some(2), vec!["RK0703".to_owned()])
    );
    let module = Fixture::module();
    let sums = module.read("module.sums");
    assert!(git(&module, &["init", "-q"]));
    module.write("module.sums", "nonsense");
    commit(&module);
    module.write("module.sums", sums);
    assert_eq!(codes(&module, "HEAD"), (Some(2), vec!["RK0703".to_owned()]));
}

fn repository() -> Fixture {
    let repository = Fixture::empty();
    let (project, module) = (added(), Fixture::module());
    for (path, from) in [
        ("services/api", &project),
        ("services/web", &project),
        ("modules/db", &module),
        ("node_modules/theirs", &project),
        ("cache/theirs", &project),
    ] {
        let path = repository.path().join(path);
        std::fs::create_dir_all(&path).unwrap();
        copy(from.path(), &path);
    }
    repository.write("cache/CACHEDIR.TAG", CACHE);
    repository.write("services/CACHEDIR.TAG", "no cache");
    assert!(git(&repository, &["init", "-q"]));
    commit(&repository);
    repository
}

fn gone(repository: &Fixture, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let arguments = [arguments, &["--baseline", "HEAD"]].concat();
    let verified = verify(repository, &arguments);
    let roots = verified.of("RK0704");
    let roots = roots.iter().map(|f| f["root"].as_str().unwrap().to_owned());
    (verified.code, roots.collect())
}

#[test]
fn what_vanished_since_the_baseline_is_seen() {
    let remove = |repository: &Fixture, path: &str| {
        std::fs::remove_dir_all(repository.path().join(path)).unwrap();
    };
    let one = |root: &str| (Some(1), vec![root.to_owned()]);
    let repository = repository();
    assert_eq!(gone(&repository, &[]), (Some(0), vec![]));
    remove(&repository, "node_modules");
    remove(&repository, "cache/theirs");
    assert_eq!(gone(&repository, &[]), (Some(0), vec![]), "never verified");
    remove(&repository, "services/web/.rapidkit");
    assert_eq!(gone(&repository, &[]), one("services/web"));
    assert_eq!(gone(&repository, &["services"]), one("services/web"));
    assert_eq!(gone(&repository, &["./services/web/"]), one("services/web"));
    assert_eq!(gone(&repository, &["services/api"]), (Some(0), vec![]));
    remove(&repository, "services/web");
    assert_eq!(gone(&repository, &[]), one("services/web"));
    commit(&repository);
    assert_eq!(gone(&repository, &[]), (Some(0), vec![]), "accepted");
    repository.write("services/CACHEDIR.TAG", CACHE);
    assert_eq!(gone(&repository, &[]), one("services/api"));
    remove(&repository, "modules");
    let both = ["modules/db", "services/api"].map(str::to_owned).to_vec();
    assert_eq!(gone(&repository, &[]), (Some(1), both));
}

#[test]
fn the_first_interruption_ends_it() {
    let project = added();
    project.write(".git/HEAD", "");
    let script = "#!/bin/sh\necho > \"$HOME/started\"\nexec sleep 60\n";
    project.write("bin/git", script);
    make_executable(&project, "bin/git");
    let mut command = project.command(&["verify-all", "--baseline", "HEAD"]);
    let path = format!("{}/bin:/usr/bin:/bin", project.path().display());
    let mut run = command.env("PATH", path).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while !project.path().join("started").exists() {
        assert!(Instant::now() < until, "git was not started");
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = Pid::from_raw(run.id().try_into().unwrap()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert!(Instant::now() < until);
}

#[test]
fn what_vanished_cannot_be_known_outside_of_a_repository() {
    let folder = Fixture::empty();
    let project = folder.path().join("api");
    std::fs::create_dir_all(&project).unwrap();
    copy(added().path(), &project);
    assert!(
        std::process::Command::new("git")
            .args(["init", "-q"])
            .arg(&project)
            .status()
            .unwrap()
            .success()
    );
    for arguments in [["-C", "api", "add", "-A"], ["-C", "api", "commit", "-qmx"]] {
        assert!(git(&folder, &arguments));
    }
    assert_eq!(codes(&folder, "HEAD"), (Some(0), vec![]));
    let release = verify(&folder, &["--release", "--baseline", "HEAD"]);
    assert_eq!(release.code, Some(2));
    assert!(release.codes().contains("RK0703"));
    assert_eq!(gone(&folder, &["api", "--release"]), (Some(0), vec![]));
}

#[test]
fn a_record_that_vanished_from_the_lock_is_seen() {
    let project = added();
    let lock = project.read(LOCK);
    let (_, module) = lock.split_once("modules:\n").unwrap();
    let other = module.replacen("target: \".\"", "target: \"other\"", 1);
    assert_ne!(other, module);
    assert!(git(&project, &["init", "-q"]));
    project.write(LOCK, format!("{lock}{other}"));
    commit(&project);
    project.write(LOCK, &lock);
    assert_eq!(
        codes(&project, "HEAD"),
        (Some(1), vec!["RK0704".to_owned()])
    );
}

/// A repository whose project has fallen back behind its last commit.
fn fallen_back() -> Fixture {
    let repository = Fixture::empty();
    let path = repository.path().join("services/api");
    std::fs::create_dir_all(&path).unwrap();
    copy(added().path(), &path);
    assert!(git(&repository, &["init", "-q"]));
    let path = format!("services/api/{LOCK}");
    let lock = repository.read(&path);
    repository.write(
        &path,
        lock.replace("version: \"1.2.0\"", "version: \"9.0.0\""),
    );
    commit(&repository);
    repository.write(&path, lock);
    repository
}

#[test]
fn a_repository_inside_of_the_repository_hides_no_baseline() {
    let downgrade = (Some(1), vec!["RK0701".to_owned()]);
    // The files of a bare repository, which can be committed, and which have a commit without any lock.
    let repository = fallen_back();
    assert!(git(&repository, &["init", "-q", "--bare", "services/api"]));
    let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"; // the empty one
    let inside =
        |arguments: &[&str]| repository.git(&[&["--git-dir=services/api"], arguments].concat());
    let commit = inside(&["commit-tree", tree, "-mx"]);
    inside(&["update-ref", "HEAD", commit.trim()]);
    assert_eq!(codes(&repository, "HEAD"), downgrade);
    assert_eq!(
        verify(&repository, &["services/api", "--baseline", "HEAD"]).code,
        Some(1)
    );
    // A submodule in the place of a directory; and one that is broken.
    for broken in [false, true] {
        let repository = fallen_back();
        let api = ["-C", "services/api"];
        let inside = |arguments: &[&str]| git(&repository, &[&api[..], arguments].concat());
        assert!(inside(&["init", "-q"]));
        assert!(inside(&["commit", "-q", "--allow-empty", "-mx"]));
        if broken {
            repository.write("services/api/.git/HEAD", "");
        }
        assert_eq!(codes(&repository, "HEAD"), downgrade, "{broken}");
    }
}

#[test]
fn what_git_does_not_have_is_not_taken_for_absent() {
    let repository = fallen_back();
    // As in clones with `--filter=blob:none` and `--filter=tree:0`.
    for object in [format!("services/api/{LOCK}"), "services".to_owned()] {
        let hash = repository.git(&["rev-parse", &format!("HEAD:{object}")]);
        let (folder, file) = hash.trim().split_at(2);
        let objects = repository.path().join(".git/objects");
        std::fs::remove_file(objects.join(folder).join(file)).unwrap();
        assert_eq!(
            codes(&repository, "HEAD"),
            (Some(2), vec!["RK0703".to_owned()]),
            "{object}"
        );
    }
}

#[test]
fn a_name_that_could_be_two_is_no_baseline() {
    let repository = fallen_back();
    let head = repository.git(&["rev-parse", "HEAD"]);
    assert!(git(
        &repository,
        &["update-ref", "refs/remotes/origin/main", head.trim()]
    ));
    let downgrade = (Some(1), vec!["RK0701".to_owned()]);
    let unknown = (Some(2), vec!["RK0703".to_owned()]);
    let names = ["origin/main", "refs/remotes/origin/main", "HEAD"];
    for name in names {
        assert_eq!(codes(&repository, name), downgrade, "{name}");
    }
    // Tags of what is newer, under the names of what is compared with.
    commit(&repository);
    let short = &head[..8];
    for tag in names.into_iter().chain([short]) {
        let tag = format!("refs/tags/{tag}");
        assert!(git(&repository, &["update-ref", &tag, "HEAD"]));
    }
    for name in ["origin/main", "origin/main~0", "origin/main@{0}", short] {
        assert_eq!(codes(&repository, name), unknown, "{name}");
    }
    assert_eq!(codes(&repository, "refs/remotes/origin/main"), downgrade);
    assert_eq!(codes(&repository, "HEAD~1"), downgrade);
    let verified = verify(&repository, &["--baseline", "origin/main"]);
    assert_eq!(
        verified.of("RK0703")[0]["actual"],
        "`origin/main` could be refs/remotes/origin/main or refs/tags/origin/main"
    );
    // What is named in full is never another thing.
    assert!(git(
        &repository,
        &["update-ref", "-d", "refs/remotes/origin/main"]
    ));
    assert_eq!(codes(&repository, "refs/remotes/origin/main"), unknown);
    assert_eq!(
        codes(&repository, "refs/tags/origin/main"),
        (Some(0), vec![])
    );
}
