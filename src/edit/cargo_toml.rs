//! Adds dependencies to a `Cargo.toml`; every byte that need not change stays.

use std::ops::Range;

use semver::{Version, VersionReq};
use toml_edit::{Array, InlineTable, Item, TableLike, Value};

use super::cargo_exclude;
use super::cargo_workspace::{Manifest, cargo_lock, workspace_of};
use super::crypto_provider::{CryptoProvider, crypto_provider};
use super::rust::{Splice, line_start, newline, spliced};
use super::version_req::overlap;
use crate::types::{Block, Dependency, FileEdit, Files, Problem};

/// Features of a crate that one of the user's own features includes or takes the place of.
fn is_covered(krate: &str, feature: &str, have: &[String]) -> bool {
    let any = |test: &dyn Fn(&str) -> bool| have.iter().any(|f| test(f));
    match krate {
        // `full` is all of these.
        "tokio" => !matches!(feature, "test-util" | "tracing") && any(&|f| f == "full"),
        // The user's choice of TLS is theirs, and older names of features say runtime and TLS in one.
        "sqlx" if feature.starts_with("tls-") => {
            any(&|f| f.starts_with("tls-") || f.ends_with("-tls") || f.ends_with("-rustls"))
        }
        "sqlx" => any(&|f| {
            f.strip_prefix(feature)
                .is_some_and(|rest| matches!(rest, "-rustls" | "-native-tls"))
        }),
        _ => false,
    }
}

/// The manifest with the dependencies that it lacks; `None` if it lacks none.
///
/// # Errors
/// A dependency that is there in a version or form that cannot work.
pub fn add_dependencies(
    files: &dyn Files,
    manifest: &Manifest,
    dependencies: &[Dependency],
) -> Result<Option<FileEdit>, Problem> {
    let workspace = workspace_of(files, &manifest.dir)?;
    let lock = cargo_lock(files, &manifest.dir)?.map(|(_, text)| text);
    let editor = Editor {
        manifest,
        workspace,
        lock: lock.and_then(|text| toml_edit::Document::parse(text.to_string()).ok()),
    };
    let mut splices = Vec::new();
    let mut blocks = Vec::new();
    let mut entries = Vec::new();
    for dependency in dependencies {
        let dependency = &editor.fitting(dependency);
        match editor.answer(dependency)? {
            Answer::Satisfied => {}
            Answer::Features { missing, splice } => {
                splices.push(splice);
                blocks.push(block(
                    dependency,
                    format!("{} = {{ {} }}", dependency.name, features(&missing)),
                ));
            }
            Answer::Entry(text) => {
                blocks.push(block(dependency, text.clone()));
                entries.push((dependency.clone(), text));
            }
        }
    }
    for kind in ["dependencies", "dev-dependencies"] {
        let of_kind = entries.iter().filter(|(d, _)| table_of(d) == kind);
        let mut lines: Vec<(&str, &str)> = of_kind
            .map(|(d, text)| (d.name.as_str(), text.as_str()))
            .collect();
        lines.sort_by_key(|(name, _)| *name);
        splices.extend(editor.insert(kind, &lines)?);
    }
    if splices.is_empty() {
        return Ok(None);
    }
    edited(manifest, splices, blocks).map(Some)
}

/// The manifest with splices in the text that its spans count in.
pub(super) fn edited(
    manifest: &Manifest,
    mut splices: Vec<Splice>,
    blocks: Vec<Block>,
) -> Result<FileEdit, Problem> {
    let newline = newline(&manifest.text);
    for splice in &mut splices {
        splice.text = splice.text.replace('\n', newline);
        let by = manifest.offset();
        splice.span = splice.span.start + by..splice.span.end + by;
    }
    let text = spliced(&manifest.text, &splices);
    let bare = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if let Err(error) = toml_edit::Document::parse(bare) {
        return Err(Problem::input(format!(
            "internal error: {} was not changed, since it would no longer be TOML: {}",
            manifest.path(),
            error.message()
        )));
    }
    Ok(FileEdit {
        path: manifest.path(),
        text,
        blocks,
    })
}

