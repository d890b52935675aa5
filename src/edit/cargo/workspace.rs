//! What Cargo would see: manifests, workspace members, the crates of a package.

use std::collections::BTreeSet;
use std::sync::Arc;

use glob::Pattern;
use toml_edit::{Document, Item, TableLike, Value};

use crate::types::{EntryKind, Files, Problem, ProjectPath, relative};

/// A `Cargo.toml` with the places of everything in it.
pub struct Manifest {
    /// The directory it stands in.
    pub dir: ProjectPath,
    pub text: Arc<str>,
    /// Spans are those of `text` without its byte order mark; see [`Manifest::offset`].
    pub doc: Document<String>,
}

impl Manifest {
    /// Reads the manifest in `dir`, if there is one.
    ///
    /// # Errors
    /// Unreadable, or no TOML.
    pub fn read(files: &dyn Files, dir: &ProjectPath) -> Result<Option<Self>, Problem> {
        let path = dir.join(&existing("Cargo.toml"));
        let Some(text) = files.text(&path)? else {
            return Ok(None);
        };
        let bare = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        match Document::parse(bare) {
            Ok(doc) => Ok(Some(Self {
                dir: dir.clone(),
                text,
                doc,
            })),
            Err(error) => {
                let offset = if text.starts_with('\u{feff}') { 3 } else { 0 };
                let span = error.span().unwrap_or(0..0);
                Err(Problem::input("this manifest is no valid TOML").at(
                    &path,
                    &text,
                    span.start + offset..span.end + offset,
                    error.message(),
                ))
            }
        }
    }

    /// The manifest's own path.
    pub fn path(&self) -> ProjectPath {
        self.dir.join(&existing("Cargo.toml"))
    }

    /// What has to be added to a span of `doc` to point into `text`.
    pub fn offset(&self) -> usize {
        if self.text.starts_with('\u{feff}') {
            3
        } else {
            0
        }
    }

    /// The item at a path of keys.
    pub fn get(&self, keys: &[&str]) -> Option<&Item> {
        keys.iter()
            .try_fold(self.doc.as_item(), |item, key| item.get(key))
    }

    /// The text at a path of keys.
    pub fn str(&self, keys: &[&str]) -> Option<&str> {
        self.get(keys)?.as_str()
    }

    pub fn bool(&self, keys: &[&str]) -> Option<bool> {
        self.get(keys)?.as_bool()
    }

    fn strings(&self, keys: &[&str]) -> Vec<String> {
        let array = self.get(keys).and_then(Item::as_array);
        array
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// A problem that points at `span` of this manifest.
    pub fn problem(
        &self,
        message: impl Into<String>,
        span: Option<std::ops::Range<usize>>,
        label: impl Into<String>,
    ) -> Problem {
        let span = span.unwrap_or(0..0);
        Problem::input(message).at(
            self.path(),
            &self.text,
            span.start + self.offset()..span.end + self.offset(),
            label,
        )
    }

    /// As [`dependency_tables`].
    pub fn dependency_tables(&self, kind: &str) -> Vec<(Vec<String>, &dyn TableLike)> {
        dependency_tables(&self.doc, kind)
    }
}

/// Every table of a manifest that holds dependencies of `kind` (`dependencies`, `dev-dependencies`), with the keys that
/// lead to it: the plain one first, then those for a target.
pub fn dependency_tables<'d>(
    manifest: &'d Document<String>,
    kind: &str,
) -> Vec<(Vec<String>, &'d dyn TableLike)> {
    let mut tables = Vec::new();
    if let Some(table) = manifest.get(kind).and_then(Item::as_table_like) {
        tables.push((vec![kind.to_owned()], table));
    }
    let targets = manifest.get("target").and_then(Item::as_table_like);
    for (target, item) in targets.into_iter().flat_map(TableLike::iter) {
        if let Some(table) = item.get(kind).and_then(Item::as_table_like) {
            let keys = ["target", target, kind].map(str::to_owned);
            tables.push((keys.to_vec(), table));
        }
    }
    tables
}

/// Which kind of crate a target of a package is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrateKind {
    Lib,
    Bin,
}

/// A crate that Cargo builds from a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrateRoot {
    pub kind: CrateKind,
    /// The name in Rust code.
    pub name: String,
    /// Its root file.
    pub file: ProjectPath,
}

/// A package and its crates.
pub struct Package {
    pub manifest: Manifest,
    pub name: String,
    pub edition: String,
    /// The library that the package's own binaries can use.
    pub lib: Option<CrateRoot>,
    pub bins: Vec<CrateRoot>,
    /// The binary that `cargo run` starts, if the manifest says.
    pub default_run: Option<String>,
}

