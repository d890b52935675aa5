//! TypeScript: parsing, names, and splices found by syntax tree.

mod import;
mod source;
mod tokens;

pub use import::{
    Imported, add_import, import_paths, imported, name_files, reexported, uses_of_import,
};
pub use source::{Source, fault};
pub use tokens::{count, find, is_part, take_out, tokens};

use crate::edit::splice::{self, Splice, edited};
use crate::types::{Block, FileEdit, Problem};

/// The file after all splices, in its own line ending.
///
/// # Errors
/// The result has a syntax error that the file did not have, or a block is not in it: a bug of this program.
pub fn edit(source: &Source, splices: &[Splice], blocks: Vec<Block>) -> Result<FileEdit, Problem> {
    let parses = |text: &str| fault(text).is_none();
    edited(&source.path, &source.text, splices, blocks, parses, count)
}

/// One step of indentation, as the file does it; two spaces where it has none.
pub fn step(text: &str) -> &'static str {
    match text.lines().any(|line| line.starts_with([' ', '\t'])) {
        true => splice::step(text),
        false => "  ",
    }
}
