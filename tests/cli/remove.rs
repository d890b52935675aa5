//! `remove` is the inverse of `add`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;

use crate::fixture::{Fixture, repository};

/// Every application of the corpus, with the package that gets the layer; those that are refused left out.
fn corpus() -> Vec<(PathBuf, Option<String>)> {
    let folders = |path: &Path| {
        let entries = std::fs::read_dir(path).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.into_iter().filter(|path| path.is_dir())
    };
    let frameworks = folders(&repository().join("tests/fixtures"));
    let all = frameworks.flat_map(|framework| folders(&framework));
    all.filter_map(|path| {
        let text = std::fs::read_to_string(path.join("fixture.toml")).unwrap();
        let described: toml_edit::DocumentMut = text.parse().unwrap();
        let package = described
            .get("package")
            .map(|name| name.as_str().unwrap().to_owned());
        described.get("unsure").is_none().then_some((path, package))
    })
    .collect()
}

fn git(project: &Fixture, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.email=a@example.org", "-c", "user.name=a"])
        .args(arguments)
        .current_dir(project.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_was_added_is_removed_to_the_byte() {
    let corpus = corpus();
    let outside = |tree: BTreeMap<PathBuf, _>| {
        // Git's own files change as it looks.
        let tree = tree.into_iter();
        tree.filter(|(path, _)| !path.starts_with(".git"))
            .collect::<Vec<_>>()
    };
    corpus.par_iter().for_each(|(path, package)| {
        let project = Fixture::copy_of(path);
        git(&project, &["init", "-q"]);
        git(&project, &["add", "-A", "-f"]);
        git(&project, &["commit", "-q", "-m", "as it was"]);
        let before = project.tree();
        let mut add = vec!["add", "--yes"];
        if let Some(package) = package {
            add.extend(["--package", package]);
        }
        project.run(&add).ok();
        assert!(project.tree() != before);
        project.run(&["remove", "--yes"]).ok();
        assert_eq!(
            git(&project, &["status", "--porcelain"]),
            "",
            "{}",
            path.display()
        );
        assert!(
            outside(project.tree()) == outside(before),
            "{}",
            path.display()
        );
    });
    let count = corpus.len();
    println!("add, then remove: {count} of {count} applications as they were");
    assert!(count > 100, "{count}");
}