/// How often what a block of a manifest records is there: 0 or 1.
pub fn count(manifest: &str, block: &Block) -> usize {
    let bare = manifest.strip_prefix('\u{feff}').unwrap_or(manifest);
    let parsed = toml_edit::Document::parse(bare.to_owned());
    let ours = toml_edit::Document::parse(block.text.clone());
    let (Ok(parsed), Ok(ours)) = (parsed, ours) else {
        return 0;
    };
    if block.name == cargo_exclude::BLOCK {
        let workspace = parsed.get("workspace");
        let have = strings(workspace.and_then(|table| table.get("exclude")));
        let wanted = strings(ours.get("exclude"));
        return usize::from(wanted.iter().all(|path| have.contains(path)));
    }
    let kind = if block.name.starts_with("dev-") {
        "dev-dependencies"
    } else {
        "dependencies"
    };
    let Some((name, wanted)) = ours.as_table().iter().next() else {
        return 0;
    };
    let entry = parsed.get(kind).and_then(|table| table.get(name));
    usize::from(entry.is_some_and(|entry| holds(entry, wanted)))
}

/// Whether an entry says all that `wanted` says.
fn holds(entry: &Item, wanted: &Item) -> bool {
    let Some(wanted) = wanted.as_table_like() else {
        let version = entry
            .as_str()
            .or_else(|| entry.get("version").and_then(Item::as_str));
        return version == wanted.as_str();
    };
    wanted.iter().all(|(key, value)| match key {
        "features" => {
            let have = strings(entry.get("features"));
            strings(Some(value)).iter().all(|f| have.contains(f))
        }
        "version" => {
            let version = entry
                .as_str()
                .or_else(|| entry.get("version").and_then(Item::as_str));
            version == value.as_str()
        }
        _ => entry.get(key).is_some_and(|have| {
            have.as_bool() == value.as_bool() && have.as_str() == value.as_str()
        }),
    })
}

fn table_of(dependency: &Dependency) -> &'static str {
    if dependency.dev {
        "dev-dependencies"
    } else {
        "dependencies"
    }
}

fn block(dependency: &Dependency, text: String) -> Block {
    let dev = if dependency.dev { "dev-" } else { "" };
    Block {
        name: format!("{dev}dependency {}", dependency.name),
        text,
    }
}

fn features(names: &[String]) -> String {
    format!("features = [{}]", quoted(names))
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names
        .iter()
        .map(|n| Value::from(n.as_str()).to_string())
        .collect();
    names.join(", ")
}

pub(super) fn strings(item: Option<&Item>) -> Vec<String> {
    let array = item.and_then(Item::as_array);
    array
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

enum Answer {
    Satisfied,
    Features {
        missing: Vec<String>,
        splice: Splice,
    },
    /// A new entry, as it is written.
    Entry(String),
}

struct Editor<'m> {
    manifest: &'m Manifest,
    workspace: Option<Manifest>,
    lock: Option<toml_edit::Document<String>>,
}

/// What an entry, or the entry of the workspace that it inherits, says.
struct Said {
    requirement: Option<VersionReq>,
    default_features: bool,
    features: Vec<String>,
}

