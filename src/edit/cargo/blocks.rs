//! What the lock records of a manifest, found again.

use toml_edit::{Document, Item, TableLike, Value};

use super::exclude;
use super::text::{default_features, is_inherited, strings, version};
use super::workspace::dependency_tables;
use crate::types::Block;

/// How often what a block of a manifest records is there: 0 or 1.
pub fn count(manifest: &str, block: &Block) -> usize {
    let bare = manifest.strip_prefix('\u{feff}').unwrap_or(manifest);
    let parsed = toml_edit::Document::parse(bare.to_owned());
    let ours = toml_edit::Document::parse(block.text.clone());
    let (Ok(parsed), Ok(ours)) = (parsed, ours) else {
        return 0;
    };
    if block.name == exclude::BLOCK {
        let workspace = parsed.get("workspace");
        let have = strings(workspace.and_then(|table| table.get("exclude")));
        let wanted = strings(ours.get("exclude"));
        return usize::from(wanted.iter().all(|path| have.contains(path)));
    }
    let Some((name, wanted)) = ours.as_table().iter().next() else {
        return 0;
    };
    let entry = parsed.get(kind_of(block)).and_then(|table| table.get(name));
    usize::from(entry.is_some_and(|entry| holds(&parsed, name, entry, wanted)))
}

/// What a block of a manifest would record if its dependency were put in as it stands now; `None` if that cannot be
/// compared, or the block is only a part of the entry.
pub fn current(manifest: &str, block: &Block) -> Option<String> {
    let ours = Document::parse(block.text.as_str()).ok()?;
    let (name, recorded) = ours.as_table().iter().next()?;
    if block.name == exclude::BLOCK || recorded.as_table_like().is_some_and(only_features) {
        return None;
    }
    let bare = manifest.strip_prefix('\u{feff}').unwrap_or(manifest);
    let parsed = Document::parse(bare).ok()?;
    let entry = parsed.get(kind_of(block))?.get(name)?;
    let text = format!("{name} = {}", plain(&entry.clone().into_value().ok()?));
    let now = Block {
        text,
        ..block.clone()
    };
    (count(manifest, &now) == 1).then_some(now.text)
}

/// A value on one line, without comments.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(array) => Value::from_iter(array.iter().map(plain)),
        Value::InlineTable(table) => {
            Value::from_iter(table.iter().map(|(key, value)| (key, plain(value))))
        }
        other => {
            let mut bare = other.clone();
            bare.decor_mut().clear();
            bare
        }
    }
}

fn kind_of(block: &Block) -> &'static str {
    if block.name.starts_with("dev-") {
        "dev-dependencies"
    } else {
        "dependencies"
    }
}

/// Where only features were put into an entry, all else that it says was the user's before.
fn only_features(table: &dyn TableLike) -> bool {
    table.iter().all(|(key, _)| key == "features")
}

/// Whether an entry says what `wanted` says. More features are the user's to add; another source, name or condition makes
/// another dependency of it.
fn holds(manifest: &Document<String>, name: &str, entry: &Item, wanted: &Item) -> bool {
    let features = strings(entry.get("features"));
    let wants = strings(wanted.get("features"));
    if !wants.iter().all(|feature| features.contains(feature)) || !is_plain(entry, name) {
        return false;
    }
    if wanted.as_table_like().is_some_and(only_features) {
        return true;
    }
    let is_default = |feature: &String| feature == "default";
    let has_default = |entry: &Item| default_features(entry).unwrap_or(true);
    let default = has_default(wanted);
    let is_on = has_default(entry) || default && features.iter().any(is_default);
    let mut tables = [entry, wanted].into_iter().filter_map(Item::as_table_like);
    let same = |key: &str| match key {
        "version" | "features" | "default-features" | "default_features" | "optional"
        | "package" => true,
        "workspace" => is_inherited(entry) == is_inherited(wanted),
        _ => false,
    };
    is_one_package(manifest, name)
        && version(entry) == version(wanted)
        && is_on == default
        && tables.all(|table| table.iter().all(|(key, _)| same(key)))
}

/// Whether an entry is always there, and is the package that it is named after.
fn is_plain(entry: &Item, name: &str) -> bool {
    let package = entry.get("package").map(Item::as_str);
    let optional = entry.get("optional").map(Item::as_bool);
    package.is_none_or(|package| package == Some(name))
        && optional.is_none_or(|optional| optional == Some(false))
}

/// Whether every other table that names this dependency means the same package. `add` wants that too.
fn is_one_package(manifest: &Document<String>, name: &str) -> bool {
    ["dependencies", "dev-dependencies"]
        .iter()
        .flat_map(|kind| dependency_tables(manifest, kind))
        .filter_map(|(_, table)| table.get(name)?.get("package"))
        .all(|package| package.as_str() == Some(name))
}
