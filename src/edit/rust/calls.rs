//! Calls and method chains.

use tree_sitter::Node;

use super::program::{At, Program};
use super::scope::{Binding, binding};
use crate::edit::tree::{children, named_children};

/// The callee of a call, generic arguments taken off, and its last name.
pub fn callee<'p>(program: &'p Program, call: At<'p>) -> Option<(At<'p>, &'p str)> {
    let function = call.node.child_by_field_name("function")?;
    let function = match function.kind() {
        "generic_function" => function.child_by_field_name("function")?,
        _ => function,
    };
    let name = match function.kind() {
        "field_expression" => function.child_by_field_name("field")?,
        "scoped_identifier" => function.child_by_field_name("name")?,
        "identifier" => function,
        _ => return None,
    };
    Some((call.with(function), program.slice_of(call.file, name)))
}

/// An argument of a call.
pub fn argument<'p>(call: At<'p>, place: usize) -> Option<At<'p>> {
    let arguments = call.node.child_by_field_name("arguments")?;
    let found = named_children(arguments).get(place).copied()?;
    Some(call.with(found))
}

/// The expression that a block comes to.
pub fn tail<'p>(block: Node<'p>) -> Option<Node<'p>> {
    let block = match block.kind() {
        "block" => block,
        _ => children(block).into_iter().find(|n| n.kind() == "block")?,
    };
    let last = named_children(block).pop()?;
    match last.kind() {
        "expression_statement" => {
            let semicolon = children(last).iter().any(|n| n.kind() == ";");
            (!semicolon)
                .then(|| named_children(last).first().copied())
                .flatten()
        }
        "let_declaration" | "empty_statement" | "macro_definition" => None,
        kind if kind.ends_with("_item") => None,
        _ => Some(last),
    }
}

/// The call or variable that a method chain starts with, variables followed to their `let`.
pub fn chain_root<'p>(program: &'p Program, at: At<'p>) -> At<'p> {
    let mut at = at;
    for _ in 0..64 {
        let next = match at.node.kind() {
            "call_expression" => callee(program, at)
                .filter(|(function, _)| function.node.kind() == "field_expression")
                .and_then(|(function, _)| function.node.child_by_field_name("value")),
            "await_expression" | "try_expression" | "parenthesized_expression" => {
                at.node.named_child(0)
            }
            "identifier" => match binding(program, at) {
                Some(Binding::Let { declaration, .. }) => declaration.child_by_field_name("value"),
                _ => None,
            },
            _ => None,
        };
        match next {
            Some(node) => at = at.with(node),
            None => break,
        }
    }
    at
}
