//! What a module's commands have made of rendered files, as a patch beside the pristine copies.

use std::collections::BTreeMap;
use std::sync::Arc;

use diffy::apply;

use super::merge::{Labels, Merged, merge};
use super::rendering::{Rendering, patch_path};
use super::state::normalised;
use super::wiring::{Patches, section};
use crate::lockfile::{LockedFile, LockedModule};
use crate::types::{FileKind, Files, Problem, ProjectPath};

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
        let is_rendered = Some(normalised(text)) == file.base;
        Ok(is_rendered || self.rendered(file, text)?.is_some())
    }

    /// What a new version renders, with the changes of the old one's commands brought along: those that were run once are
    /// not undone by a run without them. `None` if there were none, or they do not fit.
    ///
    /// # Errors
    /// What was read is no such patch; a file that cannot be read.
    pub fn carried(
        &self,
        files: &dyn Files,
        locked: &LockedModule,
        pristine: &BTreeMap<ProjectPath, Arc<str>>,
        was: &ProjectPath,
        new: &str,
    ) -> Result<Option<String>, Problem> {
        let seed = || -> Result<Option<(String, String)>, Problem> {
            let is_it = |file: &&LockedFile| file.path == *was && file.kind == FileKind::Seed;
            let (Some(file), Some(text)) = (locked.files.iter().find(is_it), files.text(was)?)
            else {
                return Ok(None);
            };
            let rendered = self.rendered(file, &text)?;
            Ok(rendered.map(|rendered| (rendered, text.to_string())))
        };
        let sides = match pristine.get(was) {
            Some(rendered) => Some((rendered.to_string(), self.of(was, rendered)?)),
            None => seed()?,
        };
        let labels = Labels {
            mine: "",
            base: "",
            theirs: "",
        };
        let Some((rendered, written)) = sides.filter(|(rendered, written)| rendered != written)
        else {
            return Ok(None);
        };
        match merge(
            rendered.as_bytes(),
            written.as_bytes(),
            new.as_bytes(),
            labels,
        ) {
            Merged::Clean(text) => Ok(String::from_utf8(text).ok().filter(|text| text != new)),
            Merged::Conflicted { .. } => Ok(None),
        }
    }

    /// What was rendered before commands made `text` of it; `None` if that is not how `text` came about.
    fn rendered(&self, file: &LockedFile, text: &str) -> Result<Option<String>, Problem> {
        let text = text.replace("\r\n", "\n");
        let patches = Patches::parse(&self.0)?;
        let Some(patch) = patches.of(&file.path) else {
            return Ok(None);
        };
        let rendered = apply(&text, &patch.reverse()).unwrap_or_default();
        let is_rendered = Some(normalised(&rendered)) == file.base;
        let is_whole = is_rendered && apply(&rendered, patch).is_ok_and(|again| again == text);
        Ok(Some(rendered).filter(|_| is_whole))
    }
}
