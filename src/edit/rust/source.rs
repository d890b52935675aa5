//! A parsed Rust file. Macros whose inside is ordinary expressions (`join!`, `select!`) are parsed through.

use std::ops::Range;
use std::sync::Arc;

use tree_sitter::{Node, Tree};

use super::blocks::count;
use super::tokens::tokens;
use crate::edit::splice::{Splice, edited};
use crate::edit::tree::{self, children, descendants};
use crate::types::{Block, FileEdit, Problem, ProjectPath};

/// A macro whose arguments the tree shows as expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transparent {
    /// `join!(a, b)`, `try_join!(a, b)`: shown as a call.
    Join,
    /// `select! { pattern = future => handler, … }`: shown as a block, the patterns left out.
    Select,
}

/// A Rust file and its syntax tree. Byte offsets of the tree are those of the text.
pub struct Source {
    pub path: ProjectPath,
    pub text: Arc<str>,
    tree: Tree,
    macros: Vec<(Range<usize>, Transparent)>,
}

impl Source {
    /// Parses `text`; a syntax error becomes an error node.
    pub fn parse(path: ProjectPath, text: Arc<str>) -> Self {
        let plain = text.replace('\u{feff}', "   ");
        let tree = parse(&plain);
        let (shown, macros) = see_through(&plain, tree.root_node());
        if !macros.is_empty() {
            let transparent = parse(&shown);
            if errors(transparent.root_node()) <= errors(tree.root_node()) {
                return Self {
                    path,
                    text,
                    tree: transparent,
                    macros,
                };
            }
        }
        Self {
            path,
            text,
            tree,
            macros: Vec::new(),
        }
    }

    /// The whole file.
    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// The source of `node`.
    pub fn slice(&self, node: Node) -> &str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The innermost transparent macro around `node`.
    pub fn macro_around(&self, node: Node) -> Option<(Range<usize>, Transparent)> {
        let inside = |span: &Range<usize>| {
            span.start <= node.start_byte()
                && node.end_byte() <= span.end
                && *span != node.byte_range()
        };
        self.macros
            .iter()
            .filter(|(span, _)| inside(span))
            .min_by_key(|(span, _)| span.len())
            .cloned()
    }

    /// How many syntax errors the file has, one of them an attribute at its end that is about nothing.
    pub fn errors(&self) -> usize {
        let last = tree::named_children(self.root()).pop();
        let is_attribute = last.is_some_and(|last| last.kind() == "attribute_item");
        errors(self.root()) + usize::from(is_attribute)
    }
}

/// The bytes of the first syntax error of `text`, if it has one.
pub fn fault(text: &str) -> Option<Range<usize>> {
    tree::fault(&parse(text))
}

fn parse(text: &str) -> Tree {
    tree::parse(&tree_sitter_rust::LANGUAGE.into(), text)
}

/// The file after all splices, in its own line ending.
///
/// # Errors
/// The result has a syntax error that the file did not have, or a block is not in it: a bug of this program.
pub fn edit(source: &Source, splices: &[Splice], blocks: Vec<Block>) -> Result<FileEdit, Problem> {
    let parses = |text: &str| {
        let after = Source::parse(source.path.clone(), Arc::from(text));
        after.errors() <= source.errors()
    };
    edited(&source.path, &source.text, splices, blocks, parses, count)
}

fn errors(node: Node) -> usize {
    if !node.has_error() {
        return 0;
    }
    let own = usize::from(node.is_error() || node.is_missing());
    own + children(node).into_iter().map(errors).sum::<usize>()
}

/// The text with transparent macros written as what they mean, byte for byte as long.
fn see_through(text: &str, root: Node) -> (String, Vec<(Range<usize>, Transparent)>) {
    let mut bytes = text.as_bytes().to_vec();
    let mut macros = Vec::new();
    for node in descendants(root) {
        if node.kind() != "macro_invocation" {
            continue;
        }
        let Some(path) = node.child_by_field_name("macro") else {
            continue;
        };
        let name = text[path.byte_range()]
            .rsplit("::")
            .next()
            .unwrap_or_default()
            .trim();
        let Some(arguments) = children(node)
            .into_iter()
            .find(|n| n.kind() == "token_tree" && !n.has_error())
        else {
            continue;
        };
        let body = arguments.byte_range();
        match (name, text.as_bytes()[body.start]) {
            ("join" | "try_join", b'(') => {
                for byte in &mut bytes[path.end_byte()..body.start] {
                    if *byte == b'!' {
                        *byte = b' ';
                    }
                }
                macros.push((node.byte_range(), Transparent::Join));
            }
            ("select", b'{') => {
                blank(&mut bytes, node.start_byte()..body.start);
                show_arms(text, body.start + 1..body.end - 1, &mut bytes);
                macros.push((node.byte_range(), Transparent::Select));
            }
            _ => {}
        }
    }
    match String::from_utf8(bytes) {
        Ok(shown) => (shown, macros),
        Err(_) => (text.to_owned(), Vec::new()),
    }
}

