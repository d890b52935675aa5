//! Links, and what is said about the command's messages.

use std::collections::BTreeSet;

use crate::page::{blocks, page, pages};
use crate::repository;

#[test]
fn links_lead_somewhere() {
    for page in pages() {
        let folder = repository().join(&page.path);
        let folder = folder.parent().unwrap();
        for target in targets(&page.prose().join("\n")) {
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let path = match file {
                "" => repository().join(&page.path),
                file => folder.join(file),
            };
            assert!(path.exists(), "{}: no {target}", page.path);
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&path).unwrap();
                let known: Vec<String> = text
                    .lines()
                    .filter(|line| line.starts_with('#'))
                    .map(slug)
                    .collect();
                assert!(
                    known.iter().any(|slug| slug == anchor),
                    "{}: {target}: no such heading",
                    page.path
                );
            }
        }
    }
}

fn targets(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()))
        .collect()
}

/// As GitHub makes anchors.
fn slug(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn the_readme_has_the_headings_of_its_kind() {
    let readme = page("README.md");
    let headings: Vec<&str> = readme
        .prose()
        .into_iter()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    let expected = [
        "Overview & capabilities",
        "Installation commands",
        "Directory layout",
        "Generation workflow",
        "Runtime customisation hooks",
        "Testing & release checklist",
        "Reference links",
    ];
    assert_eq!(headings, expected);
}

#[test]
fn the_layout_in_the_readme_is_there() {
    let readme = page("README.md");
    let rows = readme
        .prose()
        .into_iter()
        .filter(|line| line.starts_with("| `"));
    for row in rows {
        let path = row.split('`').nth(1).unwrap();
        let of_the_project = ["src/db_postgres", "tests/db_postgres", ".env", ".rapidkit"];
        let is_path = path.contains('/') || path.contains('.');
        if is_path && !of_the_project.iter().any(|start| path.starts_with(start)) {
            assert!(repository().join(path).exists(), "README.md: no {path}");
        }
    }
}

#[test]
fn messages_are_those_of_the_command() {
    let known = literals();
    for block in blocks("text,messages") {
        for line in block.text.lines() {
            assert!(
                known.contains(line),
                "{block}: the command never says: {line}"
            );
        }
    }
}

/// Every string in the sources, with `…` for what is put in.
fn literals() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in walkdir::WalkDir::new(repository().join("src")) {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            found.extend(strings(&text).into_iter().map(|text| generalised(&text)));
        }
    }
    found
}

/// The string literals of Rust source, unescaped as far as messages need it.
pub fn strings(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = source.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        if c == '/' && chars.peek() == Some(&'/') {
            chars.by_ref().find(|c| *c == '\n');
        } else if c == '"' && before != '\'' {
            let mut text = String::new();
            while let Some(c) = chars.next() {
                match c {
                    '"' => break,
                    '\\' => match chars.next() {
                        Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                        Some('n') => text.push('\n'),
                        Some(c) => text.push(c),
                        None => break,
                    },
                    c => text.push(c),
                }
            }
            found.push(text);
        }
        before = c;
    }
    found
}

/// `axum {version} is not supported` → `axum … is not supported`
fn generalised(text: &str) -> String {
    let mut general = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        general += before;
        let Some((_, after)) = after.split_once('}') else {
            return text.to_owned();
        };
        general.push('…');
        rest = after;
    }
    general + rest
}

#[test]
fn strings_are_found_in_source() {
    let source = "let a = '\"'; // \"no\"\nf(\"one {} \\\n     two\", \"`{x}` three\")";
    let found: Vec<String> = strings(source)
        .iter()
        .map(|text| generalised(text))
        .collect();
    assert_eq!(found, ["one … two", "`…` three"]);
}

#[test]
fn prose_is_wrapped() {
    // architecture.md is wider.
    for page in pages()
        .iter()
        .filter(|page| page.path != "docs/architecture.md")
    {
        for line in page.prose() {
            let free = line.starts_with('|') || line.contains("](");
            assert!(
                free || line.chars().count() <= 100,
                "{}: a line of {}: {line}",
                page.path,
                line.chars().count()
            );
        }
    }
}
