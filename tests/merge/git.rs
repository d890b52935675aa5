//! Beside `git merge-file --diff3`.
//!
//! Git compares whole lines with their ends, so it is given texts whose ends are alike. The results differ only where lines
//! occur more than once, so that an edit can be read off the texts in several ways: which `}` was removed? Git itself then
//! mostly gives what is given here if it is told to compare by another of its algorithms.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use rapidkit_pg::plan::Merged;

use crate::cases::Side;
use crate::{merged, run, say};

#[test]
fn beside_git() {
    let folder = tempfile::tempdir().unwrap();
    let classes: RefCell<BTreeMap<String, (u32, String)>> = RefCell::default();
    let cases = run(100, |case| {
        let [mine, base, theirs] =
            [&case.mine, &case.base, &case.theirs].map(|side| Side::plain(side).bytes());
        for (name, text) in [("mine", &mine), ("base", &base), ("theirs", &theirs)] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let (git, git_is_clean) = merge_file(folder.path(), "myers");
        let (ours, is_clean) = match merged(&base, &mine, &theirs) {
            Merged::Clean(text) => (text, true),
            Merged::Conflicted { text, .. } => (text, false),
        };
        let word = |is_clean: bool| if is_clean { "clean" } else { "in conflict" };
        assert!(
            ours == git || !case.is_distinct,
            "another reading where there is but one"
        );
        let class = if ours == git {
            format!("the same, {}", word(is_clean))
        } else {
            let as_git = ["minimal", "patience", "histogram"]
                .into_iter()
                .find(|other| merge_file(folder.path(), other) == (ours.clone(), is_clean));
            format!(
                "{}, {} for Git: {}",
                word(is_clean),
                word(git_is_clean),
                match as_git {
                    Some(other) => format!("as Git with --diff-algorithm={other}"),
                    None => "as Git with none of its algorithms".to_owned(),
                }
            )
        };
        let shown = [
            ("base", &base),
            ("mine", &mine),
            ("theirs", &theirs),
            ("merged", &ours),
            ("by Git", &git),
        ]
        .map(|(name, text)| format!("--- {name}\n{}", String::from_utf8_lossy(text)))
        .concat();
        let mut classes = classes.borrow_mut();
        let (count, example) = classes.entry(class).or_default();
        *count += 1;
        if example.is_empty() || shown.len() < example.len() {
            *example = shown;
        }
    });
    for (class, (count, example)) in classes.borrow().iter() {
        say(&format!("merge, beside git: {count} of {cases} {class}"));
        if !class.starts_with("the same") && std::env::var_os("RAPIDKIT_MERGE").is_some() {
            say(example);
        }
    }
}

fn merge_file(folder: &Path, algorithm: &str) -> (Vec<u8>, bool) {
    let git = Command::new("git")
        .args(["merge-file", "--diff3", "-p", "-q"])
        .arg(format!("--diff-algorithm={algorithm}"))
        .args(["-L", "yours", "-L", "1.0.0", "-L", "1.1.0"])
        .args(["mine", "base", "theirs"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(git.status.code().is_some_and(|code| code < 128), "{git:?}");
    (git.stdout, git.status.success())
}
