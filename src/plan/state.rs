use std::sync::Arc;

use crate::edit;
use crate::lockfile::{LockedFile, LockedModule};
use crate::types::{Block, ContentHash, FileKind, Files, Problem};

/// How a recorded file or block stands against its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Unchanged,
    Edited,
    Missing,
}

/// A record of the lock and its state.
#[derive(Debug)]
pub struct FileState<'l> {
    pub file: &'l LockedFile,
    pub state: State,
}

/// The state of everything that a module has in a target, in the lock's order.
///
/// # Errors
/// A file that cannot be read.
pub fn states<'l>(
    files: &dyn Files,
    locked: &'l LockedModule,
) -> Result<Vec<FileState<'l>>, Problem> {
    locked
        .files
        .iter()
        .map(|file| {
            let text = files.text(&file.path)?;
            Ok(FileState {
                file,
                state: state(file, text),
            })
        })
        .collect()
}

fn state(file: &LockedFile, text: Option<Arc<str>>) -> State {
    let Some(text) = text else {
        return State::Missing;
    };
    let same = match (file.kind, &file.name, &file.text) {
        (FileKind::Block, Some(name), Some(block)) => {
            let block = Block {
                name: name.clone(),
                text: block.clone(),
            };
            return match edit::count_block(file.path.file_name(), &text, &block) {
                0 => State::Missing,
                1 => State::Unchanged,
                _ => State::Edited,
            };
        }
        (FileKind::Vendor, ..) => Some(ContentHash::of(text.as_bytes())) == file.base,
        _ => {
            // The user's own checkout may convert line ends.
            let hash = Some(ContentHash::of(text.replace("\r\n", "\n")));
            hash == file.accepted.or(file.base)
        }
    };
    if same {
        State::Unchanged
    } else {
        State::Edited
    }
}