impl Editor<'_> {
    /// A dependency with the cryptography that the project has.
    fn fitting(&self, dependency: &Dependency) -> Dependency {
        let mut fitting = dependency.clone();
        let is_aws = dependency.name == "sqlx"
            && crypto_provider(self.manifest, self.lock.as_ref()) == Some(CryptoProvider::AwsLcRs);
        for feature in fitting.features.iter_mut().filter(|_| is_aws) {
            if feature.starts_with("tls-rustls") {
                "tls-rustls-aws-lc-rs".clone_into(feature);
            }
        }
        fitting
    }

    fn answer(&self, dependency: &Dependency) -> Result<Answer, Problem> {
        let wanted = VersionReq::parse(&dependency.version).map_err(|error| {
            Problem::input(format!(
                "the module asks for `{}` in a version that is no requirement: {error}",
                dependency.name
            ))
        })?;
        for kind in ["dependencies", "dev-dependencies"] {
            for (keys, table) in self.manifest.dependency_tables(kind) {
                let Some(item) = self.entry(table, dependency)? else {
                    continue;
                };
                let said = self.said(self.manifest, dependency, item)?;
                self.check(dependency, item, &said, &wanted)?;
                // An entry for one platform does not help on the others, nor one for tests the program.
                let elsewhere = keys.len() > 1 || (kind != "dependencies" && !dependency.dev);
                if elsewhere {
                    continue;
                }
                let missing = missing(dependency, &said);
                if missing.is_empty() {
                    return Ok(Answer::Satisfied);
                }
                // What only tests need is not put upon the program.
                if dependency.dev && kind == "dependencies" {
                    continue;
                }
                if item.get("optional").and_then(Item::as_bool) == Some(true) {
                    return Err(self.optional(dependency, item));
                }
                let splice = self.add_features(dependency, item, &missing)?;
                return Ok(Answer::Features { missing, splice });
            }
        }
        Ok(Answer::Entry(self.new_entry(dependency, &wanted)?))
    }

    /// The entry of a table that is this package.
    fn entry<'t>(
        &self,
        table: &'t dyn TableLike,
        dependency: &Dependency,
    ) -> Result<Option<&'t Item>, Problem> {
        for (key, item) in table.iter() {
            let package = item.get("package").and_then(Item::as_str).unwrap_or(key);
            let (is_package, is_key) = (package == dependency.name, key == dependency.name);
            if is_package && is_key {
                return Ok(Some(item));
            }
            // The same crate under another name may stand beside ours.
            if is_key {
                return Err(self
                    .manifest
                    .problem(
                        format!("`{key}` is the name of another package here"),
                        span_of(item),
                        format!("this is `{package}`"),
                    )
                    .note(format!(
                        "the generated code says `{key}::…` and means the crate `{key}`"
                    ))
                    .help("give this dependency another name"));
            }
        }
        Ok(None)
    }

    fn said(
        &self,
        manifest: &Manifest,
        dependency: &Dependency,
        item: &Item,
    ) -> Result<Said, Problem> {
        let default = ["default-features", "default_features"]
            .iter()
            .find_map(|key| item.get(key).and_then(Item::as_bool));
        let mut features = strings(item.get("features"));
        if item.get("workspace").and_then(Item::as_bool) == Some(true) {
            let shared = self.workspace.as_ref().and_then(|root| {
                let item = root.get(&["workspace", "dependencies", &dependency.name])?;
                Some((root, item))
            });
            let Some((root, shared)) = shared else {
                return Err(manifest.problem(
                    format!(
                        "`{}` is inherited, but the workspace does not have it",
                        dependency.name
                    ),
                    span_of(item),
                    format!("`[workspace.dependencies]` has no `{}`", dependency.name),
                ));
            };
            let mut said = self.said(root, dependency, shared)?;
            said.features.append(&mut features);
            said.default_features |= default == Some(true);
            return Ok(said);
        }
        let text = item
            .as_str()
            .or_else(|| item.get("version").and_then(Item::as_str));
        let requirement = match text {
            Some(text) => Some(VersionReq::parse(text).map_err(|error| {
                manifest.problem(
                    format!("no valid version requirement: {error}"),
                    span_of(item),
                    "here",
                )
            })?),
            None => None,
        };
        Ok(Said {
            requirement,
            default_features: default.unwrap_or(true),
            features,
        })
    }

    fn check(
        &self,
        dependency: &Dependency,
        item: &Item,
        said: &Said,
        wanted: &VersionReq,
    ) -> Result<(), Problem> {
        let name = &dependency.name;
        if let Some(requirement) = said.requirement.as_ref().filter(|r| !overlap(r, wanted)) {
            return Err(self
                .manifest
                .problem(
                    format!("`{name}` is there in a version that cannot work"),
                    span_of(item),
                    format!("asks for `{requirement}`"),
                )
                .note(format!(
                    "the generated code is written for {name} `{}`",
                    dependency.version
                ))
                .help(format!(
                    "upgrade {name} to `{}`, then run this again",
                    dependency.version
                )));
        }
        if item.get("optional").and_then(Item::as_bool) == Some(true) && !dependency.dev {
            return Err(self.optional(dependency, item));
        }
        if let Some(locked) = self
            .locked(name, said.requirement.as_ref())
            .filter(|v| !wanted.matches(v))
        {
            return Err(self
                .manifest
                .problem(
                    format!("`Cargo.lock` holds {name} {locked}, which cannot work"),
                    span_of(item),
                    "this allows it",
                )
                .note(format!(
                    "the generated code is written for {name} `{}`",
                    dependency.version
                ))
                .help(format!("run `cargo update -p {name}`, then run this again")));
        }
        Ok(())
    }

    fn optional(&self, dependency: &Dependency, item: &Item) -> Problem {
        self.manifest
            .problem(
                format!("`{}` is an optional dependency here", dependency.name),
                item.get("optional")
                    .and_then(Item::span)
                    .or_else(|| span_of(item)),
                "the generated code always needs it",
            )
            .help("take `optional = true` away (and the feature's `dep:` entry with it)")
    }

    /// The newest version in `Cargo.lock` that a requirement allows.
    fn locked(&self, name: &str, requirement: Option<&VersionReq>) -> Option<Version> {
        let requirement = requirement?;
        let packages = self.lock.as_ref()?.get("package")?.as_array_of_tables()?;
        packages
            .iter()
            .filter(|package| package.get("name").and_then(Item::as_str) == Some(name))
            .filter_map(|package| Version::parse(package.get("version")?.as_str()?).ok())
            .filter(|version| requirement.matches(version))
            .max()
    }

    /// A line for a dependency that the manifest lacks.
    fn new_entry(&self, dependency: &Dependency, wanted: &VersionReq) -> Result<String, Problem> {
        let name = &dependency.name;
        let shared = self
            .workspace
            .as_ref()
            .and_then(|root| Some((root, root.get(&["workspace", "dependencies", name])?)));
        if let Some((root, item)) = shared {
            let said = self.said(root, dependency, item)?;
            let renamed = item.get("package").is_some();
            let fits = said.requirement.as_ref().is_none_or(|r| overlap(r, wanted));
            let locked = self.locked(name, said.requirement.as_ref());
            if !renamed && fits && locked.is_none_or(|v| wanted.matches(&v)) {
                let missing = missing(dependency, &said);
                return Ok(match missing.as_slice() {
                    [] if self.inherits_dotted() => format!("{name}.workspace = true"),
                    [] => format!("{name} = {{ workspace = true }}"),
                    _ => format!("{name} = {{ workspace = true, {} }}", features(&missing)),
                });
            }
        }
        let version = Value::from(dependency.version.as_str());
        if dependency.default_features && dependency.features.is_empty() {
            return Ok(format!("{name} = {version}"));
        }
        let default = if dependency.default_features {
            ""
        } else {
            ", default-features = false"
        };
        let features = match dependency.features.as_slice() {
            [] => String::new(),
            names => format!(", {}", features(names)),
        };
        Ok(format!(
            "{name} = {{ version = {version}{default}{features} }}"
        ))
    }

    /// Whether the manifest writes `x.workspace = true`, as Cargo's own documentation does, rather than a table.
    fn inherits_dotted(&self) -> bool {
        let tables = self.manifest.dependency_tables("dependencies");
        let mut inherited = tables
            .iter()
            .flat_map(|(_, table)| table.iter())
            .filter(|(_, item)| item.get("workspace").is_some());
        inherited.next().is_none_or(|(_, item)| item.is_table())
    }

    /// Lines put into a table, in order where the table is in order.
    fn insert(&self, kind: &str, lines: &[(&str, &str)]) -> Result<Vec<Splice>, Problem> {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let text = self.text();
        let all: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
        let table = match self.manifest.get(&[kind]) {
            None => {
                let apart = match text {
                    "" => "",
                    _ if text.ends_with("\n\n") || text.ends_with("\n\r\n") => "",
                    _ if text.ends_with('\n') => "\n",
                    _ => "\n\n",
                };
                return Ok(vec![Splice::insert(
                    text.len(),
                    format!("{apart}[{kind}]\n{all}"),
                )]);
            }
            // Lines below a dotted key would be entries of the whole manifest.
            Some(Item::Table(table)) if !table.is_dotted() => table,
            Some(item) => {
                return Err(self
                    .manifest
                    .problem(
                        format!("`{kind}` is not written as a table"),
                        item.span(),
                        "here",
                    )
                    .help(format!("write it as `[{kind}]`")));
            }
        };
        // Entries that are lines of this table; `[dependencies.x]` stands elsewhere.
        let mut entries: Vec<(&str, Range<usize>)> = table
            .iter()
            .filter(|(_, item)| item.as_table().is_none_or(|t| t.is_dotted()))
            .filter_map(|(key, item)| Some((key, whole(table, key, item)?)))
            .collect();
        entries.sort_by_key(|(_, span)| span.start);
        let Some((_, last)) = entries.last() else {
            return Ok(vec![match (table.is_implicit(), table.span()) {
                (false, Some(header)) => {
                    Splice::insert(self.line_end(header.end), format!("\n{}", all.trim_end()))
                }
                _ => {
                    let first = table
                        .iter()
                        .filter_map(|(_, item)| item.as_table()?.span())
                        .map(|span| span.start)
                        .min();
                    let at = first.map_or(text.len(), |at| self.above(line_start(text, at)));
                    Splice::insert(at, format!("[{kind}]\n{all}\n"))
                }
            }]);
        };
        let sorted = entries.len() > 1 && entries.is_sorted_by_key(|(key, _)| *key);
        let end = self.line_end(last.end);
        let mut splices = Vec::new();
        let mut after = String::new();
        for (name, line) in lines {
            match entries.iter().find(|(key, _)| sorted && key > name) {
                Some((_, next)) => {
                    let at = self.above(line_start(text, next.start));
                    splices.push(Splice::insert(at, format!("{line}\n")));
                }
                None => {
                    after.push('\n');
                    after.push_str(line);
                }
            }
        }
        if !after.is_empty() {
            splices.push(Splice::insert(end, after));
        }
        Ok(splices)
    }

    /// The text that spans count in.
    fn text(&self) -> &str {
        &self.manifest.text[self.manifest.offset()..]
    }

    /// The end of a line, before its line break.
    fn line_end(&self, at: usize) -> usize {
        line_end(self.text(), at)
    }

    /// The start of the comment lines directly above a line.
    fn above(&self, line: usize) -> usize {
        let text = self.text();
        let mut at = line;
        while at > 0 {
            let before = line_start(text, at - 1);
            if !text[before..at].trim_start().starts_with('#') {
                break;
            }
            at = before;
        }
        at
    }

    /// Adds features to an entry, whatever its form.
    fn add_features(
        &self,
        dependency: &Dependency,
        item: &Item,
        missing: &[String],
    ) -> Result<Splice, Problem> {
        let name = &dependency.name;
        let strange = || {
            self.manifest
                .problem(
                    format!("`{name}` is written in a way that features cannot be added to"),
                    span_of(item),
                    "here",
                )
                .help(format!("add {} to its features", quoted(missing)))
        };
        if let Some(array) = item.get("features") {
            let array = array.as_array().ok_or_else(strange)?;
            return extend(self.text(), array, missing).ok_or_else(strange);
        }
        match item {
            Item::Value(Value::String(text)) => {
                let span = text.span().ok_or_else(strange)?;
                let version = &self.text()[span.clone()];
                Ok(Splice {
                    text: format!("{{ version = {version}, {} }}", features(missing)),
                    span,
                })
            }
            Item::Value(Value::InlineTable(table)) => {
                let end = end_of(table).ok_or_else(strange)?;
                Ok(Splice::insert(end, format!(", {}", features(missing))))
            }
            Item::Table(table) => {
                let end = table
                    .iter()
                    .filter_map(|(_, item)| item.span())
                    .map(|span| span.end)
                    .max();
                let end = end.ok_or_else(strange)?;
                let prefix = if table.is_dotted() {
                    format!("{name}.")
                } else {
                    String::new()
                };
                let line = format!("\n{prefix}{}", features(missing));
                Ok(Splice::insert(self.line_end(end), line))
            }
            _ => Err(strange()),
        }
    }
}

