//! What was put into files of the user's, as a patch that can be taken back: it is kept beside the pristine copies, and
//! `git apply -R` reads it too.

use std::sync::Arc;

use diffy::{DiffOptions, Hunk, Line, Patch, PatchFormatter};

use super::rendering::patch_path;
use super::state::block_of;
use crate::edit::splice::newline;
use crate::edit::{is_part, is_source};
use crate::lockfile::{LockedFile, LockedModule};
use crate::types::{Files, Problem, ProjectPath};

/// The patch's name in a module's vendor tree, below the target's path.
pub const WIRING: &str = "wiring.patch";

/// Lines around each change: enough to tell places apart, few enough to survive edits beside them.
const CONTEXT: usize = 1;

/// The patch of what was put in; empty if nothing was.
///
/// # Errors
/// It cannot be read.
pub fn patch(files: &dyn Files, locked: &LockedModule) -> Result<Arc<str>, Problem> {
    let path = patch_path(locked, WIRING)?;
    Ok(files.text(&path)?.unwrap_or_default())
}

/// The part of a patch that is about one file; `before` is `None` if the file was not there.
pub fn section(path: &ProjectPath, before: Option<&str>, after: &str) -> String {
    let mut options = DiffOptions::new();
    options.set_context_len(CONTEXT);
    options.set_original_filename(match before {
        Some(_) => format!("a/{path}"),
        None => NOWHERE.to_owned(),
    });
    options.set_modified_filename(format!("b/{path}"));
    written(&options.create_patch(before.unwrap_or_default(), after))
}

fn written(patch: &Patch<str>) -> String {
    PatchFormatter::new()
        .suppress_blank_empty(false)
        .fmt_patch(patch)
        .to_string()
}

const NOWHERE: &str = "/dev/null";

/// A file of the user's without what a patch put into it.
#[derive(Debug, PartialEq, Eq)]
pub struct Unwired {
    /// `None`: the patch had made the file, and nothing else is in it.
    pub text: Option<String>,
    /// The lines that were put in and are not found as they were, hunk by hunk.
    pub left: Vec<String>,
}

/// A patch, file by file.
pub struct Patches<'p>(Vec<(ProjectPath, Patch<'p, str>)>);

impl<'p> Patches<'p> {
    /// Reads what [`section`] wrote, one after the other.
    ///
    /// # Errors
    /// It is something else.
    pub fn parse(text: &'p str) -> Result<Self, Problem> {
        let other = || Problem::input("is no patch of what was put in").in_file(WIRING);
        let mut files = Vec::new();
        for section in sections(text) {
            let patch = Patch::from_str(section).map_err(|_| other())?;
            let name = patch.modified().and_then(|name| name.strip_prefix("b/"));
            files.push((ProjectPath::existing(name.ok_or_else(other)?)?, patch));
        }
        Ok(Self(files))
    }

    /// What is about one file.
    pub fn of(&self, path: &ProjectPath) -> Option<&Patch<'p, str>> {
        let (_, patch) = self.0.iter().find(|(of, _)| of == path)?;
        Some(patch)
    }

    /// The files that it is about.
    pub fn paths(&self) -> impl Iterator<Item = &ProjectPath> {
        self.0.iter().map(|(path, _)| path)
    }

    /// The part of the patch that is about a file, as it was written; `None` if nothing was put into it.
    pub fn section_of(&self, path: &ProjectPath) -> Option<String> {
        self.of(path).map(written)
    }

    /// Whether the file at `path` was made by what was put into it.
    pub fn made(&self, path: &ProjectPath) -> bool {
        self.of(path)
            .is_some_and(|patch| patch.original() == Some(NOWHERE))
    }

    /// Whether all that was put into `text` stands where it was put, by what is left without it.
    pub fn is_in_its_place(&self, path: &ProjectPath, without: &Unwired, text: &str) -> bool {
        let without = without.text.as_deref().unwrap_or_default();
        self.of(path)
            .is_some_and(|patch| diffy::apply(without, patch).is_ok_and(|put| put == text))
    }

    /// `text` without what was put in; `None` if nothing was put into the file at `path`.
    pub fn take_back(&self, path: &ProjectPath, text: &str) -> Option<Unwired> {
        let patch = self.of(path)?;
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let newline = newline(text);
        let mut left = Vec::new();
        // From the end, so that the numbers of lines before stay right.
        for hunk in patch.hunks().iter().rev() {
            left.extend(take_hunk(
                &mut lines,
                hunk,
                newline,
                is_source(path.file_name()),
            ));
        }
        left.reverse();
        let text = lines.concat();
        let made = patch.original() == Some(NOWHERE);
        Some(Unwired {
            text: (!made || !text.is_empty()).then_some(text),
            left,
        })
    }
}

