//! What is put into files of the user's, brought from one version to another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::edits::{Edited, block_record, edits};
use super::in_place;
use super::merge::Labels;
use super::state::{State, block_of, block_states, by_file};
use super::syntax;
use super::upgrade::FileConflict;
use super::wiring::{self, Patches, Unwired, part_of_a_statement};
use crate::edit::{count_blocks, is_source};
use crate::frameworks::Framework;
use crate::lockfile::{LockedFile, LockedModule, block_base};
use crate::module::Module;
use crate::types::{Block, Facts, FileKind, Files, Overlay, Problem, ProjectPath, Target};

/// Where an upgrade comes from and where it goes.
pub struct Versions<'a> {
    pub locked: &'a LockedModule,
    pub module: &'a Module,
    pub framework: &'a dyn Framework,
    pub target: &'a Target,
    pub facts: &'a Facts,
    /// What the old version put in.
    pub wiring: &'a Patches<'a>,
    pub labels: Labels<'a>,
}

/// The user's files after an upgrade.
#[derive(Debug, Default)]
pub struct Rewired {
    /// New texts of the files that change.
    pub texts: BTreeMap<ProjectPath, (String, Vec<String>)>,
    /// The lock's records of all blocks.
    pub records: Vec<LockedFile>,
    /// How all of it is taken back.
    pub patch: BTreeMap<ProjectPath, String>,
    pub conflicts: Vec<FileConflict>,
    pub notes: Vec<String>,
}

/// The recorded blocks of one file.
struct Recorded<'l> {
    blocks: Vec<(&'l LockedFile, State)>,
}

impl Recorded<'_> {
    /// The file with the blocks of a new version where the user has moved these to.
    fn replaced(&self, path: &ProjectPath, text: &str, new: &[Block]) -> Option<String> {
        let old: Vec<Block> = self.blocks.iter().map(|(file, _)| block_of(file)).collect();
        in_place::replaced(path, text, &old, new)
    }

    /// Whether something that was put in would not be put in by a new version: code of the user's that calls the same
    /// passes for it once it is taken back.
    fn loses(&self, new: &[&Block]) -> bool {
        let is_there = |name: &str| new.iter().any(|block| block.name == block_base(name));
        let files = self.blocks.iter().map(|(file, _)| file);
        !files.filter_map(|file| file.name.as_deref()).all(is_there)
    }

    /// What was put in, whatever the user has made of it.
    fn wording(&self) -> BTreeSet<(String, String)> {
        let blocks: Vec<Block> = self.blocks.iter().map(|(file, _)| block_of(file)).collect();
        wording(&blocks)
    }
}

/// Names and texts of blocks.
fn wording(blocks: &[Block]) -> BTreeSet<(String, String)> {
    let blocks = blocks.iter();
    blocks
        .map(|block| (block_base(&block.name).to_owned(), block.text.clone()))
        .collect()
}

