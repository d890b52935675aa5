//! Taking over what RapidKit Core generated for its module of the same name.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde::Deserialize;

use super::merge::{Labels, Merged, merge};
use super::rendering::Rendered;
use super::state::normalised;
use super::syntax;
use crate::edit::dotenv;
use crate::types::{
    Change, ContentHash, EntryKind, FileKind, Files, Overlay, Problem, ProjectPath,
};

/// RapidKit Core's record of what it generated, and for which of its modules.
const RECORD: &str = ".rapidkit/file-hashes.json";
/// Where RapidKit Core keeps each text as it was generated, by its SHA-256.
const SNAPSHOTS: &str = ".rapidkit/snapshots";

/// What RapidKit Core has generated for a module.
pub struct Core {
    root: ProjectPath,
    module: String,
    files: BTreeMap<ProjectPath, ContentHash>,
    /// The versions that it generated them from.
    pub versions: BTreeSet<Version>,
}

#[derive(Deserialize)]
struct Record {
    files: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    hash: String,
    module: String,
    version: String,
}

/// What is taken over.
pub struct Adoption<'f> {
    /// Whether there is anything.
    pub is_any: bool,
    /// The project as it is without what RapidKit Core generated.
    pub files: Overlay<'f>,
    /// What takes the place of files that the user has edited, with these edits in it.
    pub merged: BTreeMap<ProjectPath, String>,
    /// What becomes of files that no output takes the place of.
    pub changes: Vec<Change>,
    pub notes: Vec<String>,
    conflicts: Vec<String>,
}

impl Core {
    /// Reads the record of a target.
    ///
    /// # Errors
    /// It is not in the form that RapidKit Core writes.
    pub fn read(files: &dyn Files, target: &ProjectPath, module: &str) -> Result<Self, Problem> {
        let mut core = Self {
            root: target.clone(),
            module: module.to_owned(),
            files: BTreeMap::new(),
            versions: BTreeSet::new(),
        };
        let path = target.join(&ProjectPath::existing(RECORD)?);
        let Some(text) = files.text(&path)? else {
            return Ok(core);
        };
        let record: Record = serde_json::from_str(&text)
            .map_err(|error| Problem::input(error.to_string()).in_file(&path))?;
        for (path, entry) in record.files {
            let is_of = entry.module.rsplit('/').next() == Some(module);
            if let (true, Ok(path), Ok(hash)) =
                (is_of, ProjectPath::existing(&path), entry.hash.parse())
            {
                core.files.insert(target.join(&path), hash);
                core.versions.extend(entry.version.parse::<Version>());
            }
        }
        Ok(core)
    }