/// The parts of a patch that are about a file each. A set of patches is not read by `diffy` 0.5 where a file loses a last line
/// without an end; and a line that was taken out may look like the beginning of the next part, so lines are counted.
fn sections(text: &str) -> Vec<&str> {
    let mut starts = Vec::new();
    let (mut old, mut new, mut at) = (0_usize, 0_usize, 0);
    for line in text.split_inclusive('\n') {
        let is_outside = (old, new) == (0, 0);
        if at == 0 || is_outside && line.starts_with("--- ") {
            starts.push(at);
        }
        if is_outside {
            [old, new] = line.strip_prefix("@@ ").map_or([0; 2], counts);
        } else {
            let (is_old, is_new) = match line.as_bytes()[0] {
                b'-' => (1, 0),
                b'+' => (0, 1),
                b'\\' => (0, 0),
                _ => (1, 1),
            };
            (old, new) = (old.saturating_sub(is_old), new.saturating_sub(is_new));
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &text[*start..end])
        .collect()
}

/// How many lines a hunk has of the file before and of the one after; 0 where that is not said.
fn counts(ranges: &str) -> [usize; 2] {
    let count = |range: &str| match range.split_once(',') {
        Some((_, count)) => count.parse().unwrap_or(0),
        None => 1,
    };
    let mut counts = ranges.split(' ').map(count);
    [(); 2].map(|()| counts.next().unwrap_or(0))
}

/// The first line of a block that the user has made a part of a statement.
pub fn part_of_a_statement<'l>(
    path: &'l ProjectPath,
    text: &str,
    locked: &'l LockedModule,
) -> Option<&'l str> {
    let is_part = |file: &&LockedFile| is_part(path.file_name(), text, &block_of(file));
    let part = locked.blocks_in(path).find(is_part)?;
    part.text.as_deref()?.lines().next()
}

fn inserted(run: &[Line<str>]) -> String {
    let text = |line: &Line<str>| match line {
        Line::Insert(text) => Some((*text).to_owned()),
        _ => None,
    };
    run.iter().filter_map(text).collect()
}

/// Takes one hunk back where its lines stand with their surroundings, nearest to where they were put; else change by change,
/// each where it stands alone, indented in any way, if there is one such place only. Returns what is not found, the last
/// first.
fn take_hunk(
    lines: &mut Vec<String>,
    hunk: &Hunk<str>,
    newline: &str,
    is_source: bool,
) -> Vec<String> {
    let whole = hunk.lines();
    let was_at = hunk.new_range().start().saturating_sub(1);
    let exact =
        |a: &str, b: &str| a.trim_end_matches(['\r', '\n']) == b.trim_end_matches(['\r', '\n']);
    let found = places(lines, whole, exact);
    if let Some(at) = found.into_iter().min_by_key(|at| at.abs_diff(was_at)) {
        replace(lines, at, whole, newline);
        return Vec::new();
    }
    let is_context = |line: &Line<str>| matches!(line, Line::Context(_));
    let runs = whole.split(is_context).filter(|run| !run.is_empty());
    let mut left = Vec::new();
    for run in runs.rev() {
        let found = |run: &[Line<str>]| places(lines, run, |a, b| a.trim() == b.trim());
        // Blank lines around may have got other lines in their place.
        let bare = without_blank_ends(run);
        let (found, run) = match &found(run)[..] {
            [] => (found(bare), bare),
            all => (all.to_vec(), run),
        };
        match found[..] {
            [at] => replace(lines, at, run, newline),
            // A manifest is a list of entries, each a line. In code, lines are nothing by themselves.
            _ if is_source => left.push(inserted(run)),
            _ => left.extend(take_lines(lines, run).into_iter().rev()),
        }
    }
    left
}

