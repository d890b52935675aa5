//! Finds where an application serves, and what.

use crate::edit::rust::{
    At, Binding, Program, argument, attributes, binding, callee, chain_root, find, in_tests,
    segments,
};
use crate::edit::tree::{ancestors, children, descendants};

/// How an application serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `axum::serve(listener, app)`.
    Serve,
    /// `axum_server::bind(address).serve(app)` and its like.
    AxumServer,
    /// A loop of the user's own around hyper's `serve_connection`.
    Hyper,
}

/// A call that serves.
#[derive(Clone, Copy)]
pub struct Server<'p> {
    pub kind: Kind,
    /// The call.
    pub call: At<'p>,
    /// What it serves.
    pub app: At<'p>,
}

/// Something that is no server that can be wired, and says why.
pub struct Foreign<'p> {
    pub at: At<'p>,
    pub why: String,
}

/// Every place that serves, tests left out, and every place that serves in a way that cannot be wired.
pub fn servers(program: &Program) -> (Vec<Server<'_>>, Vec<Foreign<'_>>) {
    let mut found = Vec::new();
    let mut foreign = Vec::new();
    let own: Vec<usize> = program.own_files().collect();
    for root in program.roots() {
        for node in descendants(root.node) {
            let at = root.with(node);
            let tested = || in_tests(program.source(at), node);
            match node.kind() {
                "call_expression" => {
                    if let Some(server) = server(program, at).filter(|_| !tested()) {
                        found.push(server);
                    }
                    if let Some(why) =
                        other_server(program, at).filter(|_| own.contains(&at.file) && !tested())
                    {
                        foreign.push(Foreign { at, why });
                    }
                }
                "macro_invocation"
                    if is_opaque(program, at) && !in_tests(program.source(at), node) =>
                {
                    let why = "the server is started inside a macro, where code cannot be followed"
                        .to_owned();
                    foreign.push(Foreign { at, why });
                }
                "function_item" => {
                    let all = attributes(program.source(at), node);
                    if all.iter().any(|a| a.contains("shuttle_runtime::main")) {
                        let why = "Shuttle starts and stops the server itself, so there is nothing to wire a shutdown to".to_owned();
                        foreign.push(Foreign { at, why });
                    }
                }
                _ => {}
            }
        }
    }
    (found, foreign)
}

fn server<'p>(program: &'p Program, call: At<'p>) -> Option<Server<'p>> {
    let (function, name) = callee(program, call)?;
    let (kind, app) = match (name, function.node.kind()) {
        ("serve", "field_expression") => {
            let root = chain_root(
                program,
                function.with(function.node.child_by_field_name("value")?),
            );
            is_from(program, root, "axum_server")
                .then_some((Kind::AxumServer, argument(call, 0)?))?
        }
        ("serve_connection" | "serve_connection_with_upgrades", "field_expression") => {
            (Kind::Hyper, argument(call, 1)?)
        }
        (_, "identifier" | "scoped_identifier")
            if name == "serve" || program.source(call).text.contains("serve as ") =>
        {
            let meaning = program.meaning(function)?;
            let serves = meaning.is(&["axum::serve", "axum::serve::serve"]);
            serves.then_some((Kind::Serve, argument(call, 1)?))?
        }
        _ => return None,
    };
    Some(Server { kind, call, app })
}

/// Whether a call's path, or a parameter's type, comes from a crate.
fn is_from(program: &Program, at: At, krate: &str) -> bool {
    let path = match at.node.kind() {
        "call_expression" => callee(program, at).map(|(function, _)| function),
        "identifier" => match binding(program, at) {
            Some(Binding::Parameter { kind }) => kind.map(|n| at.with(n)),
            _ => None,
        },
        _ => None,
    };
    path.and_then(|path| program.meaning(path))
        .is_some_and(|meaning| {
            meaning.krate.is_none() && meaning.path.first().is_some_and(|p| p == krate)
        })
}

fn other_server(program: &Program, call: At) -> Option<String> {
    let (function, name) = callee(program, call)?;
    let is_path = function.node.kind() != "field_expression";
    if !(is_path && matches!(name, "bind" | "builder" | "from_tcp" | "run")) {
        return None;
    }
    let meaning = program.meaning(function)?;
    if meaning.krate.is_some() {
        return None;
    }
    match meaning.path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["axum", "Server", ..] | ["hyper", "Server" | "server", .., "bind"] => {
            Some("this server is of axum 0.6 or older; axum 0.7 and 0.8 serve with `axum::serve`".to_owned())
        }
        ["lambda_http" | "lambda_runtime", .., "run"] => Some(
            "AWS Lambda starts and freezes the process itself, so there is no shutdown at which a pool could close".to_owned(),
        ),
        _ => None,
    }
}

/// A macro that the tree does not show the inside of, with a server in it.
fn is_opaque(program: &Program, at: At) -> bool {
    let text = program.slice(at);
    if !text.contains("serve") || ancestors(at.node).any(|n| n.kind() == "macro_invocation") {
        return false;
    }
    let Some(tree) = children(at.node)
        .into_iter()
        .find(|n| n.kind() == "token_tree")
    else {
        return false;
    };
    let inside = program.slice(at.with(tree));
    let calls = find(inside, "serve(…)");
    calls.iter().any(|span| {
        let before = &inside[..span.start];
        let path = before
            .rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
            .next();
        let mut names = segments(path.unwrap_or_default());
        names.push("serve".to_owned());
        program
            .meaning_of(at, &names)
            .is_some_and(|meaning| meaning.is(&["axum::serve", "axum::serve::serve"]))
    })
}

/// Whether an `axum_server` is stopped by a handle of the user's.
pub fn has_handle(program: &Program, call: At) -> bool {
    let mut at = call.node;
    while let Some((function, name)) = callee(program, call.with(at)) {
        if name == "handle" {
            return true;
        }
        match function.node.child_by_field_name("value") {
            Some(value) if function.node.kind() == "field_expression" => at = value,
            _ => break,
        }
        if at.kind() == "identifier" {
            let root = chain_root(program, call.with(at));
            let declaration = ancestors(root.node).find(|n| n.kind() == "let_declaration");
            return declaration
                .is_some_and(|d| !find(program.slice(call.with(d)), ".handle(…)").is_empty());
        }
        if at.kind() == "try_expression" || at.kind() == "await_expression" {
            match at.named_child(0) {
                Some(inner) => at = inner,
                None => break,
            }
        }
    }
    false
}
