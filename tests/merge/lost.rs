//! No edit is lost, of neither side: what was inserted is in the result or in a conflict, what was deleted is gone or in one.

use std::cell::Cell;
use std::collections::HashMap;

use rapidkit_pg::plan::Merged;

use crate::cases::Side;
use crate::{merged, run, say};

#[derive(Default)]
struct Parts {
    /// Outside of conflicts.
    plain: Vec<Vec<u8>>,
    /// Inside, by side.
    mine: Vec<Vec<u8>>,
    base: Vec<Vec<u8>>,
    theirs: Vec<Vec<u8>>,
    /// With each conflict decided for the user.
    as_mine: Vec<Vec<u8>>,
}

#[test]
fn no_edit_is_lost() {
    let [inserted, deleted, conflicted] = [const { Cell::new(0u32) }; 3];
    let cases = run(400, |case| {
        let [base, mine, theirs] = [&case.base, &case.mine, &case.theirs].map(Side::bytes);
        let parts = match merged(&base, &mine, &theirs) {
            Merged::Clean(text) => parts(&text),
            Merged::Conflicted { text, .. } => {
                conflicted.set(conflicted.get() + 1);
                parts(&text)
            }
        };
        for (side, inside) in [(&case.mine, &parts.mine), (&case.theirs, &parts.theirs)] {
            let own = side
                .lines
                .iter()
                .filter(|line| !case.base.lines.contains(line));
            for line in own {
                assert!(
                    parts.plain.contains(line) || inside.contains(line),
                    "lost: {}",
                    line.escape_ascii()
                );
                inserted.set(inserted.get() + 1);
            }
        }
        if case.is_distinct {
            for line in &case.base.lines {
                let is_deleted = |side: &Side| !side.lines.contains(line);
                if is_deleted(&case.mine) || is_deleted(&case.theirs) {
                    assert!(!parts.plain.contains(line), "back: {}", line.escape_ascii());
                    deleted.set(deleted.get() + 1);
                } else {
                    assert!(parts.plain.contains(line) || parts.mine.contains(line));
                }
            }
        }
        // Nothing is there more often than somebody wrote it, and nothing comes from nowhere.
        let counts = |lines: &[Vec<u8>]| {
            let mut counts: HashMap<Vec<u8>, usize> = HashMap::new();
            for line in lines {
                *counts.entry(line.clone()).or_default() += 1;
            }
            counts
        };
        let [of_mine, of_theirs, of_base] =
            [&case.mine, &case.theirs, &case.base].map(|side| counts(&side.lines));
        let of = |counts: &HashMap<Vec<u8>, usize>, line: &Vec<u8>| {
            counts.get(line).copied().unwrap_or(0)
        };
        for (line, count) in counts(&parts.as_mine) {
            assert!(count <= of(&of_mine, &line) + of(&of_theirs, &line));
        }
        for (line, count) in &of_mine {
            // What is missing of the user's lines is what the new version may have removed.
            let left = of(&counts(&parts.as_mine), line) + of(&of_base, line);
            assert!(left >= *count);
        }
        // The user's own lines stand in the user's order.
        let in_order = |lines: &[Vec<u8>]| -> Vec<Vec<u8>> {
            let own = |line: &&Vec<u8>| line.starts_with(b"Mine ");
            lines.iter().filter(own).cloned().collect()
        };
        assert_eq!(in_order(&parts.as_mine), in_order(&case.mine.lines));
        for line in &parts.base {
            assert!(case.base.lines.contains(line));
        }
    });
    say(&format!(
        "merge, edits: {cases} cases, {} with conflicts; {} inserted and {} deleted lines, 0 lost",
        conflicted.get(),
        inserted.get(),
        deleted.get()
    ));
    assert!(conflicted.get() > cases / 20 && conflicted.get() < cases / 20 * 19);
}

fn parts(text: &[u8]) -> Parts {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut parts = Parts::default();
    let mut side = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let line = line
            .strip_suffix(b"\n")
            .map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        side = match (side, line) {
            (0, b"<<<<<<< yours") => 1,
            (1, b"||||||| 1.0.0") => 2,
            (2, b"=======") => 3,
            (3, b">>>>>>> 1.1.0") => 0,
            (_, line) => {
                let parts = &mut parts;
                let into = match side {
                    0 => &mut parts.plain,
                    1 => &mut parts.mine,
                    2 => &mut parts.base,
                    _ => &mut parts.theirs,
                };
                into.push(line.to_vec());
                if side < 2 {
                    parts.as_mine.push(line.to_vec());
                }
                continue;
            }
        };
    }
    assert_eq!(side, 0, "a conflict without an end");
    parts
}
