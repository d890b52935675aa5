//! Format-preserving edits of files that the user owns: text in, text out.
