//! From a module, a project and answers to an ordered list of changes. Pure: no I/O, no clock, no environment.

mod add;
mod adopt;
mod answers;
mod commands;
mod directories;
mod edits;
mod finished;
mod in_place;
mod merge;
mod outputs;
mod pending;
mod relock;
mod remark;
mod remove;
mod rendering;
mod restore;
mod rewire;
mod sources;
mod state;
mod syntax;
mod upgrade;
mod uses;
mod wiring;

pub use add::{Plan, Request, add, is_core};
pub use adopt::Core;
pub use answers::{carried_answers, check_answers};
pub use edits::remarked;
pub use finished::{FINISHED, Finished};
pub use merge::{Conflict, Labels, Merged, has_markers, merge};
pub use outputs::Used;
pub use pending::{DESCRIPTION, PENDING, Pending};
pub use relock::{differences, relock};
pub use remove::{Removal, remove};
pub use rendering::{
    Finish, IGNORE, Rendered, Rendering, SHARED, Templates, framework, patch_path, profile, shared,
    target,
};
pub use restore::{FindAccepted, Restoration, restore};
pub use state::{
    FileState, State, block_states, by_file, has_other_mode, normalised, state_of, states,
};
pub use syntax::check as check_syntax;
pub use upgrade::{FileConflict, To, Upgrade, pristine, upgrade};
pub use wiring::WIRING;