fn blank(bytes: &mut [u8], span: Range<usize>) {
    for byte in &mut bytes[span] {
        if !byte.is_ascii_whitespace() {
            *byte = b' ';
        }
    }
}

/// Writes the arms of a `select!` as statements: the pattern and `=` blank, `=>` and the comma as `;`.
fn show_arms(text: &str, body: Range<usize>, bytes: &mut [u8]) {
    #[derive(PartialEq)]
    enum State {
        Pattern,
        Future,
        Condition,
        Handler,
    }
    let inside = &text[body.clone()];
    let words: Vec<Range<usize>> = tokens(inside)
        .into_iter()
        .map(|span| span.start + body.start..span.end + body.start)
        .collect();
    let mut state = State::Pattern;
    let mut depth = 0_usize;
    let mut handler_starts = false;
    let mut at = 0;
    while at < words.len() {
        let span = words[at].clone();
        let word = &text[span.clone()];
        let next = words.get(at + 1).map(|span| &text[span.clone()]);
        let joined = |at: usize| {
            words
                .get(at + 1)
                .is_some_and(|next| next.start == words[at].end)
        };
        let arrow = depth == 0 && word == "=" && next == Some(">") && joined(at);
        let outer = depth == 0;
        match word {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let block_ended = state == State::Handler && handler_starts && depth == 0 && word == "}";
        match state {
            _ if arrow => {
                blank(bytes, span.start..words[at + 1].end);
                if state == State::Future {
                    bytes[span.start] = b';';
                }
                state = State::Handler;
                handler_starts = words.get(at + 2).is_some_and(|s| &text[s.clone()] == "{");
                at += 1;
            }
            State::Pattern => {
                blank(bytes, span);
                if outer && word == "=" {
                    state = State::Future;
                }
            }
            State::Future if outer && word == "," && next == Some("if") => {
                bytes[span.start] = b';';
                state = State::Condition;
            }
            State::Condition => blank(bytes, span),
            State::Handler if outer && word == "," => {
                bytes[span.start] = b';';
                state = State::Pattern;
            }
            State::Handler if block_ended => {
                state = State::Pattern;
                if next == Some(",") {
                    bytes[words[at + 1].start] = b';';
                    at += 1;
                }
            }
            State::Future | State::Handler => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Source {
        Source::parse(ProjectPath::root(), text.into())
    }

    #[test]
    fn macros_of_expressions_are_seen_through() {
        for text in [
            "async fn f() { tokio::join!(a(), serve(b)); }",
            "async fn f() { let (a, b) = try_join!(a(), serve(b),).unwrap(); }",
            "async fn f() { tokio::select! { biased; r = serve(b) => r?, Some(x) = rx.recv(), if on => {} else => {} } }",
            "async fn f() { select!{ _ = a => { x; }, _=serve(b)=>{ y }, () = async { match z { _ => 1 } } => () } }",
        ] {
            let source = tree(text);
            let calls = descendants(source.root());
            let serve = calls
                .iter()
                .find(|n| n.kind() == "call_expression" && source.slice(**n).starts_with("serve"))
                .unwrap_or_else(|| panic!("{text}: {}", source.root().to_sexp()));
            assert!(source.macro_around(*serve).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_not_finished_is_an_error() {
        for text in [
            "tokio::select! {",
            "fn f() { join!(a(",
            "use a; x! { tokio::select! {",
            "fn f() {}\n#[test]\n",
        ] {
            assert!(tree(text).errors() > 0, "{text}");
        }
    }

    #[test]
    fn a_bom_is_no_error() {
        assert_eq!(tree("\u{feff}fn f() {}").errors(), 0);
        assert_eq!(tree("fn f( {}").errors(), 1);
    }
}
