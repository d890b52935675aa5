//! Beside `git merge-file --diff3`.
//!
//! Git compares whole lines with their ends, so it is given texts whose ends are alike. The results differ only where lines
//! occur more than once, so that an edit can be read off the texts in several ways: which `}` was removed? Each difference
//! is explained by that: Git gives what is given here as soon as the lines that are alike are told apart, each numbered as
//! the line of the base that it is taken for here. In one of some thousand cases both sides have made one change that is
//! read off each in another way, so that the numbers tell apart what is alike: it is counted as read in two ways.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use rapidkit_pg::plan::Merged;
use similar::{Algorithm, DiffOp, capture_diff_slices};

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
            let told_apart = [
                ("mine", numbered(&base, &mine)),
                ("base", numbered(&base, &base)),
                ("theirs", numbered(&base, &theirs)),
            ];
            for (name, text) in told_apart {
                std::fs::write(folder.path().join(name), text).unwrap();
            }
            let (text, as_git) = merge_file(folder.path(), "myers");
            let is_explained = (without_numbers(&text), as_git) == (ours.clone(), is_clean);
            format!(
                "{}, {} for Git: {}",
                word(is_clean),
                word(git_is_clean),
                match is_explained {
                    true => "as Git, where lines that are alike are told apart",
                    false => "read off both sides in two ways",
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

/// `side` with the number of the line of `base` behind each line that it is taken for, and nothing behind a new one.
fn numbered(base: &[u8], side: &[u8]) -> Vec<u8> {
    let lines = |text: &[u8]| -> Vec<Vec<u8>> {
        let lines = text.split_inclusive(|byte| *byte == b'\n');
        lines.map(<[u8]>::to_vec).collect()
    };
    let (base, side) = (lines(base), lines(side));
    let mut numbers = vec![None; side.len()];
    for op in capture_diff_slices(Algorithm::Myers, &base, &side) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = op
        {
            for at in 0..len {
                numbers[new_index + at] = Some(old_index + at);
            }
        }
    }
    let with_number = |(line, number): (&Vec<u8>, Option<usize>)| {
        let number = number.map_or_else(String::new, |number| number.to_string());
        [b"\x01", number.as_bytes(), b"\x01", line.as_slice()].concat()
    };
    side.iter().zip(numbers).flat_map(with_number).collect()
}

fn without_numbers(text: &[u8]) -> Vec<u8> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let without = |line: &[u8]| match line.strip_prefix(b"\x01") {
        Some(rest) => {
            let end = rest.iter().position(|byte| *byte == 1).expect("a number");
            rest[end + 1..].to_vec()
        }
        None => line.to_vec(),
    };
    lines.flat_map(without).collect()
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