impl Package {
    /// Reads the package in `dir`; `None` if there is no manifest or only a virtual one.
    ///
    /// # Errors
    /// A manifest that cannot be read.
    pub fn read(files: &dyn Files, dir: &ProjectPath) -> Result<Option<Self>, Problem> {
        let Some(manifest) = Manifest::read(files, dir)? else {
            return Ok(None);
        };
        let Some(name) = manifest.str(&["package", "name"]).map(str::to_owned) else {
            return Ok(None);
        };
        let edition = match manifest.str(&["package", "edition"]) {
            Some(edition) => edition.to_owned(),
            None if manifest.bool(&["package", "edition", "workspace"]) == Some(true) => {
                let workspace = workspace_of(files, dir)?;
                let edition = workspace
                    .as_ref()
                    .and_then(|w| w.str(&["workspace", "package", "edition"]));
                edition.unwrap_or("2015").to_owned()
            }
            None => "2015".to_owned(),
        };
        let lib = library(files, &manifest, &name)?;
        let bins = binaries(files, &manifest, &name)?;
        let default_run = manifest.str(&["package", "default-run"]).map(str::to_owned);
        Ok(Some(Self {
            manifest,
            name,
            edition,
            lib,
            bins,
            default_run,
        }))
    }

    /// The package's directory.
    pub fn dir(&self) -> &ProjectPath {
        &self.manifest.dir
    }
}

/// A package's name as Rust code writes it.
pub fn rust_name(package: &str) -> String {
    package.replace('-', "_")
}

fn library(
    files: &dyn Files,
    manifest: &Manifest,
    package: &str,
) -> Result<Option<CrateRoot>, Problem> {
    let usual = manifest.dir.join(&existing("src/lib.rs"));
    let file = match manifest.str(&["lib", "path"]) {
        Some(path) => relative(&manifest.dir, path),
        None if manifest.get(&["lib"]).is_some() => Some(usual),
        None if manifest.bool(&["package", "autolib"]) == Some(false) => None,
        None => files.exists(&usual)?.then_some(usual),
    };
    let Some(file) = file else { return Ok(None) };
    let types = manifest.strings(&["lib", "crate-type"]);
    let linkable = types.is_empty() || types.iter().any(|t| t == "lib" || t == "rlib");
    if !linkable || manifest.bool(&["lib", "proc-macro"]) == Some(true) {
        return Ok(None);
    }
    let name = manifest
        .str(&["lib", "name"])
        .map_or_else(|| rust_name(package), str::to_owned);
    Ok(Some(CrateRoot {
        kind: CrateKind::Lib,
        name,
        file,
    }))
}

fn binaries(
    files: &dyn Files,
    manifest: &Manifest,
    package: &str,
) -> Result<Vec<CrateRoot>, Problem> {
    let dir = &manifest.dir;
    let mut bins: Vec<CrateRoot> = Vec::new();
    let mut add = |name: &str, file: ProjectPath| {
        if !bins.iter().any(|bin| bin.name == name || bin.file == file) {
            bins.push(CrateRoot {
                kind: CrateKind::Bin,
                name: name.to_owned(),
                file,
            });
        }
    };
    let main = dir.join(&existing("src/main.rs"));
    let folder = dir.join(&existing("src/bin"));
    let usual = |name: &str| -> Result<ProjectPath, Problem> {
        let flat = existing(&format!("{name}.rs"));
        let nested = existing(&format!("{name}/main.rs"));
        for candidate in [folder.join(&flat), folder.join(&nested)] {
            if files.exists(&candidate)? {
                return Ok(candidate);
            }
        }
        Ok(main.clone())
    };
    let declared = manifest.get(&["bin"]).and_then(Item::as_array_of_tables);
    for table in declared.into_iter().flatten() {
        let name = table.get("name").and_then(Item::as_str).unwrap_or(package);
        match table.get("path").and_then(Item::as_str) {
            Some(path) => {
                if let Some(file) = relative(dir, path) {
                    add(name, file);
                }
            }
            None => add(name, usual(name)?),
        }
    }
    if manifest.bool(&["package", "autobins"]) != Some(false) {
        if files.exists(&main)? {
            add(package, main.clone());
        }
        for entry in files.entries(&folder)? {
            let Ok(name) = ProjectPath::existing(&entry.name) else {
                continue;
            };
            let at = folder.join(&name);
            match (entry.kind, entry.name.strip_suffix(".rs")) {
                (EntryKind::File, Some(stem)) => add(stem, at),
                (EntryKind::Directory, _) => {
                    let nested = at.join(&existing("main.rs"));
                    if files.exists(&nested)? {
                        add(&entry.name, nested);
                    }
                }
                _ => {}
            }
        }
    }
    Ok(bins)
}

