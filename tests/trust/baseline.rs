//! RK07: `--baseline`.

use crate::fixture::Fixture;
use crate::merge::{commit, git};
use crate::project::{LOCK, added, verify};

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
        lock.replace("version: \"1.0.0\"", "version: \"1.0.1\""),
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
    let repository = Fixture::empty();
    let project = added();
    std::fs::create_dir_all(repository.path().join("services")).unwrap();
    crate::project::copy(project.path(), &{
        let path = repository.path().join("services/api");
        std::fs::create_dir_all(&path).unwrap();
        path
    });
    assert!(git(&repository, &["init", "-q"]));
    let path = format!("services/api/{LOCK}");
    let lock = repository.read(&path);
    repository.write(
        &path,
        lock.replace("version: \"1.0.0\"", "version: \"9.0.0\""),
    );
    commit(&repository);
    repository.write(&path, lock);
    assert_eq!(
        codes(&repository, "HEAD"),
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
    module.replace("module.yaml", "version: 1.0.0", "version: 0.9.0");
    module.run(&["lock", "--overwrite"]).ok();
    assert_eq!(codes(&module, "HEAD"), (Some(1), vec!["RK0701".to_owned()]));
    module.replace("module.yaml", "version: 0.9.0", "version: 1.0.1");
    module.run(&["lock", "--overwrite"]).ok();
    assert_eq!(codes(&module, "HEAD"), (Some(0), vec![]));
    // Pages are no content.
    let text = module.read("docs/usage.md");
    module.write("docs/usage.md", text + "\n");
    module.run(&["lock", "--overwrite"]).ok();
    commit(&module);
    assert_eq!(codes(&module, "HEAD"), (Some(0), vec![]));
}