/// The changes of a hunk without inserted blank lines before and after them.
fn without_blank_ends<'r, 'l>(mut run: &'r [Line<'l, str>]) -> &'r [Line<'l, str>] {
    let is_blank = |line: &Line<str>| matches!(line, Line::Insert(text) if text.trim().is_empty());
    while let [first, rest @ ..] = run
        && is_blank(first)
    {
        run = rest;
    }
    while let [rest @ .., last] = run
        && is_blank(last)
    {
        run = rest;
    }
    run
}

/// Takes back each line by itself that stands there once. Returns those that do not, or all where lines were replaced.
fn take_lines(lines: &mut Vec<String>, run: &[Line<str>]) -> Vec<String> {
    if run.iter().any(|line| matches!(line, Line::Delete(_))) {
        return vec![inserted(run)];
    }
    let mut left = Vec::new();
    for line in inserted(run).lines().filter(|line| !line.trim().is_empty()) {
        let mut places = (0..lines.len()).filter(|at| lines[*at].trim() == line.trim());
        match (places.next(), places.next()) {
            (Some(only), None) => {
                lines.remove(only);
            }
            _ => left.push(line.to_owned()),
        }
    }
    left
}

/// Where the lines that a hunk left stand.
fn places(lines: &[String], hunk: &[Line<str>], same: impl Fn(&str, &str) -> bool) -> Vec<usize> {
    let after: Vec<&str> = hunk
        .iter()
        .filter_map(|line| match line {
            Line::Context(text) | Line::Insert(text) => Some(*text),
            Line::Delete(_) => None,
        })
        .collect();
    if after.is_empty() {
        return Vec::new();
    }
    let matches = |window: &[String]| window.iter().zip(&after).all(|(a, b)| same(a, b));
    lines
        .windows(after.len())
        .enumerate()
        .filter(|(_, window)| matches(window))
        .map(|(at, _)| at)
        .collect()
}