/// Where the last value ends; the span of a dotted key is not that of its value.
fn end_of(table: &InlineTable) -> Option<usize> {
    let ends = table.iter().filter_map(|(_, value)| match value {
        Value::InlineTable(inner) if inner.is_dotted() => end_of(inner),
        value => value.span().map(|span| span.end),
    });
    ends.max()
}

/// Adds elements to an array, on lines of their own if it is written so.
pub(super) fn extend(text: &str, array: &Array, names: &[String]) -> Option<Splice> {
    let span = array.span()?;
    let Some(last) = array.iter().filter_map(Value::span).max_by_key(|s| s.end) else {
        return Some(Splice::insert(span.start + 1, quoted(names)));
    };
    let own_line = text[line_start(text, last.start)..last.start]
        .trim()
        .is_empty();
    if !own_line {
        return Some(Splice::insert(last.end, format!(", {}", quoted(names))));
    }
    let indent = &text[line_start(text, last.start)..last.start];
    let comma = text[last.end..span.end].trim_start().starts_with(',');
    if comma {
        let lines: String = names
            .iter()
            .map(|n| format!("\n{indent}{},", Value::from(n.as_str())))
            .collect();
        let at = line_end(text, last.end + text[last.end..].find(',')?);
        return Some(Splice::insert(at.min(span.end - 1), lines));
    }
    let lines: String = names
        .iter()
        .map(|n| format!(",\n{indent}{}", Value::from(n.as_str())))
        .collect();
    Some(Splice::insert(last.end, lines))
}

