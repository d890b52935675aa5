//! Format-preserving edits of files that the user owns: text in, text out.

pub mod cargo;
pub mod dotenv;
mod mentions;
pub mod package_json;
pub mod pyproject;
pub mod python;
pub mod requirement;
pub mod requirements;
pub mod rust;
pub mod splice;
pub mod tree;
pub mod typescript;

use std::ops::Range;

use crate::types::Block;
use splice::Splice;

pub use mentions::{is_source, mentions};

/// Whether [`count_blocks`] compares all of a block's text: a comment in code is not, nor would what a hole spans be one
/// expression if a bracket had no partner.
pub fn is_compared_whole(file_name: &str, block: &str) -> bool {
    match file_name.rsplit_once('.') {
        Some((_, "rs")) => is_covered(block, rust::tokens(block)) && rust::is_balanced(block),
        Some((_, "ts")) => is_covered(block, typescript::tokens(block)),
        Some((_, "py")) => python::is_one_statement(block),
        _ => true,
    }
}

/// Whether there is only plain white space between these tokens.
fn is_covered(block: &str, tokens: Vec<Range<usize>>) -> bool {
    let mut rest = block.to_owned();
    for token in tokens {
        rest.replace_range(token.clone(), &" ".repeat(token.len()));
    }
    let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    rest.chars().all(blank)
}

/// The text of a recorded block as it stands now, edited or not. `None` where it cannot be found by its name: code, which
/// has no marks, and a dependency of another source.
pub fn current_block(file_name: &str, text: &str, block: &Block) -> Option<String> {
    match file_name.rsplit_once('.') {
        Some((_, "rs" | "py" | "ts")) => None,
        Some(("pyproject", "toml")) => pyproject::current(text, &block.text),
        Some((_, "toml")) => cargo::current(text, block),
        Some((_, "txt" | "in")) => requirements::current(text, &block.text),
        Some((_, "json")) => package_json::current(text, block),
        _ => dotenv::current(text, &block.name),
    }
}

/// How often each recorded block stands in a file's text, found by the file's own syntax. What is a part of another block
/// counts for that one alone, and blocks of one text share what is there.
pub fn count_blocks(file_name: &str, text: &str, blocks: &[Block]) -> Vec<usize> {
    let mut counts = vec![0; blocks.len()];
    let mut longest_first: Vec<usize> = (0..blocks.len()).collect();
    longest_first.sort_by_key(|at| std::cmp::Reverse(blocks[*at].text.len()));
    for (place, at) in longest_first.iter().enumerate() {
        let block = &blocks[*at];
        let (before, after) = (&longest_first[..place], &longest_first[place + 1..]);
        let within: usize = before
            .iter()
            .map(|other| counts[*other] * count_block(file_name, &blocks[*other].text, block))
            .sum();
        let left = count_block(file_name, text, block).saturating_sub(within);
        let twins = after.iter().filter(|at| blocks[**at].text == block.text);
        counts[*at] = left.saturating_sub(twins.count()).max(left.min(1));
    }
    counts
}

/// Where a block stands that stands in a text of code once and has no hole.
pub fn place_of(file_name: &str, text: &str, block: &Block) -> Option<Range<usize>> {
    if block.text.contains(rust::HOLE) {
        return None;
    }
    let places = match file_name.rsplit_once('.') {
        Some((_, "rs")) => rust::find(text, &block.text),
        Some((_, "py")) => python::find(text, &block.text),
        Some((_, "ts")) => typescript::find(text, &block.text),
        _ => Vec::new(),
    };
    match &places[..] {
        [place] => Some(place.clone()),
        _ => None,
    }
}

/// Takes a block of code out that stands in a text once; `instead` of it stays, with the block's hole in its own.
pub fn take_out(file_name: &str, text: &str, block: &Block, instead: &str) -> Option<Splice> {
    match file_name.rsplit_once('.') {
        Some((_, "rs")) => rust::take_out(text, &block.text, instead),
        Some((_, "py")) => python::take_out(text, &block.text),
        Some((_, "ts")) => typescript::take_out(text, &block.text),
        _ => None,
    }
}

/// Whether a block of code stands somewhere as a part of a statement, so that to take its lines out would change what is
/// around it.
pub fn is_part(file_name: &str, text: &str, block: &Block) -> bool {
    match file_name.rsplit_once('.') {
        Some((_, "ts")) => typescript::is_part(text, &block.text),
        // A statement has braces, or lines of its own, around it.
        _ => false,
    }
}

/// The lines, from 1, in which code uses a name that `import`, a block of it, brings; none if it is no import.
pub fn uses_of_import(file_name: &str, text: &str, import: &str) -> Vec<usize> {
    match file_name.rsplit_once('.') {
        Some((_, "ts")) => typescript::uses_of_import(text, import),
        _ => Vec::new(),
    }
}