fn replace(lines: &mut Vec<String>, at: usize, hunk: &[Line<str>], newline: &str) {
    let mut now = at;
    let mut before = Vec::new();
    for line in hunk {
        match line {
            Line::Context(_) => {
                before.push(lines[now].clone());
                now += 1;
            }
            Line::Insert(_) => now += 1,
            Line::Delete(text) => before.push(match text.strip_suffix('\n') {
                // The user's checkout may have converted line ends since.
                Some(line) => format!("{}{newline}", line.strip_suffix('\r').unwrap_or(line)),
                None => (*text).to_owned(),
            }),
        }
    }
    lines.splice(at..now, before);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> ProjectPath {
        "src/main.rs".parse().unwrap()
    }

    fn unwired(before: Option<&str>, after: &str, now: &str) -> Unwired {
        let patch = section(&path(), before, after);
        Patches::parse(&patch)
            .unwrap()
            .take_back(&path(), now)
            .unwrap()
    }

    const BEFORE: &str = "use a;\n\nfn main() {\n    serve(app);\n}\n";
    const AFTER: &str = "mod db;\n\nuse a;\n\nfn main() {\n    init();\n    serve(\n        with(app),\n    );\n}\n";

    #[test]
    fn what_was_put_in_is_taken_back_to_the_byte() {
        for (before, after) in [
            (BEFORE, AFTER),
            ("", "A=1\n"),
            ("X=1", "X=1\n\nA=1\n"),
            ("X=1\r\n\r\n", "A=1\r\nX=1\r\n\r\n"),
            ("\u{feff}x\n", "\u{feff}mod db;\nx\n"),
            ("-- a\n++ b\n", "-- b\n++ a\n-- a\n"),
            ("x  \n", "x  \n  \ny"),
        ] {
            let taken = unwired(Some(before), after, after);
            assert_eq!(taken.text.as_deref(), Some(before), "{after:?}");
            assert!(taken.left.is_empty());
        }
        assert_eq!(unwired(None, "A=1\n", "A=1\n").text, None);
        assert_eq!(
            unwired(None, "A=1\n", "A=1\nB=2\n").text.as_deref(),
            Some("B=2\n")
        );
    }

    #[test]
    fn parts_are_told_apart_by_counting() {
        let texts = [
            ("a", Some("[d]\nx = 1"), "[d]\nx = 1\ny = 1\n"),
            ("b", Some("x\n-- a/c\n++ b/c\n"), "-- a/c\n++ b/d\n"),
            ("c", None, "z"),
            ("d", Some("-- \n"), "-- "),
            ("e", Some("1\n2\n3\n4\n5\n6"), "0\n1\n2\n3\n4\n5\n7"),
        ];
        let path = |name: &str| ProjectPath::existing(name).unwrap();
        let part = |(name, before, after): &(&str, Option<&str>, &str)| {
            section(&path(name), *before, after)
        };
        let whole: String = texts.iter().map(part).collect();
        let patches = Patches::parse(&whole).unwrap();
        assert_eq!(patches.paths().count(), texts.len());
        for (name, before, after) in texts {
            let taken = patches.take_back(&path(name), after).unwrap();
            assert_eq!(taken.text.as_deref(), before, "{name}");
            assert!(taken.left.is_empty(), "{name}");
        }
        assert_eq!(Patches::parse("").unwrap().paths().count(), 0);
        for wrong in [
            "x",
            "--- a/x\n",
            "@@ -1,9 +1 @@\n-x\n",
            "--- a/x\n+++ b/x\n@@ -99999999999999999999 +1 @@\n",
        ] {
            assert!(Patches::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn edits_beside_it_are_kept() {
        let now = AFTER
            .replace("use a;", "use a;\nuse b;")
            .replace("    init();", "    first();\n  init();")
            .replace("}\n", "}\n\nfn more() {}\n");
        let taken = unwired(Some(BEFORE), AFTER, &now);
        assert_eq!(
            taken.text.unwrap(),
            "use a;\nuse b;\n\nfn main() {\n    first();\n    serve(app);\n}\n\nfn more() {}\n"
        );
        assert!(taken.left.is_empty(), "{:?}", taken.left);
        let between = unwired(
            Some("a();\nb(1, 2);\nc();\n"),
            "a();\nmine();\nb(1, 2);\nd();\nc();\n",
            "a();\nmine();\nb(\n    1,\n    2\n);\nd();\nc();\n",
        );
        assert_eq!(between.text.unwrap(), "a();\nb(\n    1,\n    2\n);\nc();\n");
        assert!(between.left.is_empty());
        let converted = AFTER.replace('\n', "\r\n");
        let taken = unwired(Some(BEFORE), AFTER, &converted);
        assert_eq!(taken.text.unwrap(), BEFORE.replace('\n', "\r\n"));
    }

    #[test]
    fn entries_of_a_manifest_are_taken_one_by_one() {
        let path: ProjectPath = "Cargo.toml".parse().unwrap();
        let patch = section(
            &path,
            Some("[d]\nx = 1\n"),
            "[d]\na = 1\nb = 1\nc = 1\nx = 1\n",
        );
        let taken = Patches::parse(&patch)
            .unwrap()
            .take_back(&path, "[d]\nc = 1\n# mine\nb = 2\na = 1\nx = 1\n")
            .unwrap();
        assert_eq!(taken.text.unwrap(), "[d]\n# mine\nb = 2\nx = 1\n");
        assert_eq!(taken.left, ["b = 1"]);
    }

    #[test]
    fn what_was_edited_itself_is_left() {
        let now = AFTER.replace("with(app)", "with(other)");
        let taken = unwired(Some(BEFORE), AFTER, &now);
        assert_eq!(
            taken.left,
            ["    init();\n    serve(\n        with(app),\n    );\n"]
        );
        assert_eq!(taken.text.unwrap(), now.replace("mod db;\n\n", ""));
    }
}
