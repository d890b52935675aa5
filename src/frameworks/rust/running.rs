//! Follows a server from the call that makes it to the place where it has stopped.

use std::ops::Range;

use tree_sitter::Node;

use crate::edit::rust::{At, Program, Transparent, argument, callee, in_tests, tokens, uses};
use crate::edit::tree::{ancestors, children, descendants, named_children};

use super::calls::{callers, function_of, is_async};

/// How a server runs.
pub struct Run<'p> {
    /// The user stops it themselves: `with_graceful_shutdown`, `.handle(…)`, a `select!` with a signal.
    pub stopped_by_user: bool,
    /// The expression after which it has stopped: an `.await`, a `select!`.
    pub awaited: At<'p>,
    /// The statement of the function that serves after which it has stopped.
    pub statement: At<'p>,
    /// The statement after which the pool closes: the same, or that of a `select!` further out that ends the server.
    pub ended: At<'p>,
    /// A task that nobody waits for holds it: it ends with the function that started the task.
    pub detached: Option<At<'p>>,
}

/// Why it is not certain where a server stops.
pub struct Lost<'p> {
    pub at: At<'p>,
    pub why: String,
}

/// Follows a server from the call that makes it.
pub fn run<'p>(
    program: &'p Program,
    call: At<'p>,
    stopped_by_user: bool,
) -> Result<Run<'p>, Lost<'p>> {
    let mut walk = Walk {
        program,
        stopped_by_user,
    };
    let awaited = walk.follow(call, 0)?;
    let statement = match walk.selected(awaited)? {
        Some(outer) => outer,
        None => statement(awaited)?,
    };
    let repeated = ancestors(statement.node)
        .take_while(|n| {
            !matches!(
                n.kind(),
                "function_item" | "async_block" | "closure_expression"
            )
        })
        .find(|n| {
            matches!(
                n.kind(),
                "loop_expression" | "while_expression" | "for_expression"
            )
        });
    if repeated.is_some() {
        return Err(Lost {
            at: statement,
            why: "the server is started in a loop, so the pool cannot close after it".to_owned(),
        });
    }
    let end = walk.end(statement)?;
    Ok(Run {
        stopped_by_user: walk.stopped_by_user,
        awaited,
        statement,
        ended: match end {
            End::After(outer) => outer,
            _ => statement,
        },
        detached: match end {
            End::Detached(task) => Some(task),
            _ => None,
        },
    })
}

/// How what serves ends, seen from outside.
enum End<'p> {
    /// As it says itself.
    Own,
    /// With a `select!` that drops it: after this statement.
    After(At<'p>),
    /// With a task that is not followed: this statement starts it.
    Detached(At<'p>),
}

struct Walk<'p> {
    program: &'p Program,
    stopped_by_user: bool,
}

fn lost(at: At) -> Lost {
    Lost {
        at,
        why: "from here on it cannot be followed where the server stops".to_owned(),
    }
}

impl<'p> Walk<'p> {
    /// The expression that waits for the future `at`.
    fn follow(&mut self, at: At<'p>, depth: usize) -> Result<At<'p>, Lost<'p>> {
        let mut at = at;
        if depth > 16 {
            return Err(lost(at));
        }
        loop {
            let Some(parent) = at.node.parent() else {
                return Err(lost(at));
            };
            let up = at.with(parent);
            match parent.kind() {
                "field_expression" => {
                    let name = parent
                        .child_by_field_name("field")
                        .map(|n| self.program.slice(at.with(n)));
                    if name == Some("with_graceful_shutdown") {
                        self.stopped_by_user = true;
                    }
                    let call = ancestors(parent)
                        .take_while(|n| matches!(n.kind(), "generic_function" | "call_expression"))
                        .find(|n| n.kind() == "call_expression");
                    let call = at.with(call.ok_or_else(|| lost(at))?);
                    // Actix's `server.handle()` stops it from elsewhere; it is not the server.
                    if name == Some("handle") && argument(call, 0).is_none() {
                        return Err(lost(at));
                    }
                    at = call;
                }
                "await_expression" => return Ok(up),
                "parenthesized_expression"
                | "reference_expression"
                | "tuple_expression"
                | "try_expression" => at = up,
                "let_declaration" => return self.follow_variable(up, depth),
                "return_expression" => {
                    let function = function_of(at).ok_or_else(|| lost(at))?;
                    at = self.returned(function)?;
                }
                "shorthand_field_initializer" => {
                    return self.follow_field(up, self.program.slice(at), depth);
                }
                "field_initializer" => {
                    let name = parent.child_by_field_name("field");
                    let name = name.map(|n| self.program.slice(at.with(n)));
                    return self.follow_field(up, name.ok_or_else(|| lost(at))?, depth);
                }
                "assignment_expression" => return Err(lost(at)),
                "arguments" => {
                    let call = at.with(parent.parent().ok_or_else(|| lost(at))?);
                    if self.is_join(call) {
                        return Ok(call);
                    }
                    let Some((_, name)) = callee(self.program, call) else {
                        return Err(lost(at));
                    };
                    match name {
                        "block_on" => return Ok(call),
                        "spawn" | "spawn_local" | "spawn_on" | "spawn_blocking" | "pin" | "new"
                        | "Some" | "Ok" | "into_future" | "timeout" | "tokio_spawn" => at = call,
                        "push" | "insert" => return Err(lost(at)),
                        _ => return Err(lost(at)),
                    }
                }
                "expression_statement" | "block"
                    if enclosing_select(self.program, at).is_some_and(|(span, _)| {
                        let block = if parent.kind() == "block" {
                            Some(parent)
                        } else {
                            parent.parent()
                        };
                        block.is_some_and(|b| {
                            b.end_byte() == span.end && b.start_byte() >= span.start
                        })
                    }) =>
                {
                    return Ok(at);
                }
                "block" => {
                    // The last expression of a block is the block's value.
                    let is_tail = named_children(parent).last() == Some(&at.node);
                    let owner = parent
                        .parent()
                        .filter(|_| is_tail)
                        .ok_or_else(|| lost(at))?;
                    match owner.kind() {
                        "async_block" | "unsafe_block" | "if_expression" => at = at.with(owner),
                        "closure_expression" => at = at.with(owner),
                        "function_item" => at = self.returned(at.with(owner))?,
                        _ => return Err(lost(at)),
                    }
                }
                _ => return Err(lost(at)),
            }
        }
    }

