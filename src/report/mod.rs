//! What people and programs get to see. The only room that prints.

mod diff;
mod json;
mod plan;
mod problem;
mod progress;
mod terminal;
pub mod verification;

pub use diff::FileDiff;
pub use json::{JSON_SCHEMA_VERSION, JsonProblem, print_json};
pub use plan::{JsonChanges, JsonPlan, PlanReport, PlanView, Subject};
pub use problem::problem_text;
pub use progress::Progress;
pub use terminal::{Terminal, Verbosity};
