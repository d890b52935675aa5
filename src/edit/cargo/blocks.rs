//! What the lock records of a manifest, found again.

use toml_edit::Item;

use super::exclude;
use super::text::strings;
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