    /// What the one call of a function gives that returns the server without waiting for it: its type says so.
    fn returned(&self, function: At<'p>) -> Result<At<'p>, Lost<'p>> {
        let kind = function.node.child_by_field_name("return_type");
        let mut names = kind.map(descendants).into_iter().flatten();
        let is_server = names.any(|n| {
            n.kind() == "type_identifier" && self.program.slice(function.with(n)) == "Server"
        });
        if !is_server {
            return Err(lost(function));
        }
        let calls = callers(self.program, function);
        let [call] = calls.as_slice() else {
            return Err(lost(function));
        };
        if !is_async(self.program, function) {
            return Ok(*call);
        }
        let awaited = call.node.parent();
        awaited
            .filter(|n| n.kind() == "await_expression")
            .map(|n| call.with(n))
            .ok_or_else(|| lost(*call))
    }

    /// The expression that waits for what a field of that name holds, if there is one only.
    fn follow_field(&mut self, made: At<'p>, name: &str, depth: usize) -> Result<At<'p>, Lost<'p>> {
        let reads = |at: &At<'p>| {
            let field = at.node.child_by_field_name("field");
            at.node.kind() == "field_expression"
                && field.is_some_and(|n| self.program.slice(at.with(n)) == name)
                && !in_tests(self.program.source(*at), at.node)
        };
        let all = self.program.roots();
        let all = all.flat_map(|root| {
            let nodes = descendants(root.node).into_iter();
            nodes.map(move |node| root.with(node))
        });
        let found: Vec<At> = all.filter(reads).collect();
        let mut ends: Vec<At> = Vec::new();
        for read in found {
            if let Ok(end) = self.follow(read, depth + 1)
                && !ends.iter().any(|known| known.node == end.node)
            {
                ends.push(end);
            }
        }
        match ends.as_slice() {
            [end] => Ok(*end),
            _ => Err(lost(made)),
        }
    }

    fn is_join(&self, call: At<'p>) -> bool {
        let source = self.program.source(call);
        let first = call.node.named_child(0).map(|n| call.with(n));
        first.is_some_and(|inside| {
            matches!(source.macro_around(inside.node), Some((span, Transparent::Join))
                if span.start <= call.node.start_byte() && span.end == call.node.end_byte())
        })
    }

    fn follow_variable(&mut self, declaration: At<'p>, depth: usize) -> Result<At<'p>, Lost<'p>> {
        let pattern = declaration.node.child_by_field_name("pattern");
        let name = pattern.and_then(|p| match p.kind() {
            "identifier" => Some(p),
            "mut_pattern" => named_children(p)
                .into_iter()
                .find(|n| n.kind() == "identifier"),
            _ => None,
        });
        let Some(name) = name.map(|n| self.program.slice(declaration.with(n))) else {
            return Err(lost(declaration));
        };
        let graceful = self.stopped_by_user;
        let mut ends = Vec::new();
        for used in uses(self.program, declaration, name) {
            let mut branch = Walk {
                program: self.program,
                stopped_by_user: graceful,
            };
            if let Ok(end) = branch.follow(used, depth + 1) {
                self.stopped_by_user |= branch.stopped_by_user;
                if !ends.iter().any(|e: &At| e.node == end.node) {
                    ends.push(end);
                }
            }
        }
        match ends.as_slice() {
            [end] => Ok(*end),
            // `if encrypted { server.bind_rustls(…)… } else { server.bind(…)… }`
            _ => joined(&ends).ok_or_else(|| lost(declaration)),
        }
    }

    /// The statement of a `select!` in which `at` is one of the futures.
    fn selected(&mut self, at: At<'p>) -> Result<Option<At<'p>>, Lost<'p>> {
        let Some((span, _)) = enclosing_select(self.program, at) else {
            return Ok(None);
        };
        let around = node_at(at, &span).ok_or_else(|| lost(at))?;
        self.stopped_by_user |= names_a_signal(self.program.slice(around));
        statement(around).map(Some)
    }

    /// What ends the server from outside: a task, a `select!`, in its function or in one that calls it.
    fn end(&mut self, statement: At<'p>) -> Result<End<'p>, Lost<'p>> {
        let mut at = statement;
        for _ in 0..8 {
            for outer in ancestors(at.node) {
                if matches!(outer.kind(), "async_block" | "closure_expression") {
                    let Ok(end) = self.follow(at.with(outer), 0) else {
                        return Ok(End::Detached(self::statement(at.with(outer))?));
                    };
                    if let Some(select) = self.selected(end)? {
                        return Ok(End::After(select));
                    }
                }
                if outer.kind() == "function_item" {
                    break;
                }
            }
            // Who calls the function that serves?
            let Some(function) = function_of(at) else {
                return Ok(End::Own);
            };
            let calls = callers(self.program, function);
            let [call] = calls.as_slice() else {
                return Ok(End::Own);
            };
            if is_async(self.program, function) {
                match self.follow(*call, 0) {
                    Ok(end) => {
                        if let Some(select) = self.selected(end)? {
                            return Ok(End::After(select));
                        }
                    }
                    Err(_) => {
                        let place = self::statement(*call)?;
                        let spawned = ancestors(call.node)
                            .take_while(|n| *n != place.node)
                            .filter(|n| n.kind() == "call_expression")
                            .filter_map(|n| callee(self.program, call.with(n)))
                            .any(|(_, name)| name.starts_with("spawn"));
                        return Ok(if spawned {
                            End::Detached(place)
                        } else {
                            End::Own
                        });
                    }
                }
            }
            at = *call;
        }
        Ok(End::Own)
    }
}

