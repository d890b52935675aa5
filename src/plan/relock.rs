//! The lock of a project as it stands.

use std::collections::BTreeMap;

use super::add::is_core;
use super::finished::FINISHED;
use super::rendering::{IGNORE, Rendering, Templates, patch_path};
use super::state::{State, block_of, block_states, by_file, normalised, state_of};
use super::wiring::WIRING;
use crate::edit;
use crate::lockfile::{FORMAT, Lock, LockedFile, LockedModule};
use crate::types::{FileKind, Files, Problem, ProjectPath, holds_secret};

/// What `before` would be if the project's generated files and blocks were accepted as they stand. Nothing is taken from
/// `before` that is not rendered again or seen in the project.
///
/// # Errors
/// A vendor file that differs from what is rendered; another version of the module; a block that stands there twice.
pub fn relock(
    files: &dyn Files,
    before: &Lock,
    templates: &Templates,
    drifted: bool,
) -> Result<Lock, Problem> {
    let mut after = Lock {
        format: FORMAT,
        core: is_core(files)?,
        modules: Vec::new(),
    };
    for locked in &before.modules {
        after = after.with(module(files, locked, templates, drifted)?);
    }
    Ok(after)
}

fn module(
    files: &dyn Files,
    locked: &LockedModule,
    templates: &Templates,
    drifted: bool,
) -> Result<LockedModule, Problem> {
    let manifest = &templates.module.manifest;
    if locked.module != manifest.slug.value || locked.version != manifest.version.value {
        return Err(Problem::input(format!(
            "the project has {} {}, this is {} {}: it cannot be rendered again",
            locked.module, locked.version, manifest.slug.value, manifest.version.value
        ))
        .help("pass `--module DIR` with a module of that version, or upgrade first"));
    }
    let rendering = templates.render_locked(locked)?;
    vendor_is_rendered(files, &rendering)?;
    let mut records = Vec::new();
    let has_ignore = locked.files.iter().any(|file| file.path.as_str() == IGNORE);
    for mut record in rendering.records()? {
        match record.kind {
            FileKind::Generated => {
                record.accepted = files.text(&record.path)?.map(|text| normalised(&text));
                record.executable = record.accepted.is_some() && files.is_executable(&record.path);
            }
            FileKind::Seed if !files.exists(&record.path)? => continue,
            // The lock is of a version that had none.
            _ if record.path.as_str() == IGNORE && !has_ignore => continue,
            _ => {}
        }
        records.push(record);
    }
    for name in [WIRING, FINISHED] {
        records.extend(patch(files, locked, name)?);
    }
    for blocks in by_file(&locked.files) {
        if blocks[0].kind == FileKind::Block {
            records.extend(accept_blocks(files, blocks)?);
        }
    }
    Ok(LockedModule {
        content: templates.module.content_hash(),
        dev: drifted,
        answers: rendering.used.answers,
        facts: rendering.used.facts,
        files: records,
        ..locked.clone()
    })
}

/// The record of a patch, which cannot be made again.
fn patch(
    files: &dyn Files,
    locked: &LockedModule,
    name: &str,
) -> Result<Option<LockedFile>, Problem> {
    let path = patch_path(locked, name)?;
    let Some(record) = locked.files.iter().find(|file| file.path == path) else {
        return Ok(None);
    };
    if state_of(files, record)? == State::Unchanged {
        return Ok(Some(record.clone()));
    }
    Err(not_vendor(vec![format!("differs: {path}")]))
}

/// To record anything else would launder tampering.
fn vendor_is_rendered(files: &dyn Files, rendering: &Rendering) -> Result<(), Problem> {
    let mut different = Vec::new();
    for file in &rendering.files {
        let Some(vendor) = &file.vendor else {
            continue;
        };
        match files.text(vendor)? {
            Some(text) if *text == *file.text => {}
            Some(_) => different.push(format!("differs: {vendor}")),
            None => different.push(format!("missing: {vendor}")),
        }
    }
    match different.is_empty() {
        true => Ok(()),
        false => Err(not_vendor(different)),
    }
}

fn not_vendor(different: Vec<String>) -> Problem {
    let mut problem =
        Problem::decision("vendor files are not what rapidkit-pg wrote; that is never recorded");
    problem.notes = different;
    problem.help("take them back from version control: `git restore -- .rapidkit`")
}

/// The blocks of one file as they stand: edited where its format has marks, left out where they are gone.
fn accept_blocks(files: &dyn Files, blocks: &[LockedFile]) -> Result<Vec<LockedFile>, Problem> {
    let path = &blocks[0].path;
    let Some(text) = files.text(path)? else {
        return Ok(Vec::new());
    };
    let mut accepted = Vec::new();
    for (block, state) in blocks.iter().zip(block_states(files, blocks)?) {
        let recorded = block_of(block);
        let name = &recorded.name;
        match state {
            State::Unchanged => accepted.push(block.clone()),
            State::Doubled => {
                return Err(Problem::decision(format!(
                    "the block `{name}` stands here more than once"
                ))
                .in_file(path)
                .help("take out all but one"));
            }
            _ => match edit::current_block(path.file_name(), &text, &recorded) {
                Some(now) if holds_secret(&now) => {
                    return Err(
                        Problem::decision(format!("the block `{name}` holds a secret"))
                            .in_file(path)
                            .help("what is recorded is committed: put a placeholder in its place, as in `app:password@` or `app:${PASSWORD}@`"),
                    );
                }
                Some(now) => accepted.push(LockedFile {
                    text: Some(now),
                    ..block.clone()
                }),
                None => {}
            },
        }
    }
    Ok(accepted)
}

/// What differs between two locks, one line a record, for people.
pub fn differences(before: &Lock, after: &Lock) -> Vec<String> {
    let mut lines = Vec::new();
    if before.core != after.core {
        lines.push(format!(
            "changed: RapidKit Core manages the project too: {}",
            after.core
        ));
    }
    for now in &after.modules {
        let empty = Vec::new();
        let was = before.find(&now.module, &now.target);
        if was.map(head) != Some(head(now)) {
            lines.push(format!("changed: {} in {}", now.module, now.target));
        }
        let was = by_key(was.map_or(&empty, |was| &was.files));
        let is = by_key(&now.files);
        for (key, file) in &is {
            match was.get(key) {
                Some(other) if other == file => {}
                Some(_) if file.kind == FileKind::Generated && file.accepted.is_none() => {
                    lines.push(format!("removed: {}", name(file)));
                }
                Some(_) => lines.push(format!("changed: {}", name(file))),
                None => lines.push(format!("new:     {}", name(file))),
            }
        }
        for (key, file) in &was {
            if !is.contains_key(key) {
                let unchecked = match file.kind {
                    FileKind::Block => ", and no longer checked",
                    _ => "",
                };
                lines.push(format!("gone:    {}{unchecked}", name(file)));
            }
        }
    }
    lines
}

fn head(module: &LockedModule) -> LockedModule {
    LockedModule {
        files: Vec::new(),
        ..module.clone()
    }
}

type Key<'a> = (&'a ProjectPath, FileKind, Option<&'a str>);

fn by_key(files: &[LockedFile]) -> BTreeMap<Key<'_>, &LockedFile> {
    files
        .iter()
        .map(|file| ((&file.path, file.kind, file.name.as_deref()), file))
        .collect()
}

fn name(file: &LockedFile) -> String {
    match &file.name {
        Some(name) => format!("{} ({name})", file.path),
        None => file.path.to_string(),
    }
}
