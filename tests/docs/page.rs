//! A page and its parts.

use std::fmt;

use crate::repository;

/// A Markdown file.
#[derive(Debug)]
pub struct Page {
    /// From the repository's root.
    pub path: String,
    pub text: String,
    pub parts: Vec<Part>,
}

/// What tests look at, in the order of the page.
#[derive(Debug, Clone)]
pub enum Part {
    Block(Block),
    /// `<!-- test: … -->`
    Note(String),
}

/// A fenced block.
#[derive(Debug, Clone)]
pub struct Block {
    pub page: String,
    /// Of the opening fence.
    pub line: usize,
    pub language: String,
    /// Empty if there is none.
    pub role: String,
    /// Empty if there is none.
    pub value: String,
    /// Without the indentation of the fence.
    pub text: String,
}

impl Block {
    /// `sh,run`
    pub fn kind(&self) -> String {
        match self.role.as_str() {
            "" => self.language.clone(),
            role => format!("{},{role}", self.language),
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} ({})", self.page, self.line, self.kind())
    }
}

/// README.md and docs/*.md.
pub fn pages() -> Vec<Page> {
    let mut paths = vec!["README.md".to_owned()];
    for entry in std::fs::read_dir(repository().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            paths.push(format!("docs/{name}"));
        }
    }
    paths.sort();
    assert!(paths.len() > 9, "expected ten pages, found {paths:?}");
    paths.into_iter().map(Page::read).collect()
}

/// One page.
pub fn page(path: &str) -> Page {
    Page::read(path.to_owned())
}

/// All blocks of a kind such as `sh,run`, on all pages.
pub fn blocks(kind: &str) -> Vec<Block> {
    let found: Vec<Block> = pages()
        .iter()
        .flat_map(|page| page.blocks().cloned().collect::<Vec<_>>())
        .filter(|block| block.kind() == kind)
        .collect();
    assert!(!found.is_empty(), "no page has a block `{kind}`");
    found
}

impl Page {
    fn read(path: String) -> Self {
        let text = std::fs::read_to_string(repository().join(&path)).unwrap();
        let parts = parts(&path, &text);
        Self { path, text, parts }
    }

    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.parts.iter().filter_map(|part| match part {
            Part::Block(block) => Some(block),
            Part::Note(_) => None,
        })
    }

    /// The lines outside of fenced blocks.
    pub fn prose(&self) -> Vec<&str> {
        let mut inside = false;
        let keep = |line: &&str| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            !inside && !fence
        };
        self.text.lines().filter(keep).collect()
    }
}

fn parts(path: &str, text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let trimmed = line.trim_start();
        if let Some(note) = trimmed.strip_prefix("<!-- test:") {
            let note = note.trim_end().trim_end_matches("-->").trim();
            parts.push(Part::Note(note.to_owned()));
        }
        let Some(info) = trimmed.strip_prefix("```") else {
            continue;
        };
        let indent = line.len() - trimmed.len();
        let mut body = String::new();
        loop {
            let Some((_, line)) = lines.next() else {
                panic!("{path}:{}: this block has no end", number + 1);
            };
            let line = line.get(indent..).unwrap_or_default();
            if line.starts_with("```") {
                break;
            }
            body += line;
            body.push('\n');
        }
        let (language, rest) = info.split_once(',').unwrap_or((info, ""));
        let (role, value) = rest.split_once('=').unwrap_or((rest, ""));
        parts.push(Part::Block(Block {
            page: path.to_owned(),
            line: number + 1,
            language: language.trim().to_owned(),
            role: role.trim().to_owned(),
            value: value.trim().to_owned(),
            text: body,
        }));
    }
    parts
}
