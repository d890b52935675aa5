//! Format-preserving edits of files that the user owns: text in, text out.

pub mod cargo_toml;
pub mod cargo_workspace;
pub mod rust;
mod version_req;