/// Brings manifests and sources to a new version.
///
/// Where the user left what was put in as it was, it is taken back and put in anew, or replaced where the user has moved it
/// to; where the new version puts in the same, or the user has edited it, the file stays as it is.
///
/// # Errors
/// A package that cannot work beside what the user has.
pub fn rewire(files: &dyn Files, versions: &Versions) -> Result<Rewired, Problem> {
    let wiring = versions.wiring;
    let recorded = recorded(files, versions.locked)?;
    let mut taken = BTreeMap::new();
    for path in wiring.paths() {
        let is_marked = recorded_block(&recorded, path, versions).is_some();
        if let Some(text) = files.text(path)?.filter(|_| !is_marked)
            && part_of_a_statement(path, &text, versions.locked).is_none()
            && let Some(unwired) = wiring.take_back(path, &text)
            && (syntax::check(path, unwired.text.as_deref().unwrap_or_default()).is_ok()
                || syntax::check(path, &text).is_err())
        {
            taken.insert(path.clone(), unwired);
        }
    }
    let put = |sources: bool| {
        let mut overlay = Overlay::new(files);
        for (path, unwired) in &taken {
            if sources || !is_source(path.file_name()) {
                overlay.set(path.clone(), unwired.text.clone().unwrap_or_default());
            }
        }
        edits(
            &overlay,
            versions.module,
            versions.framework,
            versions.target,
            versions.facts,
            sources,
        )
    };
    let sources: Vec<_> = recorded
        .iter()
        .filter(|(path, _)| is_source(path.file_name()))
        .collect();
    let is_whole = |path: &ProjectPath| {
        let unwired: Option<&Unwired> = taken.get(path);
        unwired.is_some_and(|unwired| unwired.left.is_empty())
    };
    let none = Recorded { blocks: Vec::new() };
    // What it lacks, code of the user's would pass for.
    let stay = |edited: &BTreeMap<ProjectPath, Edited>| {
        let mut sources = edited
            .iter()
            .filter(|(path, _)| is_source(path.file_name()));
        sources.all(|(path, new)| {
            let recorded = recorded.get(path).unwrap_or(&none);
            wording(&new.blocks).is_subset(&recorded.wording())
        })
    };
    let loses = |edited: &BTreeMap<ProjectPath, Edited>| {
        let new: Vec<&Block> = edited.values().flat_map(|new| &new.blocks).collect();
        sources.iter().any(|(_, recorded)| recorded.loses(&new))
    };
    let mut rewired = Rewired::default();
    let mut anew = None;
    if !sources.is_empty() {
        let edited = match sources.iter().all(|(path, _)| is_whole(path)) {
            false => None,
            true => match put(true) {
                Err(unsure) if !unsure.steps.is_empty() => None,
                edited => Some(edited?),
            },
        };
        match edited {
            Some(edited) if stay(&edited) => {}
            Some(edited) if !loses(&edited) => anew = Some(edited),
            _ => rewired.notes.push(
                "the wiring in your sources was edited since it was put in: it stays as it is"
                    .to_owned(),
            ),
        }
    }
    let rewires = anew.is_some();
    let mut edited = match anew {
        Some(edited) => edited,
        None => put(false)?,
    };
    for (path, recorded) in sources.iter().filter(|_| rewires) {
        if let (Some(text), Some(unwired), Some(new)) =
            (files.text(path)?, taken.get(*path), edited.get_mut(*path))
            && !wiring.is_in_its_place(path, unwired, &text)
            && let Some(text) = recorded.replaced(path, &text, &new.blocks)
        {
            new.text = text;
        }
    }
    let paths: BTreeSet<&ProjectPath> = recorded
        .keys()
        .chain(taken.keys())
        .chain(edited.keys())
        .collect();
    for path in paths {
        if recorded_block(&recorded, path, versions).is_some() {
            continue;
        }
        let old = recorded.get(path).unwrap_or(&none);
        let new = edited.get(path);
        let is_kept = is_source(path.file_name()) && !rewires;
        if is_kept
            || new.map_or(old.blocks.is_empty(), |new| {
                old.wording() == wording(&new.blocks)
            })
        {
            rewired
                .records
                .extend(old.blocks.iter().map(|(file, _)| (*file).clone()));
            let section = wiring.section_of(path);
            rewired
                .patch
                .extend(section.map(|section| (path.clone(), section)));
            continue;
        }
        rewired.replace(files, path, old, taken.get(path), new, wiring.made(path))?;
    }
    Ok(rewired)
}

impl Rewired {
    fn replace(
        &mut self,
        files: &dyn Files,
        path: &ProjectPath,
        old: &Recorded,
        taken: Option<&Unwired>,
        new: Option<&Edited>,
        made: bool,
    ) -> Result<(), Problem> {
        let now = files.text(path)?;
        let without = taken.map_or(now.clone(), |unwired| {
            unwired.text.as_deref().map(Arc::from)
        });
        let text = new.map_or(without.as_deref().unwrap_or_default(), |new| {
            new.text.as_str()
        });
        let blocks = new.map_or(&[][..], |new| &new.blocks);
        let before = without.as_deref().filter(|text| !made || !text.is_empty());
        if before != Some(text) {
            self.patch
                .insert(path.clone(), wiring::section(path, before, text));
        }
        let has = |name: &str| blocks.iter().any(|block| block.name == block_base(name));
        // What the user has changed and nobody accepted is still said by the next verification, and what was moved is still
        // ours.
        let still = |file: &LockedFile| {
            let counts = count_blocks(path.file_name(), text, &[block_of(file)]);
            counts.iter().any(|count| *count > 0)
        };
        let kept = old
            .blocks
            .iter()
            .filter(|(file, state)| *state != State::Unchanged || still(file))
            .map(|(file, _)| *file)
            .filter(|file| !has(file.name.as_deref().unwrap_or_default()));
        self.records.extend(kept.cloned());
        let new = blocks.iter().cloned();
        self.records
            .extend(new.map(|block| block_record(path.clone(), block)));
        if now.as_deref() != Some(text) {
            let names = blocks.iter().map(|block| block.name.clone()).collect();
            self.texts.insert(path.clone(), (text.to_owned(), names));
        }
        Ok(())
    }
}

fn recorded<'l>(
    files: &dyn Files,
    locked: &'l LockedModule,
) -> Result<BTreeMap<ProjectPath, Recorded<'l>>, Problem> {
    let mut recorded = BTreeMap::new();
    for records in by_file(&locked.files) {
        if records[0].kind == FileKind::Block {
            let states = block_states(files, records)?;
            let blocks = records.iter().zip(states).collect();
            recorded.insert(records[0].path.clone(), Recorded { blocks });
        }
    }
    Ok(recorded)
}

/// The record of a block between markers.
fn recorded_block<'r>(
    recorded: &'r BTreeMap<ProjectPath, Recorded>,
    path: &ProjectPath,
    versions: &Versions,
) -> Option<&'r LockedFile> {
    let name = versions.module.manifest.name.value.as_str();
    let blocks = &recorded.get(path)?.blocks;
    let mut files = blocks.iter().map(|(file, _)| *file);
    files.find(|file| file.name.as_deref() == Some(name))
}