/// The end of a line, before its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
    end - usize::from(text[..end].ends_with('\r'))
}

fn missing(dependency: &Dependency, said: &Said) -> Vec<String> {
    let mut missing: Vec<String> = dependency
        .features
        .iter()
        .filter(|f| !said.features.contains(f) && !is_covered(&dependency.name, f, &said.features))
        .cloned()
        .collect();
    let default = "default".to_owned();
    if dependency.default_features && !said.default_features && !said.features.contains(&default) {
        missing.push(default);
    }
    missing
}

/// The bytes of an entry's value; of a dotted one, of all its values.
fn span_of(item: &Item) -> Option<Range<usize>> {
    if let Some(span) = item.span() {
        return Some(span);
    }
    let table = item.as_table_like()?;
    let spans = table.iter().filter_map(|(_, item)| span_of(item));
    spans.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
}

/// The bytes of an entry from its key to its value's end.
fn whole(table: &toml_edit::Table, key: &str, item: &Item) -> Option<Range<usize>> {
    let value = span_of(item)?;
    let start = table
        .key(key)
        .and_then(|key| key.span())
        .map_or(value.start, |span| span.start);
    // A dotted key has its own span for the last line only.
    let mut first = start.min(value.start);
    if let Some(inner) = item.as_table_like() {
        let keys = inner.iter().filter_map(|(name, _)| inner.key(name)?.span());
        first = keys.map(|span| span.start).fold(first, usize::min);
    }
    Some(first..value.end)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::types::ProjectPath;

    fn wanted(name: &str, version: &str, features: &[&str]) -> Dependency {
        Dependency {
            name: name.to_owned(),
            version: version.to_owned(),
            features: features.iter().map(|f| (*f).to_owned()).collect(),
            default_features: true,
            dev: false,
        }
    }

    #[test]
    fn dotted_keys_are_no_table_to_put_lines_below() {
        let files = project(&[("Cargo.toml", "dependencies.axum = \"0.8\"\n")]);
        let manifest = Manifest::read(&files, &ProjectPath::root())
            .unwrap()
            .unwrap();
        let problem =
            add_dependencies(&files, &manifest, &[wanted("serde", "1", &[])]).unwrap_err();
        assert!(
            problem.message.contains("is not written as a table"),
            "{problem}"
        );
    }

    fn project(files: &[(&str, &str)]) -> BTreeMap<ProjectPath, Arc<str>> {
        files
            .iter()
            .map(|(path, text)| (ProjectPath::existing(path).unwrap(), Arc::from(*text)))
            .collect()
    }

    fn run(
        files: &[(&str, &str)],
        dir: &str,
        dependencies: &[Dependency],
    ) -> Result<String, Problem> {
        let mut files = project(files);
        let dir = ProjectPath::existing(dir).unwrap();
        let manifest = Manifest::read(&files, &dir)?.unwrap();
        let Some(edit) = add_dependencies(&files, &manifest, dependencies)? else {
            return Ok("unchanged".to_owned());
        };
        for block in &edit.blocks {
            assert_eq!(count(&edit.text, block), 1, "{block:?}");
        }
        files.insert(edit.path, edit.text.as_str().into());
        let manifest = Manifest::read(&files, &dir)?.unwrap();
        assert_eq!(
            add_dependencies(&files, &manifest, dependencies)?,
            None,
            "a second run changes nothing"
        );
        Ok(edit.text)
    }

    fn added(manifest: &str, dependencies: &[Dependency]) -> String {
        run(&[("Cargo.toml", manifest)], ".", dependencies).unwrap_or_else(|p| p.to_string())
    }

    fn sqlx() -> Dependency {
        Dependency {
            default_features: false,
            ..wanted("sqlx", "0.9", &["postgres", "runtime-tokio"])
        }
    }

    #[test]
    fn a_sorted_table_stays_sorted() {
        let text = "[dependencies]\naxum = \"0.8\"\n# for all\ntokio = \"1\"\n\n[features]\n";
        assert_eq!(
            added(
                text,
                &[
                    wanted("tracing", "0.1", &[]),
                    sqlx(),
                    wanted("serde", "1", &["derive"])
                ]
            ),
            "[dependencies]\naxum = \"0.8\"\nserde = { version = \"1\", features = [\"derive\"] }\n\
             sqlx = { version = \"0.9\", default-features = false, features = [\"postgres\", \"runtime-tokio\"] }\n\
             # for all\ntokio = \"1\"\ntracing = \"0.1\"\n\n[features]\n"
        );
    }

    #[test]
    fn an_unsorted_table_grows_at_its_end() {
        let text = "[dependencies]\ntokio = \"1\" # async\naxum = \"0.8\" # web";
        assert_eq!(
            added(text, &[wanted("serde", "1", &[])]),
            "[dependencies]\ntokio = \"1\" # async\naxum = \"0.8\" # web\nserde = \"1\""
        );
    }

    #[test]
    fn features_come_after_a_dotted_key() {
        let text = "[dependencies]\nserde = { version = \"1\", a.b = [\"c\"] }\n";
        assert_eq!(
            added(text, &[wanted("serde", "1", &["derive"])]),
            "[dependencies]\nserde = { version = \"1\", a.b = [\"c\"], features = [\"derive\"] }\n"
        );
    }

    #[test]
    fn line_endings_and_byte_order_mark_stay() {
        let text = "\u{feff}[dependencies]\r\naxum = '0.8'\r\ntokio = \"1\"\r\n";
        assert_eq!(
            added(
                text,
                &[wanted("serde", "1", &[]), wanted("tokio", "1", &["rt"])]
            ),
            "\u{feff}[dependencies]\r\naxum = '0.8'\r\nserde = \"1\"\r\ntokio = { version = \"1\", features = [\"rt\"] }\r\n"
        );
    }

    #[test]
    fn features_are_added_in_the_form_that_is_there() {
        let tokio = [wanted("tokio", "1", &["rt", "time"])];
        let cases = [
            (
                "tokio = '1'",
                "tokio = { version = '1', features = [\"rt\", \"time\"] }",
            ),
            (
                "tokio = { version = \"1\" }",
                "tokio = { version = \"1\", features = [\"rt\", \"time\"] }",
            ),
            (
                "tokio = {version=\"1\",features=[\"rt\"]}",
                "tokio = {version=\"1\",features=[\"rt\", \"time\"]}",
            ),
            (
                "tokio = { version = \"1\", features = [] }",
                "tokio = { version = \"1\", features = [\"rt\", \"time\"] }",
            ),
            (
                "tokio.version = \"1\"",
                "tokio.version = \"1\"\ntokio.features = [\"rt\", \"time\"]",
            ),
            (
                "tokio = { version = \"1\", features = [\n    \"rt\", # why\n] }",
                "tokio = { version = \"1\", features = [\n    \"rt\", # why\n    \"time\",\n] }",
            ),
            (
                "tokio = { version = \"1\", features = [\n    \"rt\"\n] }",
                "tokio = { version = \"1\", features = [\n    \"rt\",\n    \"time\"\n] }",
            ),
            (
                "tokio = { version = \"1.40\", features = [\"full\"] }",
                "unchanged",
            ),
            (
                "tokio = { version = \"*\", features = [\"time\", \"rt\"] }",
                "unchanged",
            ),
            (
                "tokio = { version = \"1\", default-features = false, features = [\"rt\", \"time\"] }",
                "tokio = { version = \"1\", default-features = false, features = [\"rt\", \"time\", \"default\"] }",
            ),
        ];
        for (before, after) in cases {
            let got = added(&format!("[dependencies]\n{before}\n"), &tokio);
            let got = got
                .strip_prefix("[dependencies]\n")
                .map_or(got.as_str(), str::trim_end);
            assert_eq!(got, after);
        }
        assert_eq!(
            added(
                "[dependencies.tokio]\nversion = \"1\" # one\n\n[x]\n",
                &tokio
            ),
            "[dependencies.tokio]\nversion = \"1\" # one\nfeatures = [\"rt\", \"time\"]\n\n[x]\n"
        );
    }

    #[test]
    fn tables_in_other_forms() {
        assert_eq!(
            added(
                "[dependencies.axum]\nversion = \"0.8\"\n",
                &[wanted("serde", "1", &[])]
            ),
            "[dependencies]\nserde = \"1\"\n\n[dependencies.axum]\nversion = \"0.8\"\n"
        );
        assert_eq!(
            added("[dependencies] # none\n", &[wanted("serde", "1", &[])]),
            "[dependencies] # none\nserde = \"1\"\n"
        );
        let dev = Dependency {
            dev: true,
            ..wanted("serde", "1", &[])
        };
        assert_eq!(
            added(
                "[dependencies]\naxum = \"0.8\"\n",
                std::slice::from_ref(&dev)
            ),
            "[dependencies]\naxum = \"0.8\"\n\n[dev-dependencies]\nserde = \"1\"\n"
        );
        assert_eq!(
            added("[dependencies]\nserde = \"1\"\n", &[dev]),
            "unchanged"
        );
        assert_eq!(
            added(
                "[target.'cfg(unix)'.dependencies]\nserde = \"1\"\n[dependencies]\naxum = \"0.8\"\n",
                &[wanted("serde", "1", &[])]
            ),
            "[target.'cfg(unix)'.dependencies]\nserde = \"1\"\n[dependencies]\naxum = \"0.8\"\nserde = \"1\"\n"
        );
    }

    #[test]
    fn the_users_tls_is_theirs() {
        let ours = [Dependency {
            default_features: false,
            ..wanted(
                "sqlx",
                "0.9",
                &["postgres", "runtime-tokio", "tls-rustls-ring-webpki"],
            )
        }];
        assert_eq!(
            added(
                "[dependencies]\nsqlx = { version = \"0.9\", features = [\"postgres\", \"runtime-tokio\", \"tls-native-tls\"] }\n",
                &ours
            ),
            "unchanged"
        );
    }

    #[test]
    fn the_workspace_is_followed() {
        let root = "[workspace]\nmembers = [\"api\"]\n[workspace.dependencies]\ntokio = { version = \"1\", features = [\"rt\"] }\nserde = \"1\"\nsqlx = \"0.7\"\n";
        let member = |text: &str, wanted: &[Dependency]| {
            run(
                &[("Cargo.toml", root), ("api/Cargo.toml", text)],
                "api",
                wanted,
            )
            .unwrap_or_else(|p| p.to_string())
        };
        let api = "[dependencies]\naxum = \"0.8\"\n";
        assert_eq!(
            member(api, &[wanted("serde", "1", &[])]),
            "[dependencies]\naxum = \"0.8\"\nserde.workspace = true\n"
        );
        assert_eq!(
            member(
                "[dependencies]\naxum = { workspace = true }\n",
                &[wanted("serde", "1", &[])]
            ),
            "[dependencies]\naxum = { workspace = true }\nserde = { workspace = true }\n"
        );
        assert_eq!(
            member(api, &[wanted("tokio", "1", &["rt", "time"])]),
            "[dependencies]\naxum = \"0.8\"\ntokio = { workspace = true, features = [\"time\"] }\n"
        );
        assert_eq!(
            member(
                "[dependencies]\ntokio.workspace = true\n",
                &[wanted("tokio", "1", &["rt", "time"])]
            ),
            "[dependencies]\ntokio.workspace = true\ntokio.features = [\"time\"]\n"
        );
        assert_eq!(
            member(api, &[wanted("sqlx", "0.9", &[])]),
            "[dependencies]\naxum = \"0.8\"\nsqlx = \"0.9\"\n"
        );
        assert_eq!(
            member(
                "[dependencies]\nsqlx = { workspace = true }\n",
                &[wanted("sqlx", "0.9", &[])]
            ),
            "api/Cargo.toml:2:8: `sqlx` is there in a version that cannot work"
        );
    }

    #[test]
    fn what_cannot_work_is_pointed_at() {
        let cases = [
            (
                "sqlx = \"0.7\"",
                "Cargo.toml:2:8: `sqlx` is there in a version that cannot work",
            ),
            (
                "sqlx = { version = \"0.9\", optional = true }",
                "Cargo.toml:2:38: `sqlx` is an optional dependency here",
            ),
            (
                "sqlx = { package = \"sqlx-oldapi\", version = \"0.6\" }",
                "Cargo.toml:2:8: `sqlx` is the name of another package here",
            ),
            (
                "sqlx = \"new\"",
                "Cargo.toml:2:8: no valid version requirement: unexpected character 'n' while parsing major version number",
            ),
        ];
        for (line, problem) in cases {
            assert_eq!(
                added(&format!("[dependencies]\n{line}\n"), &[sqlx()]),
                problem
            );
        }
        let lock = "[[package]]\nname = \"tokio\"\nversion = \"1.20.0\"\n";
        let found = run(
            &[
                ("Cargo.toml", "[dependencies]\ntokio = \"1\"\n"),
                ("Cargo.lock", lock),
            ],
            ".",
            &[wanted("tokio", "1.40", &[])],
        );
        assert_eq!(
            found.unwrap_err().message,
            "`Cargo.lock` holds tokio 1.20.0, which cannot work"
        );
    }
}
