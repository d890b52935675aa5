//! Types of expressions, as far as the source proves them.

use tree_sitter::Node;

use crate::edit::rust::{At, Binding, Meaning, Program, argument, binding, segments, tail};
use crate::edit::tree::{ancestors, descendants, named_children};

/// What is known of an expression's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `axum::Router<_>`.
    Router,
    /// A router that becomes one by `split_for_parts` (utoipa-axum) or `finish_api` (aide).
    ApiRouter,
    /// A `Result` or `Option`.
    Wrapped(Box<Type>),
    Tuple(Vec<Type>),
    /// A struct or enum of the program.
    Named(Meaning),
    /// Known to be something else: a closure, a literal.
    Other,
    /// A type of a crate outside the program.
    Foreign,
    Unknown,
}

const ROUTER: &[&str] = &[
    "axum::Router",
    "axum::routing::Router",
    "axum::routing::router::Router",
];
const API_ROUTER: &[&str] = &[
    "utoipa_axum::router::OpenApiRouter",
    "aide::axum::ApiRouter",
    "aide::axum::routing::ApiRouter",
];

/// Methods of `Router` (and of axum-extra's `RouterExt`) that give a `Router` back.
const ROUTER_METHODS: &[&str] = &[
    "clone",
    "fallback",
    "fallback_service",
    "layer",
    "merge",
    "method_not_allowed_fallback",
    "nest",
    "nest_service",
    "reset_fallback",
    "route",
    "route_layer",
    "route_service",
    "route_service_with_tsr",
    "route_with_tsr",
    "typed_connect",
    "typed_delete",
    "typed_get",
    "typed_head",
    "typed_options",
    "typed_patch",
    "typed_post",
    "typed_put",
    "typed_trace",
    "with_state",
    "without_v07_checks",
];

/// Deeper than this no trace goes: code leads in circles.
pub const DEPTH: usize = 40;

/// Answers questions of types about a program.
pub struct Tracer<'p> {
    pub program: &'p Program,
}

impl<'p> Tracer<'p> {
    /// The type of an expression.
    pub fn type_of(&self, at: At<'p>) -> Type {
        self.expression(at, DEPTH)
    }

    pub fn expression(&self, at: At<'p>, depth: usize) -> Type {
        let Some(depth) = depth.checked_sub(1) else {
            return Type::Unknown;
        };
        let node = at.node;
        let field = |name: &str| node.child_by_field_name(name).map(|n| at.with(n));
        let inner = || named_children(node).first().map(|n| at.with(*n));
        match node.kind() {
            "parenthesized_expression"
            | "await_expression"
            | "reference_expression"
            | "unary_expression"
            | "expression_statement" => {
                let value = field("value").or_else(inner);
                value.map_or(Type::Unknown, |at| self.expression(at, depth))
            }
            "try_expression" => match inner().map(|at| self.expression(at, depth)) {
                Some(Type::Wrapped(inside)) => *inside,
                _ => Type::Unknown,
            },
            "identifier" | "self" => self.variable(at, depth),
            "scoped_identifier" => Type::Unknown,
            "field_expression" => self.field(at, depth),
            "call_expression" => self.call(at, depth),
            "struct_expression" => {
                field("name").map_or(Type::Unknown, |at| self.declared(at, depth))
            }
            "block" | "unsafe_block" | "async_block" => {
                let tail = tail(node).map(|n| at.with(n));
                tail.map_or(Type::Unknown, |at| self.expression(at, depth))
            }
            "if_expression" => {
                let alternative = field("alternative")
                    .and_then(|at| named_children(at.node).first().map(|n| at.with(*n)));
                self.first_known(field("consequence").into_iter().chain(alternative), depth)
            }
            "match_expression" => {
                let arms = field("body")
                    .into_iter()
                    .flat_map(|at| named_children(at.node));
                let values = arms.filter_map(|arm| arm.child_by_field_name("value"));
                self.first_known(values.map(|n| at.with(n)), depth)
            }
            "tuple_expression" => Type::Tuple(
                named_children(node)
                    .into_iter()
                    .map(|n| self.expression(at.with(n), depth))
                    .collect(),
            ),
            "closure_expression" => Type::Other,
            kind if kind.ends_with("_literal") => Type::Other,
            _ => Type::Unknown,
        }
    }

