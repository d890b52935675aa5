//! Blocks that a new version words in another way, where the user has moved the old ones to.

use super::syntax;
use crate::edit::splice::{Splice, indent, newline, spliced};
use crate::edit::{count_blocks, place_of};
use crate::lockfile::block_base;
use crate::types::{Block, ProjectPath};

/// `text` with each of the `old` blocks replaced, where it stands, by the one of its name among the `new`; `None` if they
/// are not the same, one of each name, or one spans an expression of the user's.
pub fn replaced(path: &ProjectPath, text: &str, old: &[Block], new: &[Block]) -> Option<String> {
    let name = path.file_name();
    let mut splices = Vec::new();
    for block in old {
        let same = |other: &&Block| block_base(&other.name) == block.name;
        let mut replacements = new.iter().filter(same);
        let (Some(replacement), None) = (replacements.next(), replacements.next()) else {
            return None;
        };
        if replacement.text != block.text {
            let span = place_of(name, text, block)?;
            let indent = indent(text, span.start);
            let line_end = format!("{}{indent}", newline(text));
            splices.push(Splice {
                text: replacement.text.replace('\n', &line_end),
                span,
            });
        }
    }
    let replaced = spliced(text, &splices);
    let is_complete = old.len() == new.len()
        && count_blocks(name, &replaced, new)
            .iter()
            .all(|count| *count == 1);
    (is_complete && syntax::check(path, &replaced).is_ok()).then_some(replaced)
}
