//! Format-preserving edits of files that the user owns: text in, text out.

pub mod cargo_toml;
pub mod cargo_workspace;
pub mod dotenv;
pub mod rust;
mod version_req;

use crate::types::Block;

/// How often a recorded block stands in a file's text, found by the file's own syntax.
pub fn count_block(file_name: &str, text: &str, block: &Block) -> usize {
    match file_name.rsplit_once('.') {
        Some((_, "rs")) => rust::count(text, &block.text),
        Some((_, "toml")) => cargo_toml::count(text, block),
        _ => dotenv::count(text, &block.text),
    }
}
