//! Beside `git merge-file --diff3`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::Command;

use rapidkit_pg::plan::Merged;

use crate::{merged, run, say};

#[test]
fn beside_git() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let classes: RefCell<BTreeMap<&str, (u32, String)>> = RefCell::default();
    let cases = run(150, |case| {
        let sides = [&case.mine, &case.base, &case.theirs].map(|side| side.plain().bytes());
        let names = ["mine", "base", "theirs"];
        for (name, text) in names.iter().zip(&sides) {
            std::fs::write(path(name), text).unwrap();
        }
        let git = Command::new("git")
            .args(["merge-file", "--diff3", "-p", "-q"])
            .args(["-L", "yours", "-L", "1.0.0", "-L", "1.1.0"])
            .args(names)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(git.status.code().is_some_and(|code| code < 128), "{git:?}");
        let (ours, is_clean) = match merged(&sides[1], &sides[0], &sides[2]) {
            Merged::Clean(text) => (text, true),
            Merged::Conflicted { text, .. } => (text, false),
        };
        let class = match (is_clean, git.status.success(), ours == git.stdout) {
            (true, true, true) => "same, clean",
            (false, false, true) => "same, conflicts",
            (true, true, false) => "both clean, different",
            (false, false, false) => "both conflicts, different",
            (true, false, _) => "clean, in conflict for git",
            (false, true, _) => "in conflict, clean for git",
        };
        let mut classes = classes.borrow_mut();
        let entry = classes.entry(class).or_default();
        entry.0 += 1;
        let shown = format!(
            "base\n{}--- mine\n{}--- theirs\n{}--- ours\n{}--- git\n{}",
            String::from_utf8_lossy(&sides[1]),
            String::from_utf8_lossy(&sides[0]),
            String::from_utf8_lossy(&sides[2]),
            String::from_utf8_lossy(&ours),
            String::from_utf8_lossy(&git.stdout)
        );
        if entry.1.is_empty() || shown.len() < entry.1.len() {
            entry.1 = shown;
        }
    });
    for (class, (count, example)) in classes.borrow().iter() {
        say(&format!("merge, beside git: {count} of {cases} {class}"));
        if !class.starts_with("same") {
            say(example);
        }
    }
}