    /// All branches have one type: the first that is known is it.
    fn first_known(&self, branches: impl Iterator<Item = At<'p>>, depth: usize) -> Type {
        branches
            .map(|at| self.expression(at, depth))
            .find(|known| *known != Type::Unknown)
            .unwrap_or(Type::Unknown)
    }

    fn variable(&self, at: At<'p>, depth: usize) -> Type {
        match binding(self.program, at) {
            Some(Binding::Parameter { kind: Some(kind) }) => self.declared(at.with(kind), depth),
            Some(Binding::Parameter { kind: None }) if at.node.kind() == "self" => {
                let function = ancestors(at.node).find(|n| n.kind() == "function_item");
                function
                    .and_then(|f| self.program.self_type(at.with(f)))
                    .map_or(Type::Unknown, Type::Named)
            }
            Some(Binding::Let { declaration, place }) => {
                let field = |name: &str| declaration.child_by_field_name(name).map(|n| at.with(n));
                let mut known = Type::Unknown;
                if let Some(kind) = field("type") {
                    known = self.declared(kind, depth);
                }
                if known == Type::Unknown {
                    known = match field("value") {
                        Some(value) => self.expression(value, depth),
                        None => self.assigned(at, declaration, depth),
                    };
                }
                match (place, known) {
                    (None, known) => known,
                    (Some(place), Type::Tuple(parts)) => {
                        parts.get(place).cloned().unwrap_or(Type::Unknown)
                    }
                    _ => Type::Unknown,
                }
            }
            _ => Type::Unknown,
        }
    }

    /// The type of the first value assigned to a variable that was declared without one.
    fn assigned(&self, name: At<'p>, declaration: Node<'p>, depth: usize) -> Type {
        let text = self.program.slice(name);
        let block = declaration.parent().into_iter().flat_map(descendants);
        let values = block
            .filter(|n| n.kind() == "assignment_expression")
            .filter(|n| {
                n.child_by_field_name("left")
                    .is_some_and(|left| self.program.slice(name.with(left)) == text)
            })
            .filter_map(|n| n.child_by_field_name("right"));
        self.first_known(values.map(|n| name.with(n)), depth)
    }

    fn field(&self, at: At<'p>, depth: usize) -> Type {
        let value = at.node.child_by_field_name("value").map(|n| at.with(n));
        let name = at
            .node
            .child_by_field_name("field")
            .map(|n| self.program.slice(at.with(n)));
        let (Some(value), Some(name)) = (value, name) else {
            return Type::Unknown;
        };
        match self.expression(value, depth) {
            Type::Tuple(parts) => {
                let place = name.parse::<usize>().ok();
                place
                    .and_then(|p| parts.get(p).cloned())
                    .unwrap_or(Type::Unknown)
            }
            Type::Named(owner) => {
                for item in self.program.items(&owner) {
                    let Some(body) = item.node.child_by_field_name("body") else {
                        continue;
                    };
                    let fields = named_children(body).into_iter();
                    if body.kind() == "ordered_field_declaration_list" {
                        let mut types = fields.filter(|n| {
                            n.kind() != "visibility_modifier" && n.kind() != "attribute_item"
                        });
                        let kind = name.parse().ok().and_then(|place| types.nth(place));
                        if let Some(kind) = kind {
                            return self.declared(item.with(kind), depth);
                        }
                        continue;
                    }
                    for field in fields.filter(|n| n.kind() == "field_declaration") {
                        let named = field
                            .child_by_field_name("name")
                            .is_some_and(|n| self.program.slice(item.with(n)) == name);
                        if let Some(kind) = field.child_by_field_name("type").filter(|_| named) {
                            return self.declared(item.with(kind), depth);
                        }
                    }
                }
                Type::Unknown
            }
            _ => Type::Unknown,
        }
    }

