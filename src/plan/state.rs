use std::borrow::Cow;

use crate::edit;
use crate::lockfile::{LockedFile, LockedModule};
use crate::types::{Block, ContentHash, FileKind, Files, Problem};

/// How a recorded file or block stands against its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Unchanged,
    Edited,
    Missing,
    /// A block that stands there more than once.
    Doubled,
    /// A file that was accepted as removed is there.
    Returned,
    /// A file whose text is as recorded, but not its executable bit.
    Mode,
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
    let mut states = Vec::new();
    for records in by_file(&locked.files) {
        let found = match records[0].kind {
            FileKind::Block => block_states(files, records)?,
            // Written once, then the user's alone.
            FileKind::Seed => continue,
            _ => vec![match state_of(files, &records[0])? {
                State::Unchanged if has_other_mode(files, &records[0]) => State::Mode,
                state => state,
            }],
        };
        states.extend(
            records
                .iter()
                .zip(found)
                .map(|(file, state)| FileState { file, state }),
        );
    }
    Ok(states)
}

/// The blocks of one file together, any other record by itself.
pub fn by_file(records: &[LockedFile]) -> impl Iterator<Item = &[LockedFile]> {
    records.chunk_by(|a, b| a.path == b.path && [a, b].iter().all(|r| r.kind == FileKind::Block))
}

/// Whether the executable bit of a generated file is not as it was accepted.
pub fn has_other_mode(files: &dyn Files, file: &LockedFile) -> bool {
    let is_there = || files.exists(&file.path).is_ok_and(|is_there| is_there);
    file.kind == FileKind::Generated
        && file.accepted.is_some()
        && files.is_executable(&file.path) != file.executable
        && is_there()
}

/// The state of a record that is not of a block, by its text.
///
/// # Errors
/// The file cannot be read.
pub fn state_of(files: &dyn Files, file: &LockedFile) -> Result<State, Problem> {
    let is_removed = file.kind == FileKind::Generated && file.accepted.is_none();
    let Some(text) = files.text(&file.path)? else {
        return Ok(match is_removed {
            true => State::Unchanged,
            false => State::Missing,
        });
    };
    let same = match file.kind {
        FileKind::Vendor => Some(ContentHash::of(text.as_bytes())) == file.base,
        _ if is_removed => return Ok(State::Returned),
        _ => Some(normalised(&text)) == file.accepted.or(file.base),
    };
    Ok(match same {
        true => State::Unchanged,
        false => State::Edited,
    })
}

/// The states of all blocks of one file.
///
/// # Errors
/// The file cannot be read.
pub fn block_states(files: &dyn Files, records: &[LockedFile]) -> Result<Vec<State>, Problem> {
    let path = &records[0].path;
    let Some(text) = files.text(path)? else {
        return Ok(vec![State::Missing; records.len()]);
    };
    let blocks: Vec<Block> = records.iter().map(block_of).collect();
    let counts = edit::count_blocks(path.file_name(), &text, &blocks);
    let state = |(block, count): (&Block, usize)| match count {
        0 if edit::current_block(path.file_name(), &text, block).is_some() => State::Edited,
        0 => State::Missing,
        1 => State::Unchanged,
        _ => State::Doubled,
    };
    Ok(blocks.iter().zip(counts).map(state).collect())
}

/// The block that a record is of.
pub fn block_of(file: &LockedFile) -> Block {
    Block {
        name: file.name.clone().unwrap_or_default(),
        text: file.text.clone().unwrap_or_default(),
    }
}

/// The hash of a file of the project. The user's own checkout may convert line ends.
pub fn normalised(text: &str) -> ContentHash {
    let text = match text.contains("\r\n") {
        true => Cow::Owned(text.replace("\r\n", "\n")),
        false => Cow::Borrowed(text),
    };
    ContentHash::of(text.as_bytes())
}
