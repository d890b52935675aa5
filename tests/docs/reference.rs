//! api-reference.md, monitoring.md and troubleshooting.md against the generated sources.

use std::collections::{BTreeMap, BTreeSet};

use crate::page::{blocks, page};
use crate::scratch::application;
use crate::session::Session;
use crate::text::strings;

/// The generated layer: file → text.
fn layer() -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    application(folder.path(), "shop");
    Session::new(folder.path()).ok(&"add", "rapidkit-pg add --yes");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder.path().join("src/db_postgres")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name != "tests.rs" {
            files.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
    assert!(files.len() > 10, "{:?}", files.keys());
    files
}

fn squeezed(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.trim_end_matches(',').to_owned()
}

/// The declarations in the `rust,signatures` blocks.
fn declarations() -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for block in blocks("rust,signatures") {
        let mut current = String::new();
        let mut is_enum = false;
        for line in block.text.lines() {
            let variant = is_enum && line.starts_with("    ");
            if line.trim_start().starts_with("pub ") || variant {
                found.push(squeezed(&current));
                current.clear();
                is_enum = variant || line.starts_with("pub enum");
            }
            current += line;
            current.push('\n');
        }
        found.push(squeezed(&current));
    }
    found.retain(|text| !text.is_empty());
    found
}

#[test]
fn every_documented_declaration_exists() {
    let sources: Vec<String> = layer().values().map(|text| squeezed(text)).collect();
    for declaration in declarations() {
        let is_there = sources.iter().any(|source| {
            source.match_indices(&declaration).any(|(at, _)| {
                let after = source[at + declaration.len()..].chars().next();
                let partial = |c: char| c.is_alphanumeric() || c == '_';
                declaration.ends_with(['{', '(']) || !after.is_some_and(partial)
            })
        });
        assert!(
            is_there,
            "api-reference.md: the layer has no `{declaration}`"
        );
    }
}

#[test]
fn every_public_item_is_documented() {
    let documented: BTreeSet<String> = declarations().into_iter().collect();
    let text = page("docs/api-reference.md").text;
    let mut count = 0;
    for (file, source) in layer() {
        let lines: Vec<&str> = source.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let start = line.trim_start();
            if let Some(names) = start.strip_prefix("pub use ") {
                let names = names.split("::").last().unwrap_or_default();
                for name in names.trim_matches(|c| "{};".contains(c)).split(", ") {
                    let code = |before: char, after: &str| {
                        text.contains(&format!("{before}{name}{after}"))
                    };
                    assert!(
                        code('`', "`") || code(' ', "\n") || code(' ', "("),
                        "api-reference.md: no `{name}`"
                    );
                    count += 1;
                }
            } else if start.starts_with("pub ") {
                let declaration = declaration(&lines[number..]);
                assert!(
                    documented.contains(&declaration),
                    "api-reference.md: no `{declaration}` ({file})"
                );
                count += 1;
            }
        }
    }
    assert!(count > 80, "only {count} public items were found");
}

/// What begins on the first of these lines, without its body.
fn declaration(lines: &[&str]) -> String {
    let first = lines[0].trim();
    if !first.contains("fn ") {
        let text = first.split('{').next().unwrap_or_default();
        let text = match text.split_once('(') {
            Some((before, inside)) if !inside.contains("pub ") => before,
            _ => text,
        };
        return squeezed(text.trim_end_matches(';'));
    }
    let text = lines
        .iter()
        .take(20)
        .copied()
        .collect::<Vec<_>>()
        .join("\n");
    squeezed(text.split('{').next().unwrap_or_default())
}

#[test]
fn every_kind_of_error_is_explained() {
    let troubleshooting = page("docs/troubleshooting.md").text;
    let mut count = 0;
    for line in layer()["error.rs"].lines() {
        if let Some((_, name)) = line.split_once("=> \"") {
            let name = name.split('"').next().unwrap();
            assert!(
                troubleshooting.contains(&format!("`{name}`")),
                "troubleshooting.md: no `{name}`"
            );
            count += 1;
        }
    }
    assert!(count > 10, "only {count} kinds were found");
}

#[test]
fn every_event_is_in_the_table() {
    let monitoring = page("docs/monitoring.md");
    let mut count = 0;
    for (file, source) in layer() {
        for (at, _) in source.match_indices("tracing::") {
            let call = &source[at + "tracing::".len()..];
            let Some((level, rest)) = call.split_once("!(") else {
                continue;
            };
            if !["error", "warn", "info", "debug"].contains(&level) {
                continue;
            }
            let arguments = rest.split(");").next().unwrap_or_default();
            let event = strings(arguments).pop().unwrap_or_default();
            let module = file.trim_end_matches(".rs");
            let row = monitoring.prose().into_iter().find(|line| {
                let start = format!("| {:<5} | `{module}`", level.to_uppercase());
                line.starts_with(&start) && line.contains(&format!("`{event}`"))
            });
            assert!(
                row.is_some(),
                "monitoring.md: no {level} `{event}` of {module}"
            );
            count += 1;
        }
    }
    assert!(count > 5, "only {count} events were found");
}