/// The packages of the project at the root of `files`: its own and the workspace's members, sorted by path.
///
/// # Errors
/// A manifest that cannot be read.
pub fn packages(files: &dyn Files) -> Result<Vec<Package>, Problem> {
    let root = ProjectPath::root();
    let Some(manifest) = Manifest::read(files, &root)? else {
        return Ok(Vec::new());
    };
    let mut dirs = BTreeSet::from([root]);
    let excluded: Vec<ProjectPath> = manifest
        .strings(&["workspace", "exclude"])
        .iter()
        .filter_map(|path| relative(&manifest.dir, path))
        .collect();
    for pattern in manifest.strings(&["workspace", "members"]) {
        let kept = |dir: &ProjectPath| !excluded.iter().any(|e| dir.below(e).is_some());
        // A member named in full wins over `exclude`, as in Cargo.
        let named = !pattern.contains(['*', '?', '[']);
        let found = expand(files, &pattern)?;
        dirs.extend(found.into_iter().filter(|dir| named || kept(dir)));
    }
    if manifest.get(&["workspace"]).is_some() {
        follow_paths(files, &mut dirs, &excluded)?;
    }
    let mut packages = Vec::new();
    for dir in dirs {
        packages.extend(Package::read(files, &dir)?);
    }
    Ok(packages)
}

/// Path dependencies inside the root are members too.
fn follow_paths(
    files: &dyn Files,
    dirs: &mut BTreeSet<ProjectPath>,
    excluded: &[ProjectPath],
) -> Result<(), Problem> {
    let mut queue: Vec<ProjectPath> = dirs.iter().cloned().collect();
    while let Some(dir) = queue.pop() {
        let Some(manifest) = Manifest::read(files, &dir)? else {
            continue;
        };
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (_, table) in manifest.dependency_tables(kind) {
                for (_, item) in table.iter() {
                    let path = item.get("path").and_then(Item::as_str);
                    let Some(path) = path.and_then(|path| relative(&dir, path)) else {
                        continue;
                    };
                    let out = excluded.iter().any(|e| path.below(e).is_some());
                    if !out && dirs.insert(path.clone()) {
                        queue.push(path);
                    }
                }
            }
        }
    }
    Ok(())
}

/// The nearest manifest at or above `dir` with a `[workspace]`.
///
/// # Errors
/// A manifest that cannot be read.
pub fn workspace_of(files: &dyn Files, dir: &ProjectPath) -> Result<Option<Manifest>, Problem> {
    if let Some(own) = Manifest::read(files, dir)?
        && let Some(path) = own.str(&["package", "workspace"])
        && let Some(root) = relative(dir, path)
    {
        return Manifest::read(files, &root);
    }
    let mut at = Some(dir.clone());
    while let Some(dir) = at {
        if let Some(manifest) = Manifest::read(files, &dir)?
            && manifest.get(&["workspace"]).is_some()
        {
            return Ok(Some(manifest));
        }
        at = dir.parent();
    }
    Ok(None)
}

/// The nearest `Cargo.lock` at or above `dir`.
///
/// # Errors
/// A file that cannot be read.
pub fn cargo_lock(
    files: &dyn Files,
    dir: &ProjectPath,
) -> Result<Option<(ProjectPath, Arc<str>)>, Problem> {
    let mut at = Some(dir.clone());
    while let Some(dir) = at {
        let path = dir.join(&existing("Cargo.lock"));
        if let Some(text) = files.text(&path)? {
            return Ok(Some((path, text)));
        }
        at = dir.parent();
    }
    Ok(None)
}

/// The directories with a manifest that a member pattern names.
fn expand(files: &dyn Files, pattern: &str) -> Result<Vec<ProjectPath>, Problem> {
    let mut dirs = vec![ProjectPath::root()];
    for segment in pattern.split('/').filter(|s| !s.is_empty() && *s != ".") {
        let mut next = Vec::new();
        for dir in &dirs {
            if !segment.contains(['*', '?', '[']) {
                next.extend(relative(dir, segment));
                continue;
            }
            for entry in files.entries(dir)? {
                let is_directory = entry.kind == EntryKind::Directory;
                if is_directory && segment_matches(segment, &entry.name) {
                    next.extend(
                        ProjectPath::existing(&entry.name)
                            .ok()
                            .map(|n| dir.join(&n)),
                    );
                }
            }
        }
        dirs = next;
    }
    let mut found = Vec::new();
    for dir in dirs {
        if files.exists(&dir.join(&existing("Cargo.toml")))? {
            found.push(dir);
        }
    }
    Ok(found)
}

/// Whether a directory's name matches a segment of a pattern, by the library that Cargo itself expands members with.
pub(super) fn segment_matches(segment: &str, name: &str) -> bool {
    Pattern::new(segment).is_ok_and(|pattern| pattern.matches(name))
}

/// A path that this code wrote itself.
fn existing(path: &str) -> ProjectPath {
    ProjectPath::existing(path).unwrap_or_else(|_| ProjectPath::root())
}

#[cfg(test)]
mod tests {
    use super::segment_matches;

    #[test]
    fn many_stars_are_not_slow() {
        assert!(!segment_matches(
            &"*a".repeat(100).replace('a', "aa"),
            &"a".repeat(199)
        ));
        assert!(!segment_matches(
            &("*a".repeat(50) + "b"),
            &"a".repeat(10_000)
        ));
    }
}
