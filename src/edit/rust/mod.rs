//! Rust: parsing, names, and splices found by syntax tree.

mod blocks;
mod calls;
mod declare;
mod layout;
mod program;
mod scope;
mod source;
mod tokens;

pub use blocks::{HOLE, count, find, is_balanced, take_out};
pub use calls::{argument, callee, chain_root, tail};
pub use declare::{declare, declares, is_named};
pub use layout::{Place, keep};
pub use program::{At, Meaning, Module, Program, attributes, in_tests, segments};
pub use scope::{Binding, binding, uses};
pub use source::{Source, Transparent, edit, fault};
pub use tokens::tokens;
