//! What a module's commands have made of rendered files, as a patch beside the pristine copies.

use std::sync::Arc;

use diffy::apply;

use super::rendering::{Rendering, patch_path};
use super::state::normalised;
use super::wiring::{Patches, section};
use crate::lockfile::{LockedFile, LockedModule};
use crate::types::{Files, Problem, ProjectPath};

/// The patch's name in a module's vendor tree, below the target's path.
pub const FINISHED: &str = "finished.patch";

/// The patch of what commands have changed; empty if they have changed nothing.
pub fn patch(rendering: &Rendering) -> String {
    let changed = |file: &super::Rendered| {
        let finished = file.finished.as_deref()?;
        Some(section(&file.path, Some(&file.text), finished))
    };
    rendering.files.iter().filter_map(changed).collect()
}

/// The patch that a project has.
pub struct Finished(Arc<str>);

impl Finished {
    /// Reads it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(files: &dyn Files, locked: &LockedModule) -> Result<Self, Problem> {
        let path = patch_path(locked, FINISHED)?;
        Ok(Self(files.text(&path)?.unwrap_or_default()))
    }

    /// A rendered file as commands left it.
    ///
    /// # Errors
    /// What was read is no such patch.
    pub fn of(&self, path: &ProjectPath, rendered: &str) -> Result<String, Problem> {
        let patches = Patches::parse(&self.0)?;
        let Some(patch) = patches.of(path) else {
            return Ok(rendered.to_owned());
        };
        apply(rendered, patch).map_err(|error| {
            Problem::input(format!("does not fit the rendered file: {error}"))
                .in_file(FINISHED)
                .note(format!("it is about {path}"))
        })
    }

    /// Whether `text` is a file as it was written, before anybody edited it.
    ///
    /// # Errors
    /// What was read is no such patch.
    pub fn is_as_written(&self, file: &LockedFile, text: &str) -> Result<bool, Problem> {
        if Some(normalised(text)) == file.base {
            return Ok(true);
        }
        let text = text.replace("\r\n", "\n");
        let patches = Patches::parse(&self.0)?;
        let Some(patch) = patches.of(&file.path) else {
            return Ok(false);
        };
        let rendered = apply(&text, &patch.reverse()).unwrap_or_default();
        let is_rendered = Some(normalised(&rendered)) == file.base;
        Ok(is_rendered && apply(&rendered, patch).is_ok_and(|again| again == text))
    }
}
