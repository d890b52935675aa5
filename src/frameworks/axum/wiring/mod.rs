//! Wires the module into an application: settings read at start, one more route, the pool closed at the end.

mod choose;
mod start;
mod stop;

use std::ops::Deref;

use tree_sitter::Node;

use crate::edit::rust::At;
use crate::edit::splice::{Splice, indent};
use crate::frameworks::rust::running::{Run, run};
use crate::frameworks::rust::wiring::{Drafts, Home, MODULE, Patches, comment_end};
use crate::types::{FileEdit, Problem};

use super::servers::{Kind, Server, has_handle};

/// Patches with what only axum has.
pub struct AxumWiring<'p>(pub Patches<'p>);

impl<'p> Deref for AxumWiring<'p> {
    type Target = Patches<'p>;

    fn deref(&self) -> &Patches<'p> {
        &self.0
    }
}

/// A server with the place of its route.
pub struct Chosen<'p> {
    pub server: Server<'p>,
    pub site: At<'p>,
}

impl<'p> AxumWiring<'p> {
    /// All edits; none if everything is there.
    ///
    /// # Errors
    /// A place that is not certain.
    pub fn edits(&self) -> Result<Vec<FileEdit>, Problem> {
        let init_call = format!("{MODULE}::init()");
        let close_call = format!("{MODULE}::close()");
        let router_call = format!("{MODULE}::router");
        let calls = [init_call, close_call, router_call];
        if self.is_wired(&calls) {
            return Ok(Vec::new());
        }
        let [init_call, close_call, router_call] = calls;
        let chosen = self.choose()?;
        let home = self.home(chosen.first().map(|c| c.server.call));
        for chosen in &chosen {
            self.check_place(&home, chosen.server.call, chosen.site)?;
        }
        let runs: Vec<(Run, &Chosen)> = chosen
            .iter()
            .map(|c| match c.server.kind {
                Kind::Hyper => Ok(None),
                kind => {
                    let call = c.server.call;
                    let stopped = kind == Kind::AxumServer && has_handle(self.program, call);
                    run(self.program, call, stopped).map(|run| Some((run, c)))
                }
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|lost| {
                self.problem(
                    "it is not certain where the server stops",
                    lost.at,
                    &lost.why,
                )
            })?
            .into_iter()
            .flatten()
            .collect();
        let mut drafts = Drafts::new(self.program);
        if !self.declared(home.krate) {
            self.declare(&home, &mut drafts)?;
        }
        if !self.has(&router_call) {
            let mut done: Vec<Node> = Vec::new();
            for c in &chosen {
                if !done.contains(&c.site.node) {
                    done.push(c.site.node);
                    self.merge(&home, c, &mut drafts);
                }
            }
        }
        let shared = match chosen.first() {
            Some(first) => self.shared_caller(first.server.call)?,
            None => None,
        };
        if !self.has(&init_call) {
            self.init(&home, &chosen, &runs, shared.as_ref(), &mut drafts);
        }
        if !self.has(&close_call) {
            self.shutdown(&home, &chosen, &runs, shared.as_ref(), &mut drafts)?;
        }
        drafts.finish()
    }

    fn merge(&self, home: &Home, chosen: &Chosen<'p>, drafts: &mut Drafts<'p>) {
        let site = chosen.site;
        let path = self.path(home, site);
        // What our router does not answer goes to the user's as it is. A merge would not do: it takes the layers off what
        // answers unknown routes, and a new route changes which wildcards match beside it.
        let ours = format!("{path}::router()");
        drafts.block(site.file, "routes", format!("{ours}.fallback_service(…)"));
        let declaration = site.node.parent().filter(|n| {
            n.kind() == "let_declaration" && n.child_by_field_name("value") == Some(site.node)
        });
        let name = declaration
            .and_then(|n| n.child_by_field_name("pattern"))
            .filter(|n| n.kind() == "identifier");
        if let (Some(declaration), Some(name)) = (declaration, name) {
            let text = &self.program.source(site).text;
            let indent = indent(text, declaration.start_byte());
            let name = self.program.slice(site.with(name));
            let line = format!("\n{indent}let {name} = {ours}.fallback_service({name});");
            let end = comment_end(text, declaration.end_byte());
            drafts.splice(site.file, Splice::insert(end, line));
            return;
        }
        drafts.wrap(site, format!("{ours}.fallback_service("), ")");
    }
}
