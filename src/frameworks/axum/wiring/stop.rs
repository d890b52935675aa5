//! Where the server is told to stop, and where the pool closes after it.

use tree_sitter::Node;

use crate::edit::cargo_workspace::CrateKind;
use crate::edit::rust::{
    At, Module, Splice, ancestors, children, descendants, find, in_tests, indent, named_children,
    step,
};
use crate::types::Problem;

use super::super::running::{Run, callers, end_of, function_of, statement};
use super::super::servers::{Kind, Server};
use super::super::trace::callee;
use super::draft::{Drafts, comment_end};
use super::{Chosen, Home, Shared, Wiring, numbered};

impl<'p> Wiring<'p> {
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
        for (place, (run, chosen)) in runs.iter().enumerate() {
            if !(run.stopped_by_user || own_signals || detached.is_some()) {
                self.graceful(home, run, chosen.server, place, drafts);
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
            && let Some(branching) = self.branching(one.server.call, other.server.call)
        {
            after = statement(branching).map_err(|lost| {
                self.problem(
                    "it is not certain where the server stops",
                    lost.at,
                    &lost.why,
                )
            })?;
        }
        self.close_after(home, after, &runs[0].0, drafts)
    }

    /// Lets the server end by the module's signal.
    fn graceful(
        &self,
        home: &Home,
        run: &Run<'p>,
        server: Server<'p>,
        place: usize,
        drafts: &mut Drafts<'p>,
    ) {
        let path = self.path(home, server.call);
        if server.kind == Kind::Serve {
            let text = format!(".with_graceful_shutdown({path}::shutdown_signal())");
            drafts.link(server.call, &text);
            drafts.block(
                server.call.file,
                &numbered("shutdown", place),
                format!("…{text}"),
            );
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
        drafts.before(made, &numbered("shutdown", place), &text);
        let call = format!(".handle({handle})");
        drafts.link(server.call.with(receiver), &call);
        drafts.block(
            server.call.file,
            &numbered("handle", place),
            format!("…{call}"),
        );
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

    /// Closes the pool after the serving statement.
    fn close_after(
        &self,
        home: &Home,
        at: At<'p>,
        run: &Run<'p>,
        drafts: &mut Drafts<'p>,
    ) -> Result<(), Problem> {
        let context = ancestors(at.node).find(|n| {
            matches!(
                n.kind(),
                "function_item" | "async_block" | "closure_expression"
            )
        });
        let blocking = match context {
            Some(n) if n.kind() == "async_block" => false,
            Some(n) => !children(n).into_iter().any(|c| {
                matches!(c.kind(), "function_modifiers" | "async")
                    && self.program.slice(at.with(c)).contains("async")
            }),
            None => true,
        };
        if blocking {
            return Err(self.problem(
                "the pool cannot close here",
                run.awaited,
                "the server is waited for in a function that is not `async`",
            ));
        }
        let source = self.program.source(at);
        let text = &source.text;
        let close = format!("{}::close().await;", self.path(home, at));
        let indent = indent(text, at.node.start_byte()).to_owned();
        let file = at.file;
        let block_node = at.node.parent();
        let last = block_node
            .and_then(end_of)
            .filter(|(last, _)| *last == at.node);
        let returned = at.node.kind() == "expression_statement"
            && at
                .node
                .named_child(0)
                .is_some_and(|n| n.kind() == "return_expression");
        if returned {
            let value = at.node.named_child(0).and_then(|n| n.named_child(0));
            let Some(value) = value else {
                return Ok(());
            };
            drafts.splice(
                file,
                Splice {
                    span: at.node.start_byte()..value.start_byte(),
                    text: "let served = ".to_owned(),
                },
            );
            drafts.splice(
                file,
                Splice::insert(
                    at.node.end_byte(),
                    format!("\n{indent}{close}\n{indent}return served;"),
                ),
            );
            drafts.block(
                file,
                "close",
                format!("let served = …; {close} return served;"),
            );
            return Ok(());
        }
        if let Some((_, true)) = last {
            if self.is_unit(at, context) {
                let semicolon = if ends_in_block(at.node) { "" } else { ";" };
                drafts.splice(
                    file,
                    Splice::insert(at.node.end_byte(), format!("{semicolon}\n{indent}{close}")),
                );
                drafts.block(file, "close", close);
                return Ok(());
            }
            drafts.splice(file, Splice::insert(at.node.start_byte(), "let served = "));
            drafts.splice(
                file,
                Splice::insert(
                    at.node.end_byte(),
                    format!(";\n{indent}{close}\n{indent}served"),
                ),
            );
            drafts.block(file, "close", format!("let served = …;\n{close}\nserved"));
            return Ok(());
        }
        let end = at.node.end_byte();
        drafts.splice(
            file,
            Splice::insert(comment_end(text, end), format!("\n{indent}{close}")),
        );
        drafts.block(file, "close", close);
        Ok(())
    }

    /// Whether the value of a block's last expression is known to be `()`.
    fn is_unit(&self, at: At<'p>, context: Option<Node<'p>>) -> bool {
        let directly = at.node.parent().and_then(|b| b.parent()) == context;
        let no_result = context.is_some_and(|n| {
            n.kind() == "function_item" && n.child_by_field_name("return_type").is_none()
        });
        if directly && no_result {
            return true;
        }
        let expression = if at.node.kind() == "expression_statement" {
            at.node.named_child(0)
        } else {
            Some(at.node)
        };
        let Some(expression) = expression else {
            return false;
        };
        match expression.kind() {
            _ if self.program.slice(at).contains("spawn") => false,
            // What serving gives is `Result<(), _>`.
            "try_expression" => true,
            "if_expression" => expression.child_by_field_name("alternative").is_none(),
            "call_expression" => callee(self.program, at.with(expression))
                .is_some_and(|(_, name)| matches!(name, "unwrap" | "expect" | "unwrap_or_default")),
            _ => false,
        }
    }

    /// Closes the pool where a function ends, before its value.
    fn close_at_end(
        &self,
        home: &Home,
        body: At<'p>,
        drafts: &mut Drafts<'p>,
    ) -> Result<(), Problem> {
        let function = body.node.parent();
        let is_async = function.is_some_and(|f| {
            children(f).into_iter().any(|n| {
                n.kind() == "function_modifiers"
                    && self.program.slice(body.with(n)).contains("async")
            })
        });
        let Some((last, is_value)) = end_of(body.node).filter(|_| is_async) else {
            return Err(self.problem(
                "the pool cannot close where the server ends",
                body,
                "this function starts the server and is not `async`",
            ));
        };
        let inner = if last.kind() == "expression_statement" {
            last.named_child(0).unwrap_or(last)
        } else {
            last
        };
        if inner.kind() == "loop_expression" {
            return Err(self.problem(
                "it is not certain where the server stops",
                body.with(last),
                "this loop never ends",
            ));
        }
        let text = &self.program.source(body).text;
        let indent = indent(text, last.start_byte()).to_owned();
        let close = format!("{}::close().await;", self.path(home, body));
        let has_result = function.is_some_and(|f| f.child_by_field_name("return_type").is_some());
        let file = body.file;
        if is_value && has_result {
            let plain = inner.kind() == "call_expression"
                && callee(self.program, body.with(inner)).is_some_and(|(_, name)| name == "Ok");
            if !plain {
                drafts.splice(file, Splice::insert(last.start_byte(), "let ended = "));
                drafts.splice(
                    file,
                    Splice::insert(
                        last.end_byte(),
                        format!(";\n{indent}{close}\n{indent}ended"),
                    ),
                );
                drafts.block(file, "close", format!("let ended = …;\n{close}\nended"));
                return Ok(());
            }
            drafts.splice(
                file,
                Splice::insert(last.start_byte(), format!("{close}\n{indent}")),
            );
        } else {
            let semicolon = if is_value && !ends_in_block(last) {
                ";"
            } else {
                ""
            };
            drafts.splice(
                file,
                Splice::insert(
                    comment_end(text, last.end_byte()),
                    format!("{semicolon}\n{indent}{close}"),
                ),
            );
        }
        drafts.block(file, "close", close);
        Ok(())
    }

    /// Whether the program ends with a function: `main`, or one that is the last that `main` waits for.
    fn ends_program(&self, function: At<'p>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        let name = function.node.child_by_field_name("name");
        let is_main = name.is_some_and(|n| self.program.slice(function.with(n)) == "main")
            && self
                .program
                .module_of(function)
                .is_some_and(|m| m.path.is_empty());
        if is_main {
            return true;
        }
        match callers(self.program, function).as_slice() {
            [call] => {
                let last = statement(*call).is_ok_and(|at| self.is_last(at));
                last && function_of(*call).is_some_and(|f| self.ends_program(f, depth))
            }
            _ => false,
        }
    }

    /// Whether a statement is the last of its function.
    fn is_last(&self, at: At<'p>) -> bool {
        let body = function_of(at).and_then(|f| f.node.child_by_field_name("body"));
        body.is_some_and(|body| named_children(body).last() == Some(&at.node))
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
                "SignalKind",
                "signal_hook",
                "axum_server::Handle",
                "CancellationToken",
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

/// Whether a statement without a semicolon stays one when others follow it.
fn ends_in_block(node: Node) -> bool {
    let inner = if node.kind() == "expression_statement" {
        node.named_child(0).unwrap_or(node)
    } else {
        node
    };
    matches!(
        inner.kind(),
        "if_expression"
            | "match_expression"
            | "loop_expression"
            | "while_expression"
            | "for_expression"
            | "block"
            | "unsafe_block"
    )
}
