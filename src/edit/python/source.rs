//! A parsed Python file, and the file after splices.

use std::sync::Arc;

use tree_sitter::{Node, Tree};

use crate::edit::splice::{Splice, edited};
use crate::edit::tree::{self, descendants, named_children};
use crate::types::{Block, FileEdit, Problem, ProjectPath};

/// A Python file and its syntax tree. Byte offsets of the tree are those of the text.
pub struct Source {
    pub path: ProjectPath,
    pub text: Arc<str>,
    tree: Tree,
}

impl Source {
    /// Parses `text`; a syntax error becomes an error node.
    pub fn parse(path: ProjectPath, text: Arc<str>) -> Self {
        // As many bytes, and no indentation, which white space would be.
        let plain = match text.strip_prefix('\u{feff}') {
            Some(rest) => format!("0;\n{rest}"),
            None => text.to_string(),
        };
        let tree = tree::parse(&tree_sitter_python::LANGUAGE.into(), &plain);
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

    /// The first place that is not Python 3.
    pub fn error(&self) -> Option<Node<'_>> {
        descendants(self.root()).into_iter().find(|node| {
            let is_old = matches!(node.kind(), "print_statement" | "exec_statement");
            node.is_error() || node.is_missing() || is_old || is_empty_block(*node)
        })
    }
}

/// The parser takes a suite without a statement, Python does not.
fn is_empty_block(node: Node) -> bool {
    let is_comment = |child: Node| child.kind() == "comment";
    node.kind() == "block" && named_children(node).into_iter().all(is_comment)
}

/// The first bytes of a text that are not Python 3.
pub fn fault(text: &str) -> Option<std::ops::Range<usize>> {
    let source = Source::parse(ProjectPath::root(), text.into());
    source.error().map(|node| node.byte_range())
}

/// The file after all splices, in its own line ending.
///
/// # Errors
/// The result is not Python, or a block is not in it: a bug of this program.
pub fn edit(source: &Source, splices: &[Splice], blocks: Vec<Block>) -> Result<FileEdit, Problem> {
    let parses = |text: &str| fault(text).is_none();
    edited(
        &source.path,
        &source.text,
        splices,
        blocks,
        parses,
        super::count,
    )
}
