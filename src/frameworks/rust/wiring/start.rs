//! Where settings are read: before anything serves, where an error can still stop the start.

use tree_sitter::Node;

use crate::edit::rust::{At, callee, find, segments};
use crate::edit::splice::step;
use crate::edit::tree::{ancestors, descendants, named_children};

use super::super::running::statement;
use super::{Drafts, Home, Patches, Shared};

/// How deep calls are followed to where a `.env` file is read.
const CALLS: usize = 4;

impl<'p> Patches<'p> {
    /// Puts the call before a statement.
    pub fn put_init(&self, home: &Home, anchor: At<'p>, drafts: &mut Drafts<'p>) {
        let path = self.path(home, anchor);
        let step = step(&self.program.source(anchor).text);
        let text = if self.returns_error(anchor) {
            format!("{path}::init()?;")
        } else {
            format!(
                "if let Err(error) = {path}::init() {{\n{step}eprintln!(\"{{error}}\");\n{step}std::process::exit(1);\n}}"
            )
        };
        drafts.before(anchor, "init", &text);
    }

    /// The statement of the outermost loop around a node, within its function.
    pub fn outer_loop(&self, at: At<'p>) -> Option<At<'p>> {
        ancestors(at.node)
            .take_while(|n| n.kind() != "function_item")
            .filter(|n| {
                matches!(
                    n.kind(),
                    "loop_expression" | "while_expression" | "for_expression"
                )
            })
            .last()
            .and_then(|n| statement(at.with(n)).ok())
    }

    /// The user's `.env` file must be read before the settings are.
    pub fn after_dotenv(&self, anchor: At<'p>, serving: usize) -> At<'p> {
        let mut later = anchor;
        let mut next = anchor.node.next_named_sibling();
        let mut seen = self.loads(anchor, CALLS);
        while let Some(node) = next.filter(|n| n.start_byte() <= serving) {
            if seen && !node.is_extra() {
                later = anchor.with(node);
                seen = false;
            }
            seen |= !node.is_extra() && self.loads(anchor.with(node), CALLS);
            next = node.next_named_sibling();
        }
        later
    }

    /// Whether code reads a `.env` file, or calls a function of the project that does.
    fn loads(&self, at: At<'p>, calls: usize) -> bool {
        if !find(self.program.slice(at), "dotenv").is_empty()
            || !find(self.program.slice(at), "dotenvy").is_empty()
        {
            return true;
        }
        let Some(calls) = calls.checked_sub(1) else {
            return false;
        };
        descendants(at.node)
            .into_iter()
            .filter(|node| node.kind() == "call_expression")
            .filter_map(|node| callee(self.program, at.with(node)))
            .filter(|(path, _)| path.node.kind() != "field_expression")
            .flat_map(|(path, name)| {
                let mut owner = segments(self.program.slice(path));
                owner.pop();
                let owner = self.program.meaning_of(path, &owner);
                let of_type = owner.map(|owner| self.program.associated(&owner, name));
                let meaning = self.program.meaning(path);
                let items = meaning.map(|meaning| self.program.items(&meaning));
                items.into_iter().chain(of_type).flatten()
            })
            .any(|function| self.loads(function, calls))
    }

    /// Whether `?` on an error of the module compiles at a statement.
    fn returns_error(&self, at: At<'p>) -> bool {
        let context = ancestors(at.node).find(|n| {
            matches!(
                n.kind(),
                "function_item" | "async_block" | "closure_expression"
            )
        });
        let kind = context
            .filter(|n| n.kind() == "function_item")
            .and_then(|n| n.child_by_field_name("return_type"));
        kind.is_some_and(|kind| self.takes_any_error(at.with(kind), 8))
    }

    /// Whether a type is a `Result` with an error that any error converts into.
    fn takes_any_error(&self, kind: At<'p>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        let (path, arguments) = match kind.node.kind() {
            "generic_type" => (
                kind.node.child_by_field_name("type"),
                kind.node
                    .child_by_field_name("type_arguments")
                    .map(named_children)
                    .unwrap_or_default(),
            ),
            _ => (Some(kind.node), Vec::new()),
        };
        let Some(path) = path.map(|n| kind.with(n)) else {
            return false;
        };
        let any_error = |node: Node<'p>| {
            let at = kind.with(node);
            let text: String = self
                .program
                .slice(at)
                .chars()
                .filter(|c| !c.is_whitespace())
                .collect();
            let boxed = [
                "Box<dynError",
                "Box<dynstd::error::Error",
                "Box<dyncore::error::Error",
            ];
            let boxed = boxed.iter().any(|start| {
                text.strip_prefix(start)
                    .is_some_and(|rest| rest.starts_with(['+', '>']))
            });
            boxed
                || self.program.meaning(at).is_some_and(|m| {
                    m.is(&[
                        "anyhow::Error",
                        "eyre::Error",
                        "eyre::Report",
                        "color_eyre::Report",
                        "color_eyre::eyre::Report",
                        "color_eyre::eyre::Error",
                        "axum::BoxError",
                        "tower::BoxError",
                    ])
                })
        };
        if let Some(error) = arguments.get(1) {
            return self.program.slice(path).trim_end().ends_with("Result") && any_error(*error);
        }
        let Some(meaning) = self.program.meaning(path) else {
            return false;
        };
        if meaning.is(&[
            "anyhow::Result",
            "eyre::Result",
            "color_eyre::Result",
            "color_eyre::eyre::Result",
        ]) {
            return true;
        }
        self.program
            .items(&meaning)
            .into_iter()
            .filter(|item| item.node.kind() == "type_item")
            .filter_map(|item| item.node.child_by_field_name("type").map(|n| item.with(n)))
            .any(|alias| self.takes_any_error(alias, depth))
    }
}

impl<'p> Shared<'p> {
    /// The statement of the function before which nothing serves.
    pub fn statement(&self) -> Option<At<'p>> {
        std::iter::once(self.first.node)
            .chain(ancestors(self.first.node))
            .find(|n| n.parent() == Some(self.body.node))
            .map(|n| self.first.with(n))
    }
}
