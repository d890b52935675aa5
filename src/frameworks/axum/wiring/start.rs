//! Where settings are read: before anything serves, where an error can still stop the start.

use tree_sitter::Node;

use crate::edit::rust::{At, Binding, argument, binding, callee};
use crate::edit::tree::descendants;
use crate::frameworks::rust::running::{Run, branching, statement};
use crate::frameworks::rust::wiring::{Drafts, Home, Shared};

use super::super::servers::Kind;
use super::{AxumWiring, Chosen};

impl<'p> AxumWiring<'p> {
    pub(super) fn init(
        &self,
        home: &Home,
        chosen: &[Chosen<'p>],
        runs: &[(Run<'p>, &Chosen<'p>)],
        shared: Option<&Shared<'p>>,
        drafts: &mut Drafts<'p>,
    ) {
        let anchor = match shared {
            Some(shared) => shared.statement(),
            None => chosen
                .iter()
                .filter_map(|c| self.before_serving(c, chosen, runs))
                .min_by_key(|at| at.node.start_byte()),
        };
        let serving = chosen.iter().map(|c| c.server.call.node.start_byte());
        let serving = serving.min().unwrap_or(usize::MAX);
        let Some(anchor) = anchor.map(|at| self.after_dotenv(at, serving)) else {
            return;
        };
        self.put_init(home, anchor, drafts);
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
            .filter_map(|other| branching(call, other.server.call))
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
