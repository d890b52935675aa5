//! Rust: parsing, names, and splices found by syntax tree.

mod program;
mod source;
mod tokens;

pub use program::{At, Meaning, Module, Program, attributes, in_tests, segments};
pub use source::{Source, Transparent, ancestors, children, descendants, named_children};
pub use tokens::{HOLE, count, find, tokens};
