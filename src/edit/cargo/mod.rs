//! Format-preserving edits of a `Cargo.toml`, and what is read around it.

mod blocks;
mod crypto_provider;
mod dependencies;
mod entry;
pub mod exclude;
mod held;
mod insert;
mod text;
mod version_req;
pub mod workspace;

pub use blocks::{count, current};
pub use dependencies::add_dependencies;
pub use held::is_held_below;
