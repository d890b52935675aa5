//! Where the server is told to stop, and where the pool closes after it.

use crate::edit::cargo::workspace::CrateKind;
use crate::edit::rust::{Module, callee, find, in_tests};
use crate::edit::splice::step;
use crate::edit::tree::descendants;
use crate::frameworks::rust::calls::function_of;
use crate::frameworks::rust::running::{Run, branching, statement};
use crate::frameworks::rust::wiring::{Drafts, Home, Shared};
use crate::types::Problem;

use super::super::servers::{Kind, Server};
use super::{AxumWiring, Chosen};

impl<'p> AxumWiring<'p> {
    pub(super) fn shutdown(
        &self,
        home: &Home,
        chosen: &[Chosen<'p>],
        runs: &[(Run<'p>, &Chosen<'p>)],
        shared: Option<&Shared<'p>>,
        drafts: &mut Drafts<'p>,
    ) -> Result<(), Problem> {
        let own_signals = self.own_signals(self.krate(chosen[0].server.call));
        if let [Chosen { server, .. }, ..] = chosen
            && server.kind == Kind::Hyper
        {
            return self.stop_loop(home, *server, own_signals, drafts);
        }
        let detached = runs.iter().find_map(|(run, _)| run.detached);
        for (run, chosen) in runs {
            if !(run.stopped_by_user || own_signals || detached.is_some()) {
                let call = chosen.server.call;
                let declared = call.node.parent().filter(|n| n.kind() == "let_declaration");
                if let Some(kind) = declared.and_then(|n| n.child_by_field_name("type")) {
                    return Err(self.problem(
                        "the server cannot be told to end in order",
                        call.with(kind),
                        "it would have another type",
                    ));
                }
                self.graceful(home, run, chosen.server, drafts);
            }
        }
        if let Some(place) = detached {
            let function = function_of(place)
                .filter(|f| own_signals && self.ends_program(*f, 8) && !self.is_last(place))
                .and_then(|f| f.node.child_by_field_name("body").map(|b| place.with(b)));
            return match function {
                Some(body) => self.close_at_end(home, body, drafts),
                None => Err(self.problem(
                    "it is not certain where the server stops",
                    place,
                    "this task is not followed to its end",
                )),
            };
        }
        if let Some(shared) = shared {
            return self.close_at_end(home, shared.body, drafts);
        }
        let mut after = runs[0].0.ended;
        if let [(_, one), (_, other), ..] = runs
            && let Some(branching) = branching(one.server.call, other.server.call)
        {
            after = statement(branching).map_err(|lost| {
                self.problem(
                    "it is not certain where the server stops",
                    lost.at,
                    &lost.why,
                )
            })?;
        }
        self.close_after(home, after, runs[0].0.awaited, drafts)
    }

    /// Lets the server end by the module's signal.
    fn graceful(&self, home: &Home, run: &Run<'p>, server: Server<'p>, drafts: &mut Drafts<'p>) {
        let path = self.path(home, server.call);
        if server.kind == Kind::Serve {
            let text = format!(".with_graceful_shutdown({path}::shutdown_signal())");
            drafts.link(server.call, &text);
            drafts.block(server.call.file, "shutdown", format!("…{text}"));
            return;
        }
        let Some((function, _)) = callee(self.program, server.call) else {
            return;
        };
        let Some(receiver) = function.node.child_by_field_name("value") else {
            return;
        };
        let taken = function_of(server.call)
            .map(|f| descendants(f.node))
            .unwrap_or_default()
            .into_iter()
            .any(|n| {
                n.kind() == "identifier" && self.program.slice(server.call.with(n)) == "handle"
            });
        let handle = if taken { "server_handle" } else { "handle" };
        let step = step(&self.program.source(server.call).text);
        let text = format!(
            "let {handle} = axum_server::Handle::new();\n\
             let stopping = {handle}.clone();\n\
             tokio::spawn(async move {{\n\
             {step}{path}::shutdown_signal().await;\n\
             {step}stopping.graceful_shutdown(Some(std::time::Duration::from_secs(10)));\n\
             }});"
        );
        let made = statement(server.call).unwrap_or(run.statement);
        drafts.before(made, "shutdown", &text);
        let call = format!(".handle({handle})");
        drafts.link(server.call.with(receiver), &call);
        drafts.block(server.call.file, "handle", format!("…{call}"));
    }

    /// A loop of the user's own never ends: the process does.
    fn stop_loop(
        &self,
        home: &Home,
        server: Server<'p>,
        own_signals: bool,
        drafts: &mut Drafts<'p>,
    ) -> Result<(), Problem> {
        let around = self.outer_loop(server.call);
        let endless = around.filter(|at| {
            let inner = if at.node.kind() == "expression_statement" {
                at.node.named_child(0)
            } else {
                Some(at.node)
            };
            let is_loop = inner.is_some_and(|n| n.kind() == "loop_expression");
            is_loop
                && !descendants(at.node)
                    .iter()
                    .any(|n| n.kind() == "break_expression")
        });
        let Some(around) = endless.filter(|_| !own_signals) else {
            return Err(self.problem(
                "it is not certain where the server stops",
                server.call,
                "this loop around connections ends in a way of its own",
            ));
        };
        let path = self.path(home, around);
        let step = step(&self.program.source(around).text);
        let text = format!(
            "tokio::spawn(async {{\n\
             {step}{path}::shutdown_signal().await;\n\
             {step}{path}::close().await;\n\
             {step}std::process::exit(0);\n\
             }});"
        );
        drafts.before(around, "shutdown", &text);
        Ok(())
    }

    /// Whether a crate handles signals itself.
    fn own_signals(&self, krate: usize) -> bool {
        // What the library serves, any binary may stop.
        let in_library = self.program.crates[krate].kind == CrateKind::Lib;
        let near = |m: &&Module| {
            let is_lib = |k: usize| self.program.crates[k].kind == CrateKind::Lib;
            m.krate < self.program.own && (m.krate == krate || in_library || is_lib(m.krate))
        };
        let mut files = self.program.modules.iter().filter(near).map(|m| m.file);
        files.any(|file| {
            let source = &self.program.sources[file];
            [
                "ctrl_c",
                "ctrlc::set_handler",
                "SignalKind::terminate",
                "SignalKind::interrupt",
                "SignalKind::quit",
                "SignalKind::from_raw",
                "signal_hook",
                "axum_server::Handle",
            ]
            .iter()
            .any(|word| {
                find(&source.text, word).into_iter().any(|span| {
                    let node = source
                        .root()
                        .descendant_for_byte_range(span.start, span.end);
                    node.is_some_and(|n| !in_tests(source, n))
                })
            })
        })
    }
}
