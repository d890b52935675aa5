//! TypeScript: parsing, names, and splices found by syntax tree.

mod import;
mod source;
mod tokens;

pub use import::{Imported, add_import, imported, reexported};
pub use source::{Source, fault};
pub use tokens::{count, tokens};

use crate::edit::rust::{Splice, newline, spliced};
use crate::types::{Block, FileEdit, Problem};

/// The file after all splices, in its own line ending.
///
/// # Errors
/// The result has a syntax error that the file did not have, or a block is not in it once: a bug of this program.
pub fn edit(source: &Source, splices: &[Splice], blocks: Vec<Block>) -> Result<FileEdit, Problem> {
    let newline = newline(&source.text);
    let splices: Vec<Splice> = splices
        .iter()
        .map(|splice| Splice {
            span: splice.span.clone(),
            text: splice.text.replace('\n', newline),
        })
        .collect();
    let text = spliced(&source.text, &splices);
    let lost = blocks.iter().find(|block| count(&text, &block.text) != 1);
    if fault(&text).is_some() || lost.is_some() {
        let what = lost.map_or("it would no longer parse".to_owned(), |block| {
            format!("the block `{}` would not be found again", block.name)
        });
        return Err(Problem::input(format!(
            "internal error: {} was not changed, since {what}",
            source.path
        ))
        .help("please report this with the file; `--no-wire` adds everything else"));
    }
    Ok(FileEdit {
        path: source.path.clone(),
        text,
        blocks,
    })
}

/// One step of indentation, as the file does it; two spaces where it has none.
pub fn step(text: &str) -> &'static str {
    match text.lines().any(|line| line.starts_with([' ', '\t'])) {
        true => crate::edit::rust::step(text),
        false => "  ",
    }
}