    /// Whether what is recorded is there, in directories of the module's own or where `outputs` go.
    ///
    /// # Errors
    /// A directory that cannot be read.
    pub fn is_there(&self, files: &dyn Files, outputs: &[Rendered]) -> Result<bool, Problem> {
        let outputs = outputs.iter().map(|output| &output.path);
        let recorded = outputs.filter(|path| self.files.contains_key(*path));
        for path in self.own().chain(recorded) {
            if files.exists(path)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The files in directories of the module's own. Others, as the health package, are the whole project's, though
    /// the module that was added last is said to have them.
    fn own(&self) -> impl Iterator<Item = &ProjectPath> {
        let is_own = |path: &&ProjectPath| {
            let directory = path.parent();
            directory.is_some_and(|directory| directory.file_name() == self.module)
        };
        self.files.keys().filter(is_own)
    }

    fn snapshot(
        &self,
        files: &dyn Files,
        path: &ProjectPath,
    ) -> Result<Option<std::sync::Arc<str>>, Problem> {
        let Some(hash) = self.files.get(path) else {
            return Ok(None);
        };
        let path = ProjectPath::existing(&format!("{SNAPSHOTS}/{hash}"))?;
        files.text(&self.root.join(&path))
    }

    fn is_unedited(&self, path: &ProjectPath, text: &str) -> bool {
        let is_recorded =
            |hash: &ContentHash| *hash == ContentHash::of(text) || *hash == normalised(text);
        self.files.get(path).is_some_and(is_recorded)
    }
}

impl<'f> Adoption<'f> {
    /// Nothing is taken over.
    pub fn none(files: &'f dyn Files) -> Self {
        Self {
            is_any: false,
            files: Overlay::new(files),
            merged: BTreeMap::new(),
            changes: Vec::new(),
            notes: Vec::new(),
            conflicts: Vec::new(),
        }
    }

    /// Takes over what `core` records where `outputs` go.
    ///
    /// # Errors
    /// Files that the user has edited, where the edits cannot be merged; each is listed.
    pub fn of(files: &'f dyn Files, core: &Core, outputs: &[Rendered]) -> Result<Self, Problem> {
        let mut adoption = Self {
            is_any: true,
            ..Self::none(files)
        };
        let outputs: Vec<&Rendered> = outputs
            .iter()
            .filter(|output| output.kind != FileKind::Block)
            .collect();
        for output in &outputs {
            adoption.replace(files, core, output)?;
        }
        for path in core.own() {
            if outputs.iter().all(|output| output.path != *path) {
                adoption.drop(files, core, path)?;
            }
        }
        adoption.settings(files, core)?;
        if adoption.conflicts.is_empty() {
            return Ok(adoption);
        }
        let mut problem = Problem::decision(
            "you edited what RapidKit Core generated, and it cannot be merged; nothing was written",
        );
        problem.notes = adoption.conflicts;
        Err(problem
            .help("move what you added to files of your own, or move these files away, then run this again"))
    }

    /// One file for another at the same place.
    fn replace(
        &mut self,
        files: &dyn Files,
        core: &Core,
        output: &Rendered,
    ) -> Result<(), Problem> {
        let path = &output.path;
        let Some(mine) = files.text(path)? else {
            return Ok(());
        };
        // RapidKit Core makes an empty file of each package, and records none of them.
        if !mine.trim().is_empty() && !core.is_unedited(path, &mine) {
            let Some(base) = core.snapshot(files, path)? else {
                self.conflicts.push(format!(
                    "{path}: what it was when RapidKit Core generated it is not recorded"
                ));
                return Ok(());
            };
            let Some(text) = self.merge(path, &base, &mine, &output.text) else {
                return Ok(());
            };
            self.merged.insert(path.clone(), text);
        }
        self.files.remove(path.clone());
        Ok(())
    }

    fn merge(
        &mut self,
        path: &ProjectPath,
        base: &str,
        mine: &str,
        theirs: &str,
    ) -> Option<String> {
        let labels = Labels {
            mine: "yours",
            base: "RapidKit Core",
            theirs: "rapidkit-pg",
        };
        let [base, mine, theirs] = [base, mine, theirs].map(str::as_bytes);
        match merge(base, mine, theirs, labels) {
            Merged::Clean(text) => {
                let text = String::from_utf8_lossy(&text).into_owned();
                if syntax::check(path, &text).is_ok() {
                    return Some(text);
                }
                self.conflicts.push(format!(
                    "{path}: your edits do not go together with what replaces it"
                ));
            }
            Merged::Conflicted { conflicts, .. } => {
                let lines = conflicts.iter().map(|conflict| match conflict.lines.len() {
                    0 | 1 => format!("{path}:{}: you edited this", conflict.lines.start),
                    _ => format!(
                        "{path}:{}-{}: you edited this",
                        conflict.lines.start,
                        conflict.lines.end - 1
                    ),
                });
                self.conflicts.extend(lines);
            }
        }
        None
    }

    /// A file that nothing takes the place of.
    fn drop(&mut self, files: &dyn Files, core: &Core, path: &ProjectPath) -> Result<(), Problem> {
        let Some(mine) = files.text(path)? else {
            return Ok(());
        };
        if !core.is_unedited(path, &mine) {
            self.conflicts.push(format!(
                "{path}: you edited it, and nothing takes its place"
            ));
            return Ok(());
        }
        self.files.remove(path.clone());
        self.changes.push(Change::new(
            path.clone(),
            FileKind::Generated,
            Some(&mine),
            None,
        ));
        Ok(())
    }

    /// Settings that RapidKit Core put into dotenv files, under names that its own code never read. Read from now on, they
    /// would win over `DATABASE_URL`.
    fn settings(&mut self, files: &dyn Files, core: &Core) -> Result<(), Problem> {
        for entry in files.entries(&core.root)? {
            if entry.kind != EntryKind::File || !entry.name.starts_with(".env") {
                continue;
            }
            let Ok(name) = ProjectPath::existing(&entry.name) else {
                continue;
            };
            let path = core.root.join(&name);
            let before = files.text(&path)?.unwrap_or_default();
            let Some(silenced) = dotenv::without_placeholders(&before, &core.module) else {
                continue;
            };
            for name in silenced.left {
                self.notes.push(format!(
                    "{path} sets {name}, which RapidKit Core never read: it has effect from now on"
                ));
            }
            if *silenced.text == *before {
                continue;
            }
            let mut change = Change::new(
                path.clone(),
                FileKind::Block,
                Some(&before),
                Some(&silenced.text),
            );
            change.summary = vec!["placeholders commented out".to_owned()];
            self.changes.push(change);
            self.files.set(path, silenced.text);
        }
        Ok(())
    }
}
