//! Format-preserving edits of files that the user owns: text in, text out.

pub mod cargo_exclude;
pub mod cargo_toml;
pub mod cargo_workspace;
mod crypto_provider;
pub mod dotenv;
pub mod package_json;
pub mod pyproject;
pub mod python;
pub mod requirement;
pub mod requirements;
pub mod rust;
pub mod typescript;
mod version_req;

use std::ops::Range;

use crate::types::Block;

/// Whether [`count_block`] compares all of a block's text: a comment in code is not, nor would what a hole spans be one
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

/// The text of the block of this name as it stands now, edited or not; `None` where a format has no marks to find it by.
pub fn current_block(file_name: &str, text: &str, name: &str) -> Option<String> {
    match file_name.rsplit_once('.') {
        Some((_, "rs" | "toml" | "json" | "py" | "txt" | "in" | "ts")) => None,
        _ => dotenv::current(text, name),
    }
}

/// How often a recorded block stands in a file's text, found by the file's own syntax.
pub fn count_block(file_name: &str, text: &str, block: &Block) -> usize {
    match file_name.rsplit_once('.') {
        Some((_, "rs")) => rust::count(text, &block.text),
        Some(("pyproject", "toml")) => pyproject::count(text, &block.text),
        Some((_, "toml")) => cargo_toml::count(text, block),
        Some((_, "py")) => python::count(text, &block.text),
        Some((_, "txt" | "in")) => requirements::count(text, &block.text),
        Some((_, "json")) => package_json::count(text, block),
        Some((_, "ts")) => typescript::count(text, &block.text),
        _ => dotenv::count(text, &block.text),
    }
}