    fn call(&self, at: At<'p>, depth: usize) -> Type {
        let Some(function) = at.node.child_by_field_name("function") else {
            return Type::Unknown;
        };
        let function = match function.kind() {
            "generic_function" => function.child_by_field_name("function").unwrap_or(function),
            _ => function,
        };
        match function.kind() {
            "field_expression" => self.method(at.with(function), depth),
            "identifier" | "scoped_identifier" => self.function(at, at.with(function), depth),
            _ => Type::Unknown,
        }
    }

    fn method(&self, callee: At<'p>, depth: usize) -> Type {
        let receiver = callee
            .node
            .child_by_field_name("value")
            .map(|n| callee.with(n));
        let name = callee
            .node
            .child_by_field_name("field")
            .map(|n| self.program.slice(callee.with(n)));
        let (Some(receiver), Some(name)) = (receiver, name) else {
            return Type::Unknown;
        };
        let known = self.expression(receiver, depth);
        match (&known, name) {
            (_, "clone" | "to_owned" | "as_ref" | "as_mut" | "by_ref") => known,
            (Type::Router, _) if ROUTER_METHODS.contains(&name) => Type::Router,
            (Type::ApiRouter, "split_for_parts" | "split_for_parts_with") => {
                Type::Tuple(vec![Type::Router, Type::Other])
            }
            (Type::ApiRouter, "finish_api" | "finish_api_with" | "into_router") => Type::Router,
            (Type::ApiRouter, "into_make_service" | "into_make_service_with_connect_info") => {
                Type::Unknown
            }
            // Both know a builder's methods; what is no conversion gives the same router back.
            (Type::ApiRouter, _) => Type::ApiRouter,
            (
                Type::Wrapped(inside),
                "unwrap" | "expect" | "unwrap_or_else" | "unwrap_or_default" | "unwrap_or",
            ) => (**inside).clone(),
            (
                Type::Wrapped(_),
                "context" | "with_context" | "map_err" | "wrap_err" | "ok" | "ok_or" | "ok_or_else"
                | "inspect_err",
            ) => known,
            (Type::Named(owner), _) => self.one_result(self.program.associated(owner, name), depth),
            // A method of the crate's own on axum's router, or on what could not be traced: its name must be the only one.
            (Type::Router | Type::Foreign | Type::Unknown, _) => {
                self.one_result(self.program.methods(name), depth)
            }
            _ => Type::Unknown,
        }
    }

    /// What functions return, if all agree.
    fn one_result(&self, functions: Vec<At<'p>>, depth: usize) -> Type {
        let mut results = functions.into_iter().map(|f| self.result(f, depth));
        match results.next() {
            Some(first) if results.all(|other| other == first) => first,
            _ => Type::Unknown,
        }
    }

    fn function(&self, call: At<'p>, path: At<'p>, depth: usize) -> Type {
        let names = segments(self.program.slice(path));
        let Some((name, owner)) = names.split_last() else {
            return Type::Unknown;
        };
        if matches!((name.as_str(), owner), ("Ok" | "Some", [])) {
            let argument = argument(call, 0);
            return argument.map_or(Type::Unknown, |at| {
                Type::Wrapped(Box::new(self.expression(at, depth)))
            });
        }
        if owner == ["Self"] {
            let function = ancestors(path.node).find(|n| {
                n.kind() == "function_item"
                    && n.parent().is_some_and(|p| p.kind() == "declaration_list")
            });
            let owner = function.and_then(|f| self.program.self_type(path.with(f)));
            let Some(owner) = owner else {
                return Type::Unknown;
            };
            return self.one_result(self.program.associated(&owner, name), depth);
        }
        if !owner.is_empty()
            && let Some(kind) = self.program.meaning_of(path, owner)
        {
            if matches!(name.as_str(), "new" | "default" | "with_openapi") {
                match self.meant(&kind, depth) {
                    Type::Router => return Type::Router,
                    Type::ApiRouter => return Type::ApiRouter,
                    _ => {}
                }
            }
            if matches!(name.as_str(), "from") && self.meant(&kind, depth) == Type::Router {
                return Type::Router;
            }
            let methods = self.program.associated(&kind, name);
            if !methods.is_empty() {
                return self.one_result(methods, depth);
            }
        }
        let Some(meaning) = self.program.meaning_of(path, &names) else {
            return Type::Unknown;
        };
        let functions = self
            .program
            .items(&meaning)
            .into_iter()
            .filter(|f| f.node.kind() == "function_item")
            .collect();
        self.one_result(functions, depth)
    }

