//! Finds the place where one more route can be merged into an axum `Router`.

use crate::edit::rust::{At, Binding, argument, binding, callee, segments, tail};
use crate::edit::tree::{descendants, named_children};
use crate::frameworks::rust::types::{DEPTH, Tracer, Type};

/// Layers that never answer in place of the service inside, and change no path but by a trailing slash.
const HARMLESS_LAYERS: &[&str] = &["NormalizePathLayer", "TraceLayer", "CompressionLayer"];

impl<'p> Tracer<'p> {
    /// Where `.merge(…)` can be put so that all that `served` serves gets one more route: an expression of type
    /// `Router`, as far outside as there is one.
    pub fn site(&self, served: At<'p>) -> Result<At<'p>, NoSite<'p>> {
        self.find_site(served, DEPTH)
    }

    fn find_site(&self, at: At<'p>, depth: usize) -> Result<At<'p>, NoSite<'p>> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(NoSite::unknown(at));
        };
        match self.expression(at, DEPTH) {
            Type::Router => return Ok(at),
            Type::Other => return Err(NoSite::no_router(at)),
            _ => {}
        }
        match at.node.kind() {
            "identifier" => match binding(self.program, at) {
                Some(Binding::Let {
                    declaration,
                    place: None,
                }) => match declaration.child_by_field_name("value") {
                    Some(value) => self.find_site(at.with(value), depth),
                    None => Err(NoSite::unknown(at)),
                },
                _ => Err(NoSite::unknown(at)),
            },
            "parenthesized_expression"
            | "await_expression"
            | "reference_expression"
            | "try_expression" => match named_children(at.node).first() {
                Some(inner) => self.find_site(at.with(*inner), depth),
                None => Err(NoSite::unknown(at)),
            },
            "call_expression" => self.site_in_call(at, depth),
            "closure_expression" => match at.node.child_by_field_name("body") {
                Some(body) => self.site_in_closure(at.with(body), depth),
                None => Err(NoSite::unknown(at)),
            },
            _ => Err(NoSite::unknown(at)),
        }
    }

    fn site_in_call(&self, at: At<'p>, depth: usize) -> Result<At<'p>, NoSite<'p>> {
        let unknown = Err(NoSite::unknown(at));
        let Some((callee, name)) = callee(self.program, at) else {
            return unknown;
        };
        if callee.node.kind() == "field_expression" {
            let Some(receiver) = callee.node.child_by_field_name("value").map(|n| at.with(n))
            else {
                return unknown;
            };
            return match name {
                "into_make_service"
                | "into_make_service_with_connect_info"
                | "into_service"
                | "as_service"
                | "clone"
                | "unwrap"
                | "expect" => self.find_site(receiver, depth),
                "layer" => match argument(at, 0) {
                    Some(inner) if self.is_harmless(receiver, depth) => {
                        self.find_site(inner, depth)
                    }
                    _ => Err(NoSite {
                        at: receiver,
                        why: Why::Layer,
                    }),
                },
                _ => unknown,
            };
        }
        match name {
            "into_make_service" | "into_make_service_with_connect_info" => match argument(at, 0) {
                Some(inner) => self.find_site(inner, depth),
                None => unknown,
            },
            "new" => {
                let owner = self.program.slice(callee);
                let wraps = ["TowerToHyperService", "IntoMakeService", "Shared"];
                match argument(at, 0) {
                    Some(inner) if wraps.iter().any(|w| owner.contains(w)) => {
                        self.find_site(inner, depth)
                    }
                    _ => unknown,
                }
            }
            "service_fn" => match argument(at, 0) {
                Some(closure) if closure.node.kind() == "closure_expression" => {
                    match closure.node.child_by_field_name("body") {
                        Some(body) => self.site_in_closure(closure.with(body), depth),
                        None => unknown,
                    }
                }
                _ => unknown,
            },
            _ => {
                let meaning = self.program.meaning(callee);
                let functions = meaning.map(|m| self.program.items(&m)).unwrap_or_default();
                let body = match functions.as_slice() {
                    [one] => one.node.child_by_field_name("body").map(|n| one.with(n)),
                    _ => None,
                };
                match body.and_then(|body| tail(body.node).map(|n| body.with(n))) {
                    Some(tail) => self.find_site(tail, depth),
                    None => unknown,
                }
            }
        }
    }

    /// A closure that hands its request to the router by `call` or `oneshot`: the router's own binding.
    fn site_in_closure(&self, body: At<'p>, depth: usize) -> Result<At<'p>, NoSite<'p>> {
        let mut found: Option<At<'p>> = None;
        for call in descendants(body.node)
            .into_iter()
            .filter(|n| n.kind() == "call_expression")
        {
            let Some((callee, "call" | "oneshot")) = callee(self.program, body.with(call)) else {
                continue;
            };
            let Some(receiver) = callee.node.child_by_field_name("value") else {
                continue;
            };
            let origin = self.origin(body.with(receiver), depth);
            let site = self.find_site(origin, depth)?;
            if found.is_some_and(|other| other.node != site.node) {
                return Err(NoSite::unknown(body));
            }
            found = Some(site);
        }
        found.ok_or(NoSite::unknown(body))
    }

    /// The value that a chain of variables and `clone`s began with.
    fn origin(&self, at: At<'p>, depth: usize) -> At<'p> {
        let Some(depth) = depth.checked_sub(1) else {
            return at;
        };
        match at.node.kind() {
            "identifier" => match binding(self.program, at) {
                Some(Binding::Let {
                    declaration,
                    place: None,
                }) => match declaration.child_by_field_name("value") {
                    Some(value) => self.origin(at.with(value), depth),
                    None => at,
                },
                _ => at,
            },
            "call_expression" => match callee(self.program, at) {
                Some((callee, "clone")) => match callee.node.child_by_field_name("value") {
                    Some(value) => self.origin(at.with(value), depth),
                    None => at,
                },
                _ => at,
            },
            _ => at,
        }
    }

    /// Whether a layer is known to leave our route alone.
    fn is_harmless(&self, layer: At<'p>, depth: usize) -> bool {
        let origin = self.origin(layer, depth);
        let text = self.program.slice(origin);
        let first = segments(text.split('(').next().unwrap_or_default());
        first.iter().any(|s| HARMLESS_LAYERS.contains(&s.as_str()))
    }
}

/// Why there is no place for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// What is served is no router at all: a redirect, a closure.
    NoRouter,
    /// A layer around the router may answer in its place.
    Layer,
    Unknown,
}

/// There is no place for a route.
#[derive(Clone, Copy)]
pub struct NoSite<'p> {
    /// The expression at which the trace ended.
    pub at: At<'p>,
    pub why: Why,
}

impl<'p> NoSite<'p> {
    fn unknown(at: At<'p>) -> Self {
        Self {
            at,
            why: Why::Unknown,
        }
    }

    fn no_router(at: At<'p>) -> Self {
        Self {
            at,
            why: Why::NoRouter,
        }
    }
}
