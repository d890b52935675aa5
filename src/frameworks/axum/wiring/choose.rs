//! Chooses the server to wire, or says why there is none that is certain.

use crate::frameworks::rust::running::branching;
use crate::frameworks::rust::types::Tracer;
use crate::types::Problem;

use super::super::servers::servers;
use super::super::site::Why;
use super::{AxumWiring, Chosen};

impl<'p> AxumWiring<'p> {
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
        let found = self.own_servers(found, |server| server.call)?;
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

    /// Whether two servers are in different branches of one `if` or `match`, and so never both run.
    fn exclude(&self, one: &Chosen<'p>, other: &Chosen<'p>) -> bool {
        branching(one.server.call, other.server.call).is_some()
    }
}