/// Whether a name in code is that of something which tells a server to stop.
fn names_a_signal(code: &str) -> bool {
    const WORDS: [&str; 14] = [
        "cancel",
        "cancellation",
        "cancelled",
        "ctrlc",
        "interrupt",
        "quit",
        "shutdown",
        "sigint",
        "signal",
        "signals",
        "sigterm",
        "stop",
        "terminate",
        "terminated",
    ];
    tokens(code).into_iter().any(|span| {
        let name = &code[span];
        name == "ctrl_c" || name.split('_').any(|word| WORDS.contains(&word))
    })
}

/// The `if` or `match` of which two nodes are in different branches.
pub fn branching<'p>(one: At<'p>, other: At<'p>) -> Option<At<'p>> {
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

/// The branching after which one of several ends is reached, whichever branch is taken.
fn joined<'p>(ends: &[At<'p>]) -> Option<At<'p>> {
    let mut around: Option<At> = None;
    for (place, one) in ends.iter().enumerate() {
        for other in &ends[place + 1..] {
            let between = branching(*one, *other)?;
            let wider = |at: At| at.node.start_byte() <= between.node.start_byte();
            around = around.filter(|at| wider(*at)).or(Some(between));
        }
    }
    let around = around?;
    let leaves = |end: &At<'p>| {
        ancestors(end.node)
            .take_while(|n| *n != around.node)
            .any(|n| {
                matches!(
                    n.kind(),
                    "return_expression"
                        | "async_block"
                        | "closure_expression"
                        | "function_item"
                        | "macro_invocation"
                )
            })
    };
    (!ends.iter().any(leaves)).then_some(around)
}

/// The statement of a block that holds a node: what stands directly in the innermost real block.
pub fn statement(at: At) -> Result<At, Lost> {
    std::iter::once(at.node)
        .chain(ancestors(at.node))
        .find(|n| n.parent().is_some_and(|p| p.kind() == "block"))
        .map(|n| at.with(n))
        .ok_or_else(|| lost(at))
}

fn enclosing_select<'p>(program: &'p Program, at: At<'p>) -> Option<(Range<usize>, Transparent)> {
    program
        .source(at)
        .macro_around(at.node)
        .filter(|(_, kind)| *kind == Transparent::Select)
}

/// The outermost node that lies within some bytes.
fn node_at<'p>(inside: At<'p>, span: &Range<usize>) -> Option<At<'p>> {
    std::iter::once(inside.node)
        .chain(ancestors(inside.node))
        .take_while(|n| span.start <= n.start_byte() && n.end_byte() <= span.end)
        .last()
        .map(|n| inside.with(n))
}

/// The last statement of a block after which code can stand, and whether the block has a value after it.
pub fn end_of(block: Node) -> Option<(Node, bool)> {
    let last = named_children(block).pop()?;
    let semicolon = children(last).iter().any(|n| n.kind() == ";");
    let is_value = !(semicolon
        || last.kind() == "let_declaration"
        || last.kind().ends_with("_item")
        || last.kind() == "macro_invocation");
    Some((last, is_value))
}
