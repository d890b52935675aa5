//! Functions, and who calls them.

use crate::edit::rust::{At, Program, callee, find, in_tests, segments};
use crate::edit::tree::{ancestors, children, descendants, named_children};

use super::types::{Tracer, Type};

/// Whether a function is `async`.
pub fn is_async(program: &Program, function: At) -> bool {
    children(function.node).into_iter().any(|n| {
        n.kind() == "function_modifiers" && program.slice(function.with(n)).contains("async")
    })
}

/// The function around a node.
pub fn function_of(at: At) -> Option<At> {
    ancestors(at.node)
        .find(|n| n.kind() == "function_item")
        .map(|n| at.with(n))
}

/// The calls of a function that the program can come to: not those in tests, nor in functions that only tests call.
pub fn callers<'p>(program: &'p Program, function: At<'p>) -> Vec<At<'p>> {
    let mut calls = calls(program, function);
    if calls.len() > 1 {
        calls.retain(|call| function_of(*call).is_none_or(|f| is_used(program, f, 6)));
    }
    calls
}

/// Whether a function is `main`, or named where the program can come to.
fn is_used(program: &Program, function: At, depth: usize) -> bool {
    let name = function.node.child_by_field_name("name");
    let (Some(name), Some(depth)) = (name, depth.checked_sub(1)) else {
        return true;
    };
    let text = program.slice(function.with(name));
    // What a trait asks for is called by who knows the trait.
    let in_trait = ancestors(function.node)
        .find(|n| n.kind() == "impl_item")
        .is_some_and(|n| n.child_by_field_name("trait").is_some());
    if text == "main" || in_trait {
        return true;
    }
    program.roots().any(|root| {
        let source = program.source(root);
        find(&source.text, text).into_iter().any(|span| {
            let Some(node) = root.node.descendant_for_byte_range(span.start, span.end) else {
                return false;
            };
            let declares = root.file == function.file && node == name;
            let imports = ancestors(node).any(|n| n.kind() == "use_declaration");
            if declares || imports || in_tests(source, node) {
                return false;
            }
            function_of(root.with(node))
                .is_none_or(|f| f.node != function.node && is_used(program, f, depth))
        })
    })
}

/// The calls of a function, tests left out.
fn calls<'p>(program: &'p Program, function: At<'p>) -> Vec<At<'p>> {
    let Some(name) = function.node.child_by_field_name("name") else {
        return Vec::new();
    };
    let name = program.slice(function.with(name));
    let mut found = Vec::new();
    for root in program.roots() {
        for node in descendants(root.node) {
            if node.kind() != "call_expression" {
                continue;
            }
            let at = root.with(node);
            let Some((path, called)) = callee(program, at) else {
                continue;
            };
            if called != name || in_tests(program.source(at), node) {
                continue;
            }
            let owner = program.self_type(function);
            let same = match (path.node.kind(), &owner) {
                ("field_expression", Some(_)) if !takes_self(program, function) => false,
                ("field_expression", Some(owner)) => {
                    let receiver = path.node.child_by_field_name("value");
                    let tracer = Tracer { program };
                    match receiver.map(|n| tracer.type_of(at.with(n))) {
                        Some(Type::Named(named)) => named == *owner,
                        // What cannot be traced may be it.
                        Some(Type::Unknown) => true,
                        _ => false,
                    }
                }
                ("field_expression", None) | ("identifier", Some(_)) => false,
                (_, Some(owner)) => {
                    let mut names = segments(program.slice(path));
                    names.pop();
                    names == ["Self"] || program.meaning_of(path, &names).as_ref() == Some(owner)
                }
                (_, None) => program.meaning(path).is_some_and(|m| {
                    program
                        .items(&m)
                        .iter()
                        .any(|i| i.node == function.node && i.file == function.file)
                }),
            };
            if same {
                found.push(at);
            }
        }
    }
    found
}

/// Whether a function is a method: one without a `self` is never called on a value.
fn takes_self(program: &Program, function: At) -> bool {
    let parameters = function.node.child_by_field_name("parameters");
    parameters
        .and_then(|list| named_children(list).first().copied())
        .is_some_and(|first| program.slice(function.with(first)).contains("self"))
}
