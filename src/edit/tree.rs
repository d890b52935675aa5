//! Syntax trees of every language: how one is made, and how it is walked.

use std::ops::Range;

use tree_sitter::{Language, Node, Parser, Tree};

/// Parses a text; a syntax error becomes an error node.
pub fn parse(language: &Language, text: &str) -> Tree {
    let mut parser = Parser::new();
    // Both can fail only by a grammar that this crate was not built with, or by a cancellation that is never asked for.
    parser
        .set_language(language)
        .expect("the grammar fits this tree-sitter");
    parser.parse(text, None).expect("parsing is not cancelled")
}

/// The bytes of the first syntax error, if there is one.
pub fn fault(tree: &Tree) -> Option<Range<usize>> {
    let mut node = tree.root_node();
    if !node.has_error() {
        return None;
    }
    while !node.is_error()
        && !node.is_missing()
        && let Some(next) = children(node).into_iter().find(Node::has_error)
    {
        node = next;
    }
    Some(node.byte_range())
}

/// All children of a node, named or not.
pub fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

/// The named children of a node, comments left out.
pub fn named_children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .filter(|child| !child.is_extra())
        .collect()
}

/// `node` and everything below it, in source order.
pub fn descendants<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    let mut found = vec![node];
    loop {
        let mut next = cursor.goto_first_child() || cursor.goto_next_sibling();
        while !next {
            // A cursor does not leave the node that it was made for.
            if !cursor.goto_parent() {
                return found;
            }
            next = cursor.goto_next_sibling();
        }
        found.push(cursor.node());
    }
}

/// The nodes without children below `node`, in source order, and those that `is_whole` takes for one.
pub fn leaves<'t>(node: Node<'t>, is_whole: impl Fn(Node) -> bool) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    let mut found = Vec::new();
    loop {
        if is_whole(cursor.node()) || !cursor.goto_first_child() {
            found.push(cursor.node());
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return found;
                }
            }
        }
    }
}

/// The ancestors of a node, the nearest first.
pub fn ancestors<'t>(node: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    std::iter::successors(node.parent(), |node| node.parent())
}
