//! Types that make wrong states unwritable, and the data that the rooms hand each other.

mod content_hash;
mod edit;
mod files;
mod problem;
mod project_path;
mod target;

pub use content_hash::ContentHash;
pub use edit::{Block, Dependency, FileEdit, ManualStep, Unsure};
pub use files::{Entry, EntryKind, Files, Overlay};
pub use problem::{Exit, Location, Problem};
pub use project_path::{PathError, ProjectPath};
pub use target::{Facts, Target};
