//! Wires the module into an application: settings read at start, one more route, the pool closed at the end.

mod choose;

use std::ops::Deref;

use crate::edit::rust::At;
use crate::edit::tree::ancestors;
use crate::frameworks::rust::calls::function_of;
use crate::frameworks::rust::running::{Run, branching, run, statement};
use crate::frameworks::rust::wiring::{Drafts, Home, MODULE, Patches, Shared};
use crate::types::{FileEdit, Problem};

/// Requests under way may take so many seconds after the signal: Actix's own 30 outlast most supervisors.
pub const SHUTDOWN_TIMEOUT: &str = ".shutdown_timeout(10)";

/// Patches with what only Actix Web has.
pub struct ActixWiring<'p>(pub Patches<'p>);

impl<'p> Deref for ActixWiring<'p> {
    type Target = Patches<'p>;

    fn deref(&self) -> &Patches<'p> {
        &self.0
    }
}

/// A server with the places where its application is made.
pub struct Chosen<'p> {
    /// `HttpServer::new(…)`
    pub server: At<'p>,
    /// `App::new()`, in branches that exclude each other if there are several.
    pub apps: Vec<At<'p>>,
}

impl<'p> ActixWiring<'p> {
    /// All edits; none if everything is there.
    ///
    /// # Errors
    /// A place that is not certain.
    pub fn edits(&self) -> Result<Vec<FileEdit>, Problem> {
        let configure = format!("{MODULE}::configure");
        let calls = [
            format!("{MODULE}::init()"),
            format!("{MODULE}::close()"),
            configure.clone(),
        ];
        if self.is_wired(&calls) {
            return Ok(Vec::new());
        }
        let chosen = self.choose()?;
        let Some(first) = chosen.first() else {
            return Ok(Vec::new());
        };
        let home = self.home(Some(first.server));
        for one in &chosen {
            for app in &one.apps {
                self.check_place(&home, one.server, *app)?;
            }
        }
        let runs = chosen
            .iter()
            .map(|one| run(self.program, one.server, false))
            .collect::<Result<Vec<Run>, _>>()
            .map_err(|lost| {
                self.problem(
                    "it is not certain where the server stops",
                    lost.at,
                    &lost.why,
                )
            })?;
        let mut drafts = Drafts::new(self.program);
        if !self.declared(home.krate) {
            self.declare(&home, &mut drafts)?;
        }
        if !self.has(&configure) {
            self.configure(&home, &chosen, &mut drafts);
        }
        let shared = self.shared_caller(first.server)?;
        if !self.has(&calls[0]) {
            self.init(&home, &chosen, shared.as_ref(), &mut drafts);
        }
        if !self.has(&calls[1]) {
            self.shutdown(&home, &chosen, &runs, shared.as_ref(), &mut drafts)?;
        }
        drafts.finish()
    }

    /// Gives each application the health route, before all routes of the user's: the first that matches answers.
    fn configure(&self, home: &Home, chosen: &[Chosen<'p>], drafts: &mut Drafts<'p>) {
        let mut done: Vec<At> = Vec::new();
        for app in chosen.iter().flat_map(|one| &one.apps) {
            if done.iter().any(|other| other.node == app.node) {
                continue;
            }
            let call = format!(".configure({}::configure)", self.path(home, *app));
            drafts.link(*app, &call);
            drafts.block(
                app.file,
                "routes",
                format!("{}{call}", self.program.slice(*app)),
            );
            done.push(*app);
        }
    }

    fn init(
        &self,
        home: &Home,
        chosen: &[Chosen<'p>],
        shared: Option<&Shared<'p>>,
        drafts: &mut Drafts<'p>,
    ) {
        let servers = chosen.iter().map(|one| one.server);
        let serving = servers.clone().map(|at| at.node.start_byte()).min();
        let anchor = match shared {
            Some(shared) => shared.statement(),
            None => servers
                .filter_map(|at| self.before(at, chosen))
                .min_by_key(|at| at.node.start_byte()),
        };
        if let Some(anchor) = anchor {
            let anchor = self.after_dotenv(anchor, serving.unwrap_or(usize::MAX));
            self.put_init(home, anchor, drafts);
        }
    }

    /// The statement before which nothing serves: the one that makes the server, or the branching around it.
    fn before(&self, server: At<'p>, chosen: &[Chosen<'p>]) -> Option<At<'p>> {
        let made = statement(server).ok()?;
        let around = chosen
            .iter()
            .filter_map(|other| branching(server, other.server))
            .filter_map(|branching| statement(branching).ok())
            .min_by_key(|at| at.node.start_byte());
        Some(around.unwrap_or(made))
    }

    /// Bounds the server's own graceful shutdown, and closes the pool after it.
    fn shutdown(
        &self,
        home: &Home,
        chosen: &[Chosen<'p>],
        runs: &[Run<'p>],
        shared: Option<&Shared<'p>>,
        drafts: &mut Drafts<'p>,
    ) -> Result<(), Problem> {
        if !self.has("shutdown_timeout") {
            for one in chosen {
                drafts.link(one.server, SHUTDOWN_TIMEOUT);
                let function = one.server.node.child_by_field_name("function");
                let function = function.map_or("", |n| self.program.slice(one.server.with(n)));
                drafts.block(
                    one.server.file,
                    "shutdown",
                    format!("{function}(…){SHUTDOWN_TIMEOUT}"),
                );
            }
        }
        if let Some(place) = runs.iter().find_map(|run| run.detached) {
            return Err(self.problem(
                "it is not certain where the server stops",
                place,
                "this task is not followed to its end",
            ));
        }
        if let Some(shared) = shared {
            return self.close_at_end(home, shared.body, drafts);
        }
        let mut after = runs[0].ended;
        if let [one, other, ..] = chosen
            && let Some(branching) = branching(one.server, other.server)
            && ancestors(after.node).any(|n| n == branching.node)
        {
            after = statement(branching).map_err(|lost| {
                self.problem(
                    "it is not certain where the server stops",
                    lost.at,
                    &lost.why,
                )
            })?;
        }
        if function_of(after).is_none() {
            return Err(self.problem(
                "it is not certain where the server stops",
                after,
                "this is in no function",
            ));
        }
        self.close_after(home, after, runs[0].awaited, drafts)
    }
}