    /// What a function returns; for an `async fn` or a future, what it comes to.
    fn result(&self, function: At<'p>, depth: usize) -> Type {
        match function.node.child_by_field_name("return_type") {
            Some(kind) => self.declared(function.with(kind), depth),
            None => Type::Other,
        }
    }

    /// The type that a type expression names.
    pub fn declared(&self, at: At<'p>, depth: usize) -> Type {
        let Some(depth) = depth.checked_sub(1) else {
            return Type::Unknown;
        };
        let node = at.node;
        match node.kind() {
            "tuple_type" => Type::Tuple(
                named_children(node)
                    .into_iter()
                    .map(|n| self.declared(at.with(n), depth))
                    .collect(),
            ),
            "reference_type" => node
                .child_by_field_name("type")
                .map_or(Type::Unknown, |n| self.declared(at.with(n), depth)),
            "primitive_type" | "unit_type" | "array_type" | "never_type" => Type::Other,
            "abstract_type" | "dynamic_type" | "bounded_type" => {
                let output = descendants(node).into_iter().find(|n| {
                    n.kind() == "type_binding"
                        && n.child_by_field_name("name")
                            .is_some_and(|n| self.program.slice(at.with(n)) == "Output")
                });
                output
                    .and_then(|n| n.child_by_field_name("type"))
                    .map_or(Type::Unknown, |n| self.declared(at.with(n), depth))
            }
            "generic_type" | "generic_type_with_turbofish" => {
                let path = node.child_by_field_name("type");
                let first = node.child_by_field_name("type_arguments").and_then(|n| {
                    named_children(n)
                        .into_iter()
                        .find(|n| n.kind() != "lifetime")
                });
                let name = path.map_or("", |n| self.program.slice(at.with(n)));
                let name = name.rsplit("::").next().unwrap_or_default().trim();
                match (name, first) {
                    ("Pin" | "Box", Some(first)) => self.declared(at.with(first), depth),
                    (name, Some(first)) if name.ends_with("Result") || name == "Option" => {
                        Type::Wrapped(Box::new(self.declared(at.with(first), depth)))
                    }
                    _ => path.map_or(Type::Unknown, |n| self.declared(at.with(n), depth)),
                }
            }
            "type_identifier" | "scoped_type_identifier" | "identifier" | "scoped_identifier" => {
                if self.program.slice(at) == "Self" {
                    let function = ancestors(node)
                        .find(|n| matches!(n.kind(), "function_item" | "function_signature_item"));
                    let owner = function.and_then(|f| self.program.self_type(at.with(f)));
                    return owner.map_or(Type::Unknown, |meaning| self.meant(&meaning, depth));
                }
                self.program
                    .meaning(at)
                    .map_or(Type::Unknown, |meaning| self.meant(&meaning, depth))
            }
            _ => Type::Unknown,
        }
    }

    /// The type that a path means.
    fn meant(&self, meaning: &Meaning, depth: usize) -> Type {
        if meaning.is(ROUTER) {
            return Type::Router;
        }
        if meaning.is(API_ROUTER) {
            return Type::ApiRouter;
        }
        if meaning.krate.is_none() && meaning.path.len() > 1 {
            return Type::Foreign;
        }
        for item in self.program.items(meaning) {
            match item.node.kind() {
                "type_item" => {
                    if let Some(kind) = item.node.child_by_field_name("type") {
                        return self.declared(item.with(kind), depth);
                    }
                }
                "struct_item" | "enum_item" => return Type::Named(meaning.clone()),
                _ => {}
            }
        }
        Type::Unknown
    }
}
