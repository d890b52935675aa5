//! Format-preserving edits of files that the user owns: text in, text out.

pub mod cargo_toml;
pub mod cargo_workspace;
pub mod dotenv;
pub mod package_json;
pub mod rust;
pub mod typescript;
mod version_req;

use crate::types::Block;

/// Whether [`count_block`] compares all of a block's text: a comment in code is not.
pub fn is_compared_whole(file_name: &str, block: &str) -> bool {
    match file_name.rsplit_once('.') {
        Some((_, "rs")) => {
            let mut rest = block.to_owned();
            for token in rust::tokens(block) {
                rest.replace_range(token.clone(), &" ".repeat(token.len()));
            }
            rest.trim().is_empty()
        }
        Some((_, "ts")) => {
            let mut rest = block.to_owned();
            for token in typescript::tokens(block) {
                rest.replace_range(token.clone(), &" ".repeat(token.len()));
            }
            rest.trim().is_empty()
        }
        _ => true,
    }
}

/// The text of the block of this name as it stands now, edited or not; `None` where a format has no marks to find it by.
pub fn current_block(file_name: &str, text: &str, name: &str) -> Option<String> {
    match file_name.rsplit_once('.') {
        Some((_, "rs" | "toml" | "json" | "ts")) => None,
        _ => dotenv::current(text, name),
    }
}

/// How often a recorded block stands in a file's text, found by the file's own syntax.
pub fn count_block(file_name: &str, text: &str, block: &Block) -> usize {
    match file_name.rsplit_once('.') {
        Some((_, "rs")) => rust::count(text, &block.text),
        Some((_, "toml")) => cargo_toml::count(text, block),
        Some((_, "json")) => package_json::count(text, block),
        Some((_, "ts")) => typescript::count(text, &block.text),
        _ => dotenv::count(text, &block.text),
    }
}
