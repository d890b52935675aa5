//! Chooses the server to wire, or says why there is none that is certain.

use crate::edit::cargo_workspace::CrateKind;
use crate::edit::rust::{At, ancestors};
use crate::types::Problem;

use super::super::servers::{Server, servers};
use super::super::trace::{Tracer, Why};
use super::{Chosen, HEALTH, Home, Wiring};

impl<'p> Wiring<'p> {
    /// The servers to wire: one, or several that exclude each other.
    ///
    /// # Errors
    /// None, several, or one whose router cannot be found.
    pub fn choose(&self) -> Result<Vec<Chosen<'p>>, Problem> {
        let (found, foreign) = servers(self.program);
        let tracer = Tracer {
            program: self.program,
        };
        if let Some(first) = foreign.first() {
            return Err(self.problem("the application cannot be wired", first.at, &first.why));
        }
        let (own, others): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|s| self.krate(s.call) < self.program.own);
        if let ([], [other, ..]) = (own.as_slice(), others.as_slice()) {
            return Err(self
                .problem(
                    "the server is started in another package",
                    other.call,
                    "here",
                )
                .help("add the module to that package: `-p` and its name"));
        }
        let found = self.of_one_binary(own);
        let mut chosen: Vec<Chosen> = Vec::new();
        let mut unknown = None;
        for server in found {
            match tracer.site(server.app) {
                Ok(site) => chosen.push(Chosen { server, site }),
                Err(no) if no.why == Why::NoRouter => {}
                Err(no) => unknown = unknown.or(Some(no)),
            }
        }
        if let Some(no) = unknown {
            let (what, why) = match no.why {
                Why::Layer => (
                    "a layer around the router may answer before the health route",
                    "this layer wraps the whole application",
                ),
                _ => (
                    "it is not certain that this is an axum `Router`",
                    "cannot be followed to a `Router`",
                ),
            };
            return Err(self.problem(what, no.at, why));
        }
        match chosen.as_slice() {
            [] => Err(Problem::decision(format!(
                "no server was found in package `{}`",
                self.package.name
            ))
            .note("looked for `axum::serve(…)`, `axum_server::bind(…).serve(…)` and loops around hyper's `serve_connection`")
            .in_file(self.package.manifest.path())),
            [_] => Ok(chosen),
            [first, rest @ ..] => match rest.iter().find(|other| !self.exclude(first, other)) {
                None => Ok(chosen),
                Some(other) => Err(self
                    .problem(
                        "the application has several servers",
                        other.server.call,
                        "which of them should have the health route?",
                    )
                    .note(format!("another one is at {}", self.place(first.server.call)))),
            },
        }
    }

    /// With servers in several binaries, those of the one that `cargo run` starts.
    fn of_one_binary(&self, found: Vec<Server<'p>>) -> Vec<Server<'p>> {
        let default = self.package.default_run.as_ref();
        let preferred = |krate: usize| {
            let krate = &self.program.crates[krate];
            krate.kind == CrateKind::Lib || default.is_some_and(|name| krate.name == *name)
        };
        if default.is_some() && found.iter().any(|s| preferred(self.krate(s.call))) {
            return found
                .into_iter()
                .filter(|s| preferred(self.krate(s.call)))
                .collect();
        }
        found
    }

    /// Whether two servers are in different branches of one `if` or `match`, and so never both run.
    fn exclude(&self, one: &Chosen<'p>, other: &Chosen<'p>) -> bool {
        self.branching(one.server.call, other.server.call).is_some()
    }

    /// The `if` or `match` of which two nodes are in different branches.
    pub(super) fn branching(&self, one: At<'p>, other: At<'p>) -> Option<At<'p>> {
        if one.file != other.file {
            return None;
        }
        let mut below = one.node;
        for outer in ancestors(one.node) {
            let holds = outer.start_byte() <= other.node.start_byte()
                && other.node.end_byte() <= outer.end_byte();
            if holds {
                let branch = match outer.kind() {
                    "match_block" => below.kind() == "match_arm",
                    "if_expression" => matches!(below.kind(), "block" | "else_clause"),
                    _ => false,
                };
                let top = if outer.kind() == "match_block" {
                    outer.parent()?
                } else {
                    outer
                };
                return branch.then(|| one.with(top));
            }
            if matches!(
                outer.kind(),
                "function_item" | "closure_expression" | "async_block"
            ) {
                return None;
            }
            below = outer;
        }
        None
    }

    /// Reasons why the place itself cannot be edited.
    pub(super) fn check_place(&self, home: &Home, chosen: &Chosen<'p>) -> Result<(), Problem> {
        if self.krate(chosen.site) >= self.program.own {
            return Err(self.problem("the router is made in another package", chosen.site, "here"));
        }
        for at in [chosen.server.call, chosen.site] {
            let item = ancestors(at.node)
                .filter(|n| n.kind() == "function_item")
                .last();
            if let Some(broken) = item.filter(|n| n.has_error()) {
                return Err(self.problem(
                    "the function that serves has a syntax error",
                    at.with(broken),
                    "in here",
                ));
            }
        }
        let path = &self.program.source(chosen.server.call).path;
        let twice = self
            .program
            .sources
            .iter()
            .filter(|s| s.path == *path)
            .count()
            > 1;
        if twice && home.has_lib {
            return Err(self.problem(
                "the file that serves belongs to two crates",
                chosen.server.call,
                "both the library and the binary declare this module",
            ));
        }
        for root in self.program.roots() {
            let text = &self.program.source(root).text;
            if let Some(at) = text.find(&format!("\"{HEALTH}\"")) {
                return Err(Problem::decision(format!(
                    "`{HEALTH}` is a route of the application already"
                ))
                .at(
                    &self.program.source(root).path,
                    text,
                    at..at + HEALTH.len() + 2,
                    "here",
                ));
            }
        }
        Ok(())
    }
}
