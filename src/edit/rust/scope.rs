//! What a local name is bound to.

use tree_sitter::Node;

use super::program::{At, Program, attributes};
use crate::edit::tree::{ancestors, children, descendants, named_children};

/// Where a local name comes from.
pub enum Binding<'p> {
    /// `let pattern: type = value;` The names before it in a tuple pattern are counted in `place`.
    Let {
        declaration: Node<'p>,
        place: Option<usize>,
    },
    /// A parameter of a function or closure, with its type if it has one.
    Parameter { kind: Option<Node<'p>> },
    /// A pattern of a `match`, `if let` or loop.
    Pattern,
}

/// The binding that an identifier refers to, by scope.
pub fn binding<'p>(program: &'p Program, name: At<'p>) -> Option<Binding<'p>> {
    let source = program.source(name);
    let text = source.slice(name.node);
    let mut inner = name.node;
    for outer in ancestors(name.node) {
        match outer.kind() {
            "block" => {
                let before = children(outer)
                    .into_iter()
                    .rev()
                    .filter(|n| n.end_byte() <= inner.start_byte());
                for declaration in before.filter(|n| n.kind() == "let_declaration") {
                    let pattern = declaration.child_by_field_name("pattern");
                    if let Some(place) = pattern.and_then(|p| bound(program, name, p, text)) {
                        // Another one may stand beside it, under the opposite condition.
                        let is_conditional = attributes(source, declaration)
                            .iter()
                            .any(|attribute| attribute.contains("cfg"));
                        return Some(match is_conditional {
                            true => Binding::Pattern,
                            false => Binding::Let { declaration, place },
                        });
                    }
                }
            }
            "closure_expression" | "function_item" => {
                let parameters = outer.child_by_field_name("parameters");
                for parameter in parameters.into_iter().flat_map(named_children) {
                    let pattern = parameter
                        .child_by_field_name("pattern")
                        .unwrap_or(parameter);
                    let names = if parameter.kind() == "self_parameter" {
                        text == "self"
                    } else {
                        bound(program, name, pattern, text).is_some()
                    };
                    if names {
                        let kind = parameter.child_by_field_name("type");
                        let plain = matches!(pattern.kind(), "identifier" | "mut_pattern" | "self");
                        return Some(Binding::Parameter {
                            kind: kind.filter(|_| plain),
                        });
                    }
                }
                if outer.kind() == "function_item" {
                    return None;
                }
            }
            "match_arm" | "for_expression" => {
                let pattern = outer.child_by_field_name("pattern");
                if pattern.is_some_and(|p| inner != p && bound(program, name, p, text).is_some()) {
                    return Some(Binding::Pattern);
                }
            }
            "if_expression" | "while_expression" => {
                let condition = outer.child_by_field_name("condition");
                let lets = condition.into_iter().flat_map(descendants);
                for clause in lets.filter(|n| n.kind() == "let_condition") {
                    let pattern = clause.child_by_field_name("pattern");
                    let names = |p| bound(program, name, p, text).is_some();
                    if Some(inner) != condition && pattern.is_some_and(names) {
                        return Some(Binding::Pattern);
                    }
                }
            }
            _ => {}
        }
        inner = outer;
    }
    None
}

/// Whether a pattern binds `name`; then its place in a tuple, if the pattern is one.
fn bound(program: &Program, at: At, pattern: Node, name: &str) -> Option<Option<usize>> {
    let is_name =
        |node: Node| node.kind() == "identifier" && program.slice_of(at.file, node) == name;
    match pattern.kind() {
        "identifier" => is_name(pattern).then_some(None),
        "mut_pattern" | "ref_pattern" => named_children(pattern)
            .into_iter()
            .any(is_name)
            .then_some(None),
        "tuple_pattern" => named_children(pattern)
            .into_iter()
            .position(|p| bound(program, at, p, name) == Some(None))
            .map(Some),
        // A struct or enum pattern: that it binds the name is known, what the name then is is not.
        _ => {
            let binds = |node: &Node| {
                matches!(node.kind(), "identifier" | "shorthand_field_identifier")
                    && program.slice_of(at.file, *node) == name
            };
            descendants(pattern)
                .iter()
                .any(binds)
                .then_some(Some(usize::MAX))
        }
    }
}

/// The later uses of the variable that a `let` declares, in its block.
pub fn uses<'p>(program: &'p Program, declaration: At<'p>, name: &str) -> Vec<At<'p>> {
    let Some(block) = declaration.node.parent() else {
        return Vec::new();
    };
    let refers = |node: &Node<'p>| {
        if node.kind() != "identifier" || program.slice_of(declaration.file, *node) != name {
            return false;
        }
        matches!(
            binding(program, declaration.with(*node)),
            Some(Binding::Let { declaration: found, .. }) if found == declaration.node
        )
    };
    descendants(block)
        .into_iter()
        .filter(|n| n.start_byte() >= declaration.node.end_byte())
        .filter(refers)
        .map(|n| declaration.with(n))
        .collect()
}
