//! Where the pool closes, after the server has stopped.

use tree_sitter::Node;

use crate::edit::rust::{At, callee};
use crate::edit::splice::{Splice, indent};
use crate::edit::tree::{ancestors, children, named_children};
use crate::types::Problem;

use super::super::calls::{callers, function_of};
use super::super::running::{end_of, statement};
use super::{Drafts, Home, Patches, comment_end};

impl<'p> Patches<'p> {
    /// Closes the pool after the serving statement.
    pub fn close_after(
        &self,
        home: &Home,
        at: At<'p>,
        awaited: At<'p>,
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
                awaited,
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
        // `select! { … };`
        let semicolon = at.node.next_named_sibling();
        let semicolon = semicolon.filter(|next| next.kind() == "empty_statement");
        let end = semicolon.unwrap_or(at.node).end_byte();
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
    pub fn close_at_end(
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
    pub fn ends_program(&self, function: At<'p>, depth: usize) -> bool {
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
    pub fn is_last(&self, at: At<'p>) -> bool {
        let body = function_of(at).and_then(|f| f.node.child_by_field_name("body"));
        body.is_some_and(|body| named_children(body).last() == Some(&at.node))
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
