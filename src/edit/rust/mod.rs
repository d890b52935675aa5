//! Rust: parsing, names, and splices found by syntax tree.

mod declare;
mod layout;
mod program;
mod scope;
mod source;
mod splice;
mod tokens;

pub use declare::{declare, declares};
pub use layout::{Place, keep};
pub use program::{At, Meaning, Module, Program, attributes, in_tests, segments};
pub use scope::{Binding, binding, uses};
pub use source::{Source, Transparent, ancestors, children, descendants, fault, named_children};
pub use splice::{Splice, edit, indent, line_start, newline, spliced, step};
pub use tokens::{HOLE, count, find, tokens};
