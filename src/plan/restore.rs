//! Back to what the lock accepted, or to what was rendered.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::edits::remarked;
use super::finished::Finished;
use super::state::{has_other_mode, normalised, state_of};
use super::upgrade::pristine;
use super::{State, block_states, by_file};
use crate::edit::dotenv;
use crate::lockfile::{LockedFile, LockedModule};
use crate::types::{Change, ContentHash, FileKind, Files, Problem, ProjectPath};

/// Finds the text of an accepted edit; `None` if it is nowhere.
pub type FindAccepted<'f> =
    dyn Fn(&ProjectPath, ContentHash) -> Result<Option<String>, Problem> + 'f;

/// What `restore` would do.
#[derive(Debug, Default)]
pub struct Restoration {
    pub changes: Vec<Change>,
    /// What stays as it is, and why, a line each.
    pub notes: Vec<String>,
}

/// Plans the way back of those files that `wanted` names. `accepted` finds the bytes of an edit that was accepted, which the
/// lock has the hash of only; without it, the way goes back to what was rendered.
///
/// # Errors
/// A pristine copy that is not as recorded; accepted bytes that are nowhere to be found.
pub fn restore(
    files: &dyn Files,
    locked: &LockedModule,
    wanted: &dyn Fn(&ProjectPath) -> bool,
    accepted: Option<&FindAccepted>,
) -> Result<Restoration, Problem> {
    let finished = Finished::read(files, locked)?;
    let mut written = BTreeMap::new();
    for (path, copy) in pristine(files, locked)? {
        let text = finished.of(&path, &copy)?;
        written.insert(path, text);
    }
    let mut restoration = Restoration::default();
    for file in &locked.files {
        if file.kind == FileKind::Generated && wanted(&file.path) {
            restoration.generated(files, file, &written, accepted)?;
        }
        if file.kind == FileKind::Seed
            && wanted(&file.path)
            && state_of(files, file)? != State::Unchanged
        {
            restoration
                .notes
                .push(format!("{}: it is yours since it was made", file.path));
        }
    }
    for blocks in by_file(&locked.files) {
        if blocks[0].kind == FileKind::Block && wanted(&blocks[0].path) {
            let copy = written.get(&blocks[0].path).filter(|_| accepted.is_none());
            restoration.blocks(files, blocks, copy)?;
        }
    }
    Ok(restoration)
}

impl Restoration {
    fn generated(
        &mut self,
        files: &dyn Files,
        file: &LockedFile,
        written: &BTreeMap<ProjectPath, String>,
        accepted: Option<&FindAccepted>,
    ) -> Result<(), Problem> {
        let now = files.text(&file.path)?;
        if has_other_mode(files, file) {
            let (is, how) = match file.executable {
                true => ("not executable", "a+x"),
                false => ("executable", "a-x"),
            };
            self.notes.push(format!(
                "{}: it is {is}; `chmod {how}` changes that",
                file.path
            ));
        }
        let written = written.get(&file.path).cloned();
        let text = match (accepted, file.accepted) {
            (None, _) => written,
            (Some(_), None) => None,
            (Some(_), hash) if hash == now.as_deref().map(normalised) => return Ok(()),
            (Some(_), hash) if hash == written.as_deref().map(normalised) => written,
            (Some(find), Some(hash)) => Some(find(&file.path, hash)?.ok_or_else(|| {
                Problem::decision("the lock accepts an edit that is not in the last commit")
                    .in_file(&file.path)
                    .help("look for it in older ones, or pass `--pristine` to go back to what was rendered")
            })?),
        };
        let is_crlf = now.as_deref().is_some_and(|now| now.contains("\r\n"));
        let text = text.map(|text| match is_crlf && !text.contains("\r\n") {
            true => text.replace('\n', "\r\n"),
            false => text,
        });
        self.change(&file.path, FileKind::Generated, now, text);
        Ok(())
    }

    /// A block between markers can be put back, as recorded or as in `copy`; one in code was put in with a view to the code
    /// around it.
    fn blocks(
        &mut self,
        files: &dyn Files,
        blocks: &[LockedFile],
        copy: Option<&String>,
    ) -> Result<(), Problem> {
        let path = &blocks[0].path;
        let now = files.text(path)?;
        let name = blocks[0].name.as_deref().unwrap_or_default();
        if let (Some(copy), Some(text)) = (copy, now.as_deref())
            && let Some(rendered) = remarked(copy, text, name)
        {
            self.change(path, FileKind::Block, now, Some(rendered));
            return Ok(());
        }
        for (block, state) in blocks.iter().zip(block_states(files, blocks)?) {
            if state == State::Unchanged {
                continue;
            }
            let name = block.name.as_deref().unwrap_or_default();
            let recorded = block.text.as_deref().unwrap_or_default();
            let text = now
                .as_deref()
                .and_then(|text| dotenv::replace_block(text, name, recorded));
            match text {
                Some(text) => self.change(path, FileKind::Block, now.clone(), Some(text)),
                None => self.notes.push(format!(
                    "{path} ({name}): this is your file; as recorded it was `{}`",
                    recorded.lines().next().unwrap_or_default()
                )),
            }
        }
        Ok(())
    }

    fn change(
        &mut self,
        path: &ProjectPath,
        kind: FileKind,
        before: Option<Arc<str>>,
        after: Option<String>,
    ) {
        if before.as_deref() != after.as_deref() {
            self.changes.push(Change::new(
                path.clone(),
                kind,
                before.as_deref(),
                after.as_deref(),
            ));
        }
    }
}
