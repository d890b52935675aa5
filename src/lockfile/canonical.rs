//! The one order and shape that a lock has.

use std::collections::BTreeMap;

use super::{Lock, LockedFile, LockedModule};
use crate::types::{FileKind, ProjectPath};

impl Lock {
    /// This lock in the order that it is written in.
    #[must_use]
    pub fn canonical(mut self) -> Self {
        self.modules = self.modules.into_iter().map(LockedModule::sorted).collect();
        self.modules
            .sort_by(|a, b| (&a.module, &a.target).cmp(&(&b.module, &b.target)));
        self.modules
            .dedup_by(|a, b| (&a.module, &a.target) == (&b.module, &b.target));
        self
    }
}

impl LockedModule {
    /// Puts the files into the order that the lock has them in, and counts blocks of one name in a file from 1, so that
    /// no number is free to be changed; nor is a directory, which has to have one of the files in it.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.files.sort_by(|a, b| order(a).cmp(&order(b)));
        let mut seen: BTreeMap<(ProjectPath, String), usize> = BTreeMap::new();
        for file in &mut self.files {
            let Some(name) = &mut file.name else { continue };
            let base = block_base(name).to_owned();
            let count = seen.entry((file.path.clone(), base.clone())).or_default();
            *count += 1;
            *name = match *count {
                1 => base,
                count => format!("{base} {count}"),
            };
        }
        self.files.sort_by(|a, b| order(a).cmp(&order(b)));
        self.files.dedup_by(|a, b| order(a) == order(b));
        let is_around = |directory: &ProjectPath| {
            let mut paths = self.files.iter().map(|file| &file.path);
            paths.any(|path| {
                path.parent()
                    .is_some_and(|parent| parent.below(directory).is_some())
            })
        };
        self.directories
            .retain(|directory| !directory.is_root() && is_around(directory));
        self.directories.sort();
        self.directories.dedup();
        self
    }
}

fn order(file: &LockedFile) -> (&ProjectPath, FileKind, Option<(&str, usize)>) {
    let name = file.name.as_deref().map(|name| {
        let base = block_base(name);
        let count = name[base.len()..].trim_start().parse().unwrap_or(1);
        (base, count)
    });
    (&file.path, file.kind, name)
}

/// A block's name without its number: `routes` of `routes 2`.
pub fn block_base(name: &str) -> &str {
    match name.rsplit_once(' ') {
        Some((base, count)) if count.parse::<usize>().is_ok() => base,
        _ => name,
    }
}

/// What is wrong with the shape of a record; `None` if it has just the values of its kind.
pub(super) fn fault(file: &LockedFile) -> Option<&'static str> {
    let block = file.name.is_some() && file.text.is_some();
    let no_block = file.name.is_none() && file.text.is_none();
    let text = file.text.as_deref().unwrap_or_default();
    match file.kind {
        FileKind::Vendor if !file.path.as_str().starts_with(".rapidkit/") => {
            Some("a vendor file outside .rapidkit/")
        }
        FileKind::Generated | FileKind::Seed | FileKind::Block
            if file.path.as_str().starts_with(".rapidkit/") =>
        {
            Some("a file of the project under .rapidkit/")
        }
        FileKind::Block if !block || file.base.is_some() || file.template.is_some() => {
            Some("a block has a name and a text and nothing else")
        }
        // Any other control character could stand for white space without being seen in a comparison of tokens.
        FileKind::Block
            if text
                .chars()
                .any(|c| c.is_control() && !"\n\r\t".contains(c)) =>
        {
            Some("a control character in a block")
        }
        FileKind::Vendor | FileKind::Generated | FileKind::Seed
            if !no_block || file.base.is_none() =>
        {
            Some("a file has a hash and no text")
        }
        FileKind::Generated | FileKind::Seed if file.template.is_none() => {
            Some("a generated file has a template")
        }
        FileKind::Generated => (file.executable && file.accepted.is_none())
            .then_some("a file accepted as removed is not executable"),
        _ => (file.accepted.is_some() || file.executable)
            .then_some("only generated files are accepted"),
    }
}
