//! Where settings are read: before anything serves, where an error can still stop the start.

use tree_sitter::Node;

use crate::edit::rust::{At, Binding, ancestors, binding, descendants, named_children, step};

use super::super::running::{Run, statement};
use super::super::servers::Kind;
use super::super::trace::{argument, callee};
use super::draft::Drafts;
use super::{Chosen, Home, Shared, Wiring};

impl<'p> Wiring<'p> {
    pub(super) fn init(
        &self,
        home: &Home,
        chosen: &[Chosen<'p>],
        runs: &[(Run<'p>, &Chosen<'p>)],
        shared: Option<&Shared<'p>>,
        drafts: &mut Drafts<'p>,
    ) {
        let anchor = match shared {
            Some(shared) => outermost_in(shared.body, shared.first),
            None => chosen
                .iter()
                .filter_map(|c| self.before_serving(c, chosen, runs))
                .min_by_key(|at| at.node.start_byte()),
        };
        let Some(anchor) = anchor.map(|at| self.after_dotenv(at, chosen)) else {
            return;
        };
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

    /// The statement before which nothing serves yet: the one that binds the listener, else the serving one.
    fn before_serving(
        &self,
        chosen: &Chosen<'p>,
        all: &[Chosen<'p>],
        runs: &[(Run<'p>, &Chosen<'p>)],
    ) -> Option<At<'p>> {
        let call = chosen.server.call;
        let serving = runs
            .iter()
            .find(|(_, c)| c.server.call.node == call.node)
            .map(|(run, _)| run.statement)
            .or_else(|| self.outer_loop(call))
            .or_else(|| statement(call).ok())?;
        let made = statement(call).ok().unwrap_or(serving);
        let first = if made.node.start_byte() < serving.node.start_byte() {
            made
        } else {
            serving
        };
        let first = all
            .iter()
            .filter_map(|other| self.branching(call, other.server.call))
            .filter_map(|branching| statement(branching).ok())
            .min_by_key(|at| at.node.start_byte())
            .unwrap_or(first);
        let listener = match chosen.server.kind {
            Kind::Serve => argument(call, 0),
            Kind::AxumServer => None,
            Kind::Hyper => {
                let around = self.outer_loop(call)?;
                descendants(around.node).into_iter().find_map(|n| {
                    let (function, name) = callee(self.program, call.with(n)).filter(|_| n.kind() == "call_expression")?;
                    let receiver = function.node.child_by_field_name("value").filter(|_| name == "accept")?;
                    let is_outer = binding(self.program, call.with(receiver)).is_some_and(
                        |b| matches!(b, Binding::Let { declaration, .. } if declaration.end_byte() <= around.node.start_byte()),
                    );
                    is_outer.then(|| call.with(receiver))
                })
            }
        };
        let bound =
            listener.and_then(
                |at| match binding(self.program, at.with(base_of(at.node))) {
                    Some(Binding::Let { declaration, .. }) => Some(at.with(declaration)),
                    _ => None,
                },
            );
        Some(bound.unwrap_or(first))
    }

    pub(super) fn outer_loop(&self, at: At<'p>) -> Option<At<'p>> {
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
    fn after_dotenv(&self, anchor: At<'p>, chosen: &[Chosen<'p>]) -> At<'p> {
        let serving = chosen
            .iter()
            .map(|c| c.server.call.node.start_byte())
            .min()
            .unwrap_or(usize::MAX);
        let mut later = anchor;
        let mut next = anchor.node.next_named_sibling();
        let mut seen = self.program.slice(anchor).contains("dotenv");
        while let Some(node) = next.filter(|n| n.start_byte() <= serving) {
            if seen && !node.is_extra() {
                later = anchor.with(node);
                seen = false;
            }
            seen |= self.program.slice(anchor.with(node)).contains("dotenv") && !node.is_extra();
            next = node.next_named_sibling();
        }
        later
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

/// The statement directly in `body` that holds a node.
fn outermost_in<'p>(body: At<'p>, inside: At<'p>) -> Option<At<'p>> {
    std::iter::once(inside.node)
        .chain(ancestors(inside.node))
        .find(|n| n.parent() == Some(body.node))
        .map(|n| inside.with(n))
}

/// The variable that an expression starts with.
fn base_of(node: Node) -> Node {
    let mut at = node;
    while !matches!(at.kind(), "identifier" | "self") {
        let inner = at
            .child_by_field_name("value")
            .or_else(|| at.child_by_field_name("function"))
            .or_else(|| at.named_child(0));
        match inner {
            Some(inner) => at = inner,
            None => return at,
        }
    }
    at
}
