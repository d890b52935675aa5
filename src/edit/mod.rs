//! Format-preserving edits of files that the user owns: text in, text out.

pub mod dotenv;
pub mod rust;

/// How often a recorded block stands in a file's text.
pub fn count_block(file_name: &str, text: &str, name: Option<&str>, block: &str) -> usize {
    let _ = name;
    let _ = file_name;
    dotenv::count(text, block)
}
