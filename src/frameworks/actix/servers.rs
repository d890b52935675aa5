//! Finds where an application serves, and where its `App` is made.

use crate::edit::rust::{
    At, Binding, Meaning, Program, argument, attributes, binding, callee, chain_root, find,
    in_tests, tail,
};
use crate::edit::tree::{ancestors, children, descendants};

/// Something that is no server that can be wired, and says why.
pub struct Foreign<'p> {
    pub at: At<'p>,
    pub why: &'static str,
}

/// Every `HttpServer::new(…)`, tests left out, and everything that serves in a way that cannot be wired.
pub fn servers(program: &Program) -> (Vec<At<'_>>, Vec<Foreign<'_>>) {
    let mut found = Vec::new();
    let mut foreign = Vec::new();
    let own: Vec<usize> = program.own_files().collect();
    for root in program.roots() {
        for node in descendants(root.node) {
            let at = root.with(node);
            let counts = || own.contains(&at.file) && !in_tests(program.source(at), node);
            match node.kind() {
                "call_expression" => {
                    if is_new(program, at, "HttpServer") && !in_tests(program.source(at), node) {
                        found.push(at);
                    }
                    if is_lambda(program, at) && counts() {
                        let why = "AWS Lambda starts and freezes the process itself, so there is no shutdown at which a pool could close";
                        foreign.push(Foreign { at, why });
                    }
                }
                "macro_invocation" if is_opaque(program, at) && counts() => {
                    let why = "the server is made inside a macro, where code cannot be followed";
                    foreign.push(Foreign { at, why });
                }
                "function_item" => {
                    let all = attributes(program.source(at), node);
                    if all.iter().any(|a| a.contains("shuttle_runtime::main")) && counts() {
                        let why = "Shuttle starts and stops the server itself, so there is nothing to wire a shutdown to";
                        foreign.push(Foreign { at, why });
                    }
                }
                _ => {}
            }
        }
    }
    (found, foreign)
}

/// The expressions `App::new()` of which one makes what a server serves; empty where that is not certain.
pub fn apps<'p>(program: &'p Program, server: At<'p>) -> Vec<At<'p>> {
    argument(server, 0).map_or_else(Vec::new, |factory| made_by(program, factory, 8))
}

/// The `App`s in what a factory evaluates.
fn made_by<'p>(program: &'p Program, factory: At<'p>, depth: usize) -> Vec<At<'p>> {
    let Some(depth) = depth.checked_sub(1) else {
        return Vec::new();
    };
    match factory.node.kind() {
        "closure_expression" => match factory.node.child_by_field_name("body") {
            Some(body) => made_in(program, factory.with(body), depth),
            None => Vec::new(),
        },
        // What the closure takes is cloned first.
        "block" => match tail(factory.node) {
            Some(value) => made_by(program, factory.with(value), depth),
            None => Vec::new(),
        },
        "identifier" if binding(program, factory).is_some() => match binding(program, factory) {
            Some(Binding::Let {
                declaration,
                place: None,
            }) => match declaration.child_by_field_name("value") {
                Some(value) => made_by(program, factory.with(value), depth),
                None => Vec::new(),
            },
            _ => Vec::new(),
        },
        "call_expression" => match callee(program, factory) {
            Some((receiver, "clone")) => match receiver.node.child_by_field_name("value") {
                Some(value) => made_by(program, factory.with(value), depth),
                None => Vec::new(),
            },
            // A function that returns the factory.
            Some((path, _)) => called(program, path, depth),
            None => Vec::new(),
        },
        _ => called(program, factory, depth),
    }
}

/// The `App`s that a piece of code makes itself, else those of the function that its value comes from.
fn made_in<'p>(program: &'p Program, code: At<'p>, depth: usize) -> Vec<At<'p>> {
    let own: Vec<At> = descendants(code.node)
        .into_iter()
        .map(|node| code.with(node))
        .filter(|at| at.node.kind() == "call_expression" && is_new(program, *at, "App"))
        .collect();
    if !own.is_empty() {
        return own;
    }
    let value = match code.node.kind() {
        "block" => tail(code.node).map(|node| code.with(node)),
        _ => Some(code),
    };
    let Some(root) = value.map(|at| chain_root(program, at)) else {
        return Vec::new();
    };
    match (root.node.kind(), depth.checked_sub(1)) {
        ("call_expression", Some(depth)) => match callee(program, root) {
            Some((path, _)) => called(program, path, depth),
            None => Vec::new(),
        },
        ("closure_expression", Some(depth)) => made_by(program, root, depth),
        _ => Vec::new(),
    }
}

/// The `App`s of the function that a path names.
fn called<'p>(program: &'p Program, path: At<'p>, depth: usize) -> Vec<At<'p>> {
    let Some(meaning) = program.meaning(path) else {
        return Vec::new();
    };
    let mut functions = program.items(&meaning);
    functions.retain(|item| item.node.kind() == "function_item");
    if functions.is_empty() {
        // `Type::function`
        let owner = meaning.path.split_last().map(|(name, owner)| {
            let owner = Meaning {
                krate: meaning.krate,
                path: owner.to_vec(),
            };
            program.associated(&owner, name)
        });
        functions = owner.unwrap_or_default();
    }
    match functions.as_slice() {
        [one] => match one.node.child_by_field_name("body") {
            Some(body) => made_in(program, one.with(body), depth),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Whether a call is `actix_web::<owner>::new(…)`.
fn is_new(program: &Program, call: At, owner: &str) -> bool {
    let Some((path, "new")) = callee(program, call) else {
        return false;
    };
    path.node.kind() == "scoped_identifier"
        && program
            .meaning(path)
            .is_some_and(|meaning| meaning.is(&[&format!("actix_web::{owner}::new")]))
}

fn is_lambda(program: &Program, call: At) -> bool {
    let Some((path, "run_actix_on_lambda")) = callee(program, call) else {
        return false;
    };
    program
        .meaning(path)
        .is_some_and(|meaning| meaning.krate.is_none())
}

/// A macro that the tree does not show the inside of, with a server in it.
fn is_opaque(program: &Program, at: At) -> bool {
    if ancestors(at.node).any(|n| n.kind() == "macro_invocation") {
        return false;
    }
    let tree = children(at.node)
        .into_iter()
        .find(|n| n.kind() == "token_tree");
    tree.is_some_and(|tree| !find(program.slice(at.with(tree)), "HttpServer::new(…)").is_empty())
}
