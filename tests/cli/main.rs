//! The command, as a user runs it: real processes, real projects on disk.

mod add;
mod architecture;
mod bad_input;
mod docs;
mod fixture;
mod module;
mod transaction;
