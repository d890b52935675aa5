//! A parsed TypeScript file.

use std::ops::Range;
use std::sync::Arc;

use tree_sitter::{Node, Tree};

use crate::edit::tree::{self, descendants};
use crate::types::ProjectPath;

/// A TypeScript file and its syntax tree. Byte offsets of the tree are those of the text.
pub struct Source {
    pub path: ProjectPath,
    pub text: Arc<str>,
    tree: Tree,
}

impl Source {
    /// Parses `text`; a syntax error becomes an error node.
    pub fn parse(path: ProjectPath, text: Arc<str>) -> Self {
        let tree = parse(&text);
        Self { path, text, tree }
    }

    /// The whole file.
    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// The source of `node`.
    pub fn slice(&self, node: Node) -> &str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// All nodes of a kind, in source order.
    pub fn all(&self, kind: &str) -> Vec<Node<'_>> {
        descendants(self.root())
            .into_iter()
            .filter(|node| node.kind() == kind)
            .collect()
    }

    /// What stands between the quotes of a string.
    pub fn string(&self, node: Node) -> &str {
        self.slice(node).trim_matches(['\'', '"', '`'])
    }
}

/// The bytes of the first syntax error of `text`, if it has one.
pub fn fault(text: &str) -> Option<Range<usize>> {
    tree::fault(&parse(text))
}

fn parse(text: &str) -> Tree {
    // White space of as many bytes, and of one character: no token ends inside of it.
    let plain = text.replace('\u{feff}', "\u{3000}");
    tree::parse(&tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(), &plain)
}
