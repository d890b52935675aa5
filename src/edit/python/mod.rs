//! Python: parsing, imports, and splices found by syntax tree.

mod blocks;
mod imports;
mod source;
mod stdlib;

pub use blocks::{count, find, is_one_statement, take_out};
pub use imports::{Import, Style, insert_import};
pub use source::{Source, edit, fault};
pub use stdlib::is_stdlib;
