//! Chooses the server to wire, or says why there is none that is certain.

use crate::frameworks::rust::running::branching;
use crate::types::Problem;

use super::super::servers::{apps, servers};
use super::{ActixWiring, Chosen};

impl<'p> ActixWiring<'p> {
    /// The servers to wire: one, or several that exclude each other.
    ///
    /// # Errors
    /// None, several, or one whose application cannot be found.
    pub fn choose(&self) -> Result<Vec<Chosen<'p>>, Problem> {
        let (found, foreign) = servers(self.program);
        if let Some(first) = foreign.first() {
            return Err(self.problem("the application cannot be wired", first.at, first.why));
        }
        let found = self.own_servers(found, |server| *server)?;
        let chosen: Vec<Chosen> = found
            .into_iter()
            .map(|server| Chosen {
                server,
                apps: apps(self.program, server),
            })
            .collect();
        for one in &chosen {
            let Some((first, rest)) = one.apps.split_first() else {
                return Err(self.problem(
                    "it is not certain where the application is made",
                    one.server,
                    "this cannot be followed to an `App::new()`",
                ));
            };
            if let Some(other) = rest
                .iter()
                .find(|other| branching(*first, **other).is_none())
            {
                return Err(self
                    .problem(
                        "the server has several applications",
                        *other,
                        "which of them should have the health route?",
                    )
                    .note(format!("another one is at {}", self.place(*first))));
            }
        }
        let Some((first, rest)) = chosen.split_first() else {
            return Err(Problem::decision(format!(
                "no server was found in package `{}`",
                self.package.name
            ))
            .note("looked for `HttpServer::new(…)`")
            .in_file(self.package.manifest.path()));
        };
        match rest
            .iter()
            .find(|other| branching(first.server, other.server).is_none())
        {
            None => Ok(chosen),
            Some(other) => Err(self
                .problem(
                    "the application has several servers",
                    other.server,
                    "which of them should have the health route?",
                )
                .note(format!("another one is at {}", self.place(first.server)))),
        }
    }
}
