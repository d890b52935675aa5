//! From a module, a project and answers to an ordered list of changes. Pure: no I/O, no clock, no environment.

mod add;
mod answers;
mod outputs;
mod state;
mod syntax;

pub use add::{Plan, Request, add};
pub use answers::check_answers;
pub use state::{FileState, State, states};