fn count_block(file_name: &str, text: &str, block: &Block) -> usize {
    match file_name.rsplit_once('.') {
        Some((_, "rs")) => rust::count(text, &block.text),
        Some(("pyproject", "toml")) => pyproject::count(text, &block.text),
        Some((_, "toml")) => cargo::count(text, block),
        Some((_, "py")) => python::count(text, &block.text),
        Some((_, "txt" | "in")) => requirements::count(text, &block.text),
        Some((_, "json")) => package_json::count(text, block),
        Some((_, "ts")) => typescript::count(text, &block.text),
        _ => dotenv::count(text, &block.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_taken_out_between_edits() {
        for (file, before, block, instead, after) in [
            (
                "a.ts",
                "import { Shop } from './shop'; // Mine.\n",
                "import { Shop } from './shop';",
                "",
                "// Mine.\n",
            ),
            (
                "a.ts",
                "@Module({ imports: [A, Shop, B] })\nclass M {}\n",
                "imports: [Shop]",
                "",
                "@Module({ imports: [A, B] })\nclass M {}\n",
            ),
            (
                "a.rs",
                "let served = new(|| a.clone(), /* Mine. */)\n    .run();\nclose();\nserved\n",
                "let served = …;\nclose();\nserved",
                "…",
                "new(|| a.clone(), /* Mine. */)\n    .run()\n",
            ),
            (
                "a.rs",
                "App::new() // Mine.\n    .configure(shop)\n    .service(a)\n",
                "App::new().configure(shop)",
                "App::new()",
                "App::new() // Mine.\n    .service(a)\n",
            ),
            (
                "a.rs",
                "serve(a) // Mine.\n    .with_shutdown(b)\n    .await\n",
                "….with_shutdown(b)",
                "…",
                "serve(a) // Mine.\n    .await\n",
            ),
        ] {
            let block = Block {
                name: String::new(),
                text: block.to_owned(),
            };
            let splice = take_out(file, before, &block, instead).unwrap();
            assert_eq!(splice::spliced(before, &[splice]), after);
        }
    }

    #[test]
    fn a_dependency_is_found_as_it_stands_now() {
        let cargo = "[dependencies]\nsqlx = \"0.9\"\n[dependencies.a]\nversion = \"2\" # Mine.\nfeatures = [\n\"b\"]\n";
        let poetry =
            "[tool.poetry.dependencies]\na = {version = \"^2\", extras = [\"b\"]} # Mine.\n";
        for (file, text, recorded, now) in [
            (
                "Cargo.toml",
                cargo,
                "a = \"1\"",
                Some("a = { version = \"2\", features = [\"b\"] }"),
            ),
            (
                "Cargo.toml",
                cargo,
                "sqlx = { features = [\"postgres\"] }",
                None,
            ),
            ("Cargo.toml", cargo, "c = \"1\"", None),
            (
                "Cargo.toml",
                "[dependencies]\na = { git = \"g\" }",
                "a = \"1\"",
                None,
            ),
            (
                "pyproject.toml",
                "[project]\ndependencies = [\"a[b]==2\"]",
                "a>=1",
                Some("a[b]==2"),
            ),
            (
                "pyproject.toml",
                "[project]\ndependencies = [\"a @ file:///x\"]",
                "a>=1",
                Some("a @ file:///x"),
            ),
            (
                "pyproject.toml",
                poetry,
                "a = \"^1\"",
                Some("a = { version = \"^2\", extras = [\"b\"] }"),
            ),
            (
                "requirements.txt",
                "b\n A[c]==2 # Mine.\n",
                "a>=1",
                Some("A[c]==2 # Mine."),
            ),
            ("requirements.txt", "a==2\na==3\n", "a>=1", None),
            (
                "package.json",
                r#"{"dependencies": {"a": "^2"}}"#,
                r#""a": "^1""#,
                Some(r#""a": "^2""#),
            ),
            (
                "package.json",
                r#"{"devDependencies": {"a": "^2"}}"#,
                r#""a": "^1""#,
                None,
            ),
        ] {
            let block = Block {
                name: "dependency a".to_owned(),
                text: recorded.to_owned(),
            };
            let found = current_block(file, text, &block);
            assert_eq!(found.as_deref(), now, "{file}: {text}");
        }
    }

    fn counts(text: &str, blocks: &[&str]) -> Vec<usize> {
        let block = |text: &&str| Block {
            name: "close".to_owned(),
            text: (*text).to_owned(),
        };
        let blocks: Vec<Block> = blocks.iter().map(block).collect();
        count_blocks("main.rs", text, &blocks)
    }

    #[test]
    fn blocks_of_one_text_share_what_is_there() {
        for (text, expected) in [
            ("", [0, 0]),
            ("close();", [1, 0]),
            ("close(); close();", [1, 1]),
            ("close(); close(); close();", [2, 1]),
        ] {
            assert_eq!(counts(text, &["close();", "close();"]), expected, "{text}");
        }
    }

    #[test]
    fn a_part_of_another_block_is_not_counted_again() {
        let blocks = ["close();", "let ended = …; close(); ended"];
        let whole = "let ended = serve(); close(); ended";
        assert_eq!(counts(whole, &blocks), [0, 1]);
        assert_eq!(counts(&format!("close(); {whole}"), &blocks), [1, 1]);
        assert_eq!(counts("close();", &blocks), [1, 0]);
    }
}
