//! Types that make wrong states unwritable, and the data that the rooms hand each other.

mod answer;
mod change;
mod content_hash;
mod edit;
mod files;
mod finding;
mod install;
mod problem;
mod project_path;
mod quote;
mod secret;
mod shown;
mod target;
mod yaml;

pub use answer::Answer;
pub use change::{Change, FileKind};
pub use content_hash::{ContentHash, HashWriter};
pub use edit::{Block, Dependency, FileEdit, ManualStep, Unsure};
pub use files::{Entry, EntryKind, Files, Overlay};
pub use finding::{Code, Finding, Level};
pub use install::Install;
pub use problem::{Exit, Location, Problem};
pub use project_path::{PathError, ProjectPath, relative};
pub use quote::{is_invisible, quote};
pub use secret::holds_secret;
pub use shown::{shell_word, shown, shown_text};
pub use target::{Facts, Profile, Target};
pub use yaml::{read_yaml, span_of};

/// RapidKit Core's own description of a project.
pub const CORE_PROJECT: &str = ".rapidkit/project.json";

/// The directory of a project that is ours.
pub const OWN_DIRECTORY: &str = ".rapidkit";

/// The file by which a directory of caches is known, <https://bford.info/cachedir/>.
pub const CACHE_TAG: &str = "CACHEDIR.TAG";

/// What such a file begins with; another one of that name is none.
pub const CACHE_SIGNATURE: &str = "Signature: 8a477f597d28d172789f06886806bc55";

/// Where the lock lies in a project.
pub const LOCK: &str = ".rapidkit/rapidkit-pg.lock.yaml";

/// Where the lock's signature lies in a project.
pub const LOCK_SIGNATURE: &str = ".rapidkit/rapidkit-pg.lock.yaml.sig";
