//! `docs/architecture.md` says which room may use which; this reads the `use crate::` lines.

use std::collections::{BTreeMap, BTreeSet};

use crate::fixture::repository;

/// The rows of the table of rooms: room → rooms it may use.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let page = std::fs::read_to_string(repository().join("docs/architecture.md")).unwrap();
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(|name| {
                name.trim_end_matches('/')
                    .trim_end_matches(".rs")
                    .to_owned()
            })
            .collect()
    };
    let rooms = page.split("## The rooms").nth(1).unwrap();
    let rooms = rooms.split("\n## ").next().unwrap();
    rooms
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            Some((
                names(cells.first()?).into_iter().next()?,
                names(cells.get(2)?),
            ))
        })
        .collect()
}

#[test]
fn arrows_point_down_only() {
    let allowed = allowed();
    let source = repository().join("src");
    let mut rooms = BTreeSet::new();
    let mut wrong = Vec::new();
    for entry in walkdir::WalkDir::new(&source) {
        let entry = entry.unwrap();
        if entry
            .path()
            .extension()
            .is_none_or(|extension| extension != "rs")
        {
            continue;
        }
        let below = entry
            .path()
            .strip_prefix(&source)
            .unwrap()
            .to_str()
            .unwrap();
        let room = below.split('/').next().unwrap().trim_end_matches(".rs");
        if ["lib", "build"].contains(&room) {
            continue;
        }
        rooms.insert(room.to_owned());
        let text = std::fs::read_to_string(entry.path()).unwrap();
        for used in text.split("crate::").skip(1) {
            let used: String = used
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let fine = used == room || allowed.get(room).is_some_and(|rooms| rooms.contains(&used));
            if !fine && !used.is_empty() {
                wrong.push(format!("{below} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let described: BTreeSet<String> = allowed.into_keys().collect();
    assert_eq!(described, rooms, "docs/architecture.md and src/ differ");
}
