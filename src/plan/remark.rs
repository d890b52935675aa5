//! The block between markers in a dotenv file, brought from one version to another.

use super::edits::{block_record, marked};
use super::merge::{Merged, merge};
use super::rendering::Rendered;
use super::rewire::{Rewired, Versions};
use super::upgrade::at_lines;
use super::wiring;
use crate::edit::dotenv;
use crate::lockfile::LockedFile;
use crate::types::{FileKind, Files, Problem};

impl Rewired {
    /// Brings a block between markers to its new text, the user's edits in it kept. `old` is the template's text before.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn remark(
        &mut self,
        files: &dyn Files,
        versions: &Versions,
        old: Option<&str>,
        new: &Rendered,
    ) -> Result<(), Problem> {
        let locked = versions.locked;
        let name = versions.module.manifest.name.value.as_str();
        let record = locked
            .files
            .iter()
            .find(|file| file.kind == FileKind::Block && file.path == new.path);
        let text = files.text(&new.path)?;
        let Some(old) = old else {
            // This version is the first that has it.
            let before = text.as_deref();
            if let Some(edited) = marked(new, before.unwrap_or_default(), name) {
                let section = wiring::section(&new.path, before, &edited.text);
                self.patch.insert(new.path.clone(), section);
                let blocks = edited.blocks.into_iter();
                self.records
                    .extend(blocks.map(|block| block_record(new.path.clone(), block)));
                self.texts
                    .insert(new.path.clone(), (edited.text, vec![name.to_owned()]));
            }
            return Ok(());
        };
        let Some(record) = record else {
            return Ok(());
        };
        let section = versions.wiring.section_of(&new.path);
        let parts = text.as_deref().and_then(|text| {
            Some((
                text,
                dotenv::current(text, name)?,
                dotenv::without_block(text, name)?,
            ))
        });
        let Some((text, mine, rest)) = parts else {
            self.records.push(record.clone());
            self.patch
                .extend(section.map(|section| (new.path.clone(), section)));
            return Ok(());
        };
        let block = |template: &str| dotenv::block(name, &dotenv::without_set(template, &rest));
        let (base, theirs) = (block(old), block(&new.text));
        let merged = match merge(
            base.as_bytes(),
            mine.as_bytes(),
            theirs.as_bytes(),
            versions.labels,
        ) {
            Merged::Clean(text) => text,
            Merged::Conflicted {
                text: marked,
                conflicts,
            } => {
                let first = lines_before(text, name);
                self.conflicts.push(at_lines(&new.path, &conflicts, first));
                marked
            }
        };
        let merged = String::from_utf8_lossy(&merged).into_owned();
        let recorded = record.text.as_deref().unwrap_or_default();
        let accepted = match () {
            () if recorded == mine => merged.clone(),
            () if recorded == base => theirs.clone(),
            () => recorded.to_owned(),
        };
        self.records.push(LockedFile {
            text: Some(accepted),
            ..record.clone()
        });
        let with = |block: &str| {
            dotenv::replace_block(text, name, block).unwrap_or_else(|| text.to_owned())
        };
        let after = with(&merged);
        let made = versions.wiring.made(&new.path);
        let before = Some(rest.as_str()).filter(|rest| !made || !rest.is_empty());
        // What the user has changed in it was not put in.
        let section = wiring::section(&new.path, before, &with(&theirs));
        self.patch.insert(new.path.clone(), section);
        if after != text {
            self.texts
                .insert(new.path.clone(), (after, vec![name.to_owned()]));
        }
        Ok(())
    }
}

/// How many lines stand before the block.
fn lines_before(text: &str, name: &str) -> usize {
    let begin = dotenv::block(name, "");
    let begin = begin.lines().next().unwrap_or_default();
    text.lines()
        .position(|line| line.trim_end() == begin)
        .unwrap_or_default()
}
