//! Wires the module into an application: settings read at start, one more route, the pool closed at the end.

use std::collections::BTreeMap;
use std::ops::Range;

use tree_sitter::Node;

use crate::edit::cargo_workspace::{CrateKind, Package};
use crate::edit::rust::{
    At, Binding, Place, Program, Splice, ancestors, binding, children, declare, declares,
    descendants, edit, find, in_tests, indent, keep, line_start, named_children, spliced, step,
};
use crate::types::{Block, FileEdit, Problem};

use super::running::{Run, callers, end_of, function_of, run, statement};
use super::servers::{Kind, Server, servers};
use super::trace::{Tracer, Why, callee};

/// The module's name in Rust.
pub const MODULE: &str = "db_postgres";
/// The health route.
pub const HEALTH: &str = "/api/health/module/postgres";

/// The crate that declares the module, and how others reach it.
pub struct Home {
    /// The index of the crate in the program.
    pub krate: usize,
    pub has_lib: bool,
}

/// All that wiring reads.
pub struct Wiring<'p> {
    pub program: &'p Program,
    pub package: &'p Package,
}

/// Splices and blocks of one file.
#[derive(Default)]
struct Draft {
    splices: Vec<Splice>,
    blocks: Vec<Block>,
}

/// A server with the place of its route.
pub struct Chosen<'p> {
    pub server: Server<'p>,
    pub site: At<'p>,
}

impl<'p> Wiring<'p> {
    /// The servers to wire: one, or several that exclude each other.
    ///
    /// # Errors
    /// None, several, or one whose router cannot be found.
    pub fn choose(&self) -> Result<Vec<Chosen<'p>>, Problem> {
        let (found, foreign) = servers(self.program);
        let tracer = Tracer {
            program: self.program,
        };
        if let Some(first) = foreign.first() {
            return Err(self.problem("the application cannot be wired", first.at, &first.why));
        }
        let (own, others): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|s| self.krate(s.call) < self.program.own);
        if let ([], [other, ..]) = (own.as_slice(), others.as_slice()) {
            return Err(self
                .problem(
                    "the server is started in another package",
                    other.call,
                    "here",
                )
                .help("add the module to that package: `-p` and its name"));
        }
        let found = self.of_one_binary(own);
        let mut chosen: Vec<Chosen> = Vec::new();
        let mut unknown = None;
        for server in found {
            match tracer.site(server.app) {
                Ok(site) => chosen.push(Chosen { server, site }),
                Err(no) if no.why == Why::NoRouter => {}
                Err(no) => unknown = unknown.or(Some(no)),
            }
        }
        if let Some(no) = unknown {
            let (what, why) = match no.why {
                Why::Layer => (
                    "a layer around the router may answer before the health route",
                    "this layer wraps the whole application",
                ),
                _ => (
                    "it is not certain that this is an axum `Router`",
                    "cannot be followed to a `Router`",
                ),
            };
            return Err(self.problem(what, no.at, why));
        }
        match chosen.as_slice() {
            [] => Err(Problem::decision(format!(
                "no server was found in package `{}`",
                self.package.name
            ))
            .note("looked for `axum::serve(…)`, `axum_server::bind(…).serve(…)` and loops around hyper's `serve_connection`")
            .in_file(&self.package.manifest.path())),
            [_] => Ok(chosen),
            [first, rest @ ..] => match rest.iter().find(|other| !self.exclude(first, other)) {
                None => Ok(chosen),
                Some(other) => Err(self
                    .problem(
                        "the application has several servers",
                        other.server.call,
                        "which of them should have the health route?",
                    )
                    .note(format!("another one is at {}", self.place(first.server.call)))),
            },
        }
    }

    /// With servers in several binaries, those of the one that `cargo run` starts.
    fn of_one_binary(&self, found: Vec<Server<'p>>) -> Vec<Server<'p>> {
        let default = self.package.default_run.as_ref();
        let preferred = |krate: usize| {
            let krate = &self.program.crates[krate];
            krate.kind == CrateKind::Lib || default.is_some_and(|name| krate.name == *name)
        };
        if default.is_some() && found.iter().any(|s| preferred(self.krate(s.call))) {
            return found
                .into_iter()
                .filter(|s| preferred(self.krate(s.call)))
                .collect();
        }
        found
    }

    /// Whether two servers are in different branches of one `if` or `match`, and so never both run.
    fn exclude(&self, one: &Chosen<'p>, other: &Chosen<'p>) -> bool {
        self.branching(one.server.call, other.server.call).is_some()
    }

    /// The `if` or `match` of which two nodes are in different branches.
    fn branching(&self, one: At<'p>, other: At<'p>) -> Option<At<'p>> {
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

    fn krate(&self, at: At) -> usize {
        self.program.module_of(at).map_or(0, |m| m.krate)
    }

    /// The crate that the module is declared in: the library, or the binary that serves.
    pub fn home(&self, chosen: &[Chosen]) -> Home {
        let library = self
            .package
            .lib
            .as_ref()
            .and_then(|lib| self.program.crates.iter().position(|c| c == lib));
        match library {
            Some(krate) => Home {
                krate,
                has_lib: true,
            },
            None => Home {
                krate: chosen.first().map_or(0, |c| self.krate(c.server.call)),
                has_lib: false,
            },
        }
    }

    /// The module's path as code at `at` names it.
    fn path(&self, home: &Home, at: At) -> String {
        let Some(module) = self.program.module_of(at) else {
            return MODULE.to_owned();
        };
        if module.krate != home.krate {
            return format!("{}::{MODULE}", self.program.crates[home.krate].name);
        }
        if module.path.is_empty() {
            MODULE.to_owned()
        } else {
            format!("crate::{MODULE}")
        }
    }

    /// Whether some file already calls a function of the module.
    fn has(&self, call: &str) -> bool {
        self.program
            .own_files()
            .any(|file| !find(&self.program.sources[file].text, call).is_empty())
    }

    /// All edits; none if everything is there.
    ///
    /// # Errors
    /// A place that is not certain.
    pub fn edits(&self) -> Result<Vec<FileEdit>, Problem> {
        let init_call = format!("{MODULE}::init()");
        let close_call = format!("{MODULE}::close()");
        let router_call = format!("{MODULE}::router");
        let wired = [&init_call, &close_call, &router_call]
            .iter()
            .all(|call| self.has(call));
        let declared = |krate: usize| {
            let root = self.root_of(krate);
            root.is_some_and(|at| declares(self.program.source(at), MODULE))
        };
        if wired && (0..self.program.own).any(declared) {
            return Ok(Vec::new());
        }
        let chosen = self.choose()?;
        let home = self.home(&chosen);
        for chosen in &chosen {
            self.check_place(&home, chosen)?;
        }
        let runs: Vec<(Run, &Chosen)> = chosen
            .iter()
            .map(|c| match c.server.kind {
                Kind::Hyper => Ok(None),
                _ => run(self.program, c.server).map(|run| Some((run, c))),
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|lost| {
                self.problem(
                    "it is not certain where the server stops",
                    lost.at,
                    &lost.why,
                )
            })?
            .into_iter()
            .flatten()
            .collect();
        let mut drafts: BTreeMap<usize, Draft> = BTreeMap::new();
        if !declared(home.krate) {
            self.declare(&home, &mut drafts)?;
        }
        if !self.has(&router_call) {
            let mut done: Vec<Node> = Vec::new();
            for (place, c) in chosen.iter().enumerate() {
                if !done.contains(&c.site.node) {
                    done.push(c.site.node);
                    self.merge(&home, c, place, &mut drafts);
                }
            }
        }
        let shared = self.shared_caller(&chosen)?;
        if !self.has(&init_call) {
            self.init(&home, &chosen, &runs, shared.as_ref(), &mut drafts);
        }
        if !self.has(&close_call) {
            self.shutdown(&home, &chosen, &runs, shared.as_ref(), &mut drafts)?;
        }
        let mut edits = Vec::new();
        for (file, draft) in drafts {
            edits.push(self.finish(file, draft)?);
        }
        edits.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(edits)
    }

    /// Reasons why the place itself cannot be edited.
    fn check_place(&self, home: &Home, chosen: &Chosen<'p>) -> Result<(), Problem> {
        if self.krate(chosen.site) >= self.program.own {
            return Err(self.problem("the router is made in another package", chosen.site, "here"));
        }
        for at in [chosen.server.call, chosen.site] {
            let item = ancestors(at.node)
                .filter(|n| n.kind() == "function_item")
                .last();
            if let Some(broken) = item.filter(|n| n.has_error()) {
                return Err(self.problem(
                    "the function that serves has a syntax error",
                    at.with(broken),
                    "in here",
                ));
            }
        }
        let path = &self.program.source(chosen.server.call).path;
        let twice = self
            .program
            .sources
            .iter()
            .filter(|s| s.path == *path)
            .count()
            > 1;
        if twice && home.has_lib {
            return Err(self.problem(
                "the file that serves belongs to two crates",
                chosen.server.call,
                "both the library and the binary declare this module",
            ));
        }
        for root in self.program.roots() {
            let text = &self.program.source(root).text;
            if let Some(at) = text.find(&format!("\"{HEALTH}\"")) {
                return Err(Problem::decision(format!(
                    "`{HEALTH}` is a route of the application already"
                ))
                .at(
                    &self.program.source(root).path,
                    text,
                    at..at + HEALTH.len() + 2,
                    "here",
                ));
            }
        }
        Ok(())
    }

    fn root_of(&self, krate: usize) -> Option<At<'p>> {
        let module = self
            .program
            .modules
            .iter()
            .find(|m| m.krate == krate && m.path.is_empty())?;
        Some(At {
            file: module.file,
            node: self.program.sources[module.file].root(),
        })
    }

    fn declare(&self, home: &Home, drafts: &mut BTreeMap<usize, Draft>) -> Result<(), Problem> {
        let Some(root) = self.root_of(home.krate) else {
            return Err(Problem::input("the crate's root file is missing")
                .in_file(&self.package.manifest.path()));
        };
        let line = mod_line(home.has_lib);
        let draft = drafts.entry(root.file).or_default();
        draft
            .splices
            .push(declare(self.program.source(root), MODULE, line));
        draft.blocks.push(block("mod", line));
        Ok(())
    }

    fn merge(
        &self,
        home: &Home,
        chosen: &Chosen<'p>,
        place: usize,
        drafts: &mut BTreeMap<usize, Draft>,
    ) {
        let path = self.path(home, chosen.site);
        let text = format!(".merge({path}::router())");
        let draft = drafts.entry(chosen.site.file).or_default();
        draft.splices.push(self.link(chosen.site, &text));
        draft
            .blocks
            .push(block(&numbered("routes", place), format!("…{text}")));
    }

    /// Puts a method call behind an expression, on a line of its own where the chain is written so.
    fn link(&self, after: At<'p>, call: &str) -> Splice {
        let text = &self.program.source(after).text;
        let node = after.node;
        let end = node.end_byte();
        let last_dot = match callee(self.program, after) {
            Some((function, _)) if function.node.kind() == "field_expression" => {
                function.node.child_by_field_name("field").map(|field| {
                    text[..field.start_byte()]
                        .trim_end()
                        .len()
                        .saturating_sub(1)
                })
            }
            _ => None,
        };
        let own_line = |at: usize| text[line_start(text, at)..at].trim().is_empty();
        if let Some(dot) = last_dot.filter(|dot| own_line(*dot)) {
            return Splice::insert(end, format!("\n{}{call}", indent(text, dot)));
        }
        // What follows the expression may be on a line of its own: `.await` below `axum::serve(…)`.
        let rest = &text[end..];
        let next = rest.trim_start();
        if next.starts_with('.') && rest[..rest.len() - next.len()].contains('\n') {
            let at = end + rest.len() - next.len();
            return Splice::insert(end, format!("\n{}{call}", indent(text, at)));
        }
        let simple = !matches!(
            node.kind(),
            "identifier"
                | "call_expression"
                | "field_expression"
                | "parenthesized_expression"
                | "await_expression"
                | "try_expression"
                | "self"
        );
        if simple {
            return Splice {
                span: node.byte_range(),
                text: format!("({}){call}", &text[node.byte_range()]),
            };
        }
        Splice::insert(end, call)
    }

    /// The function that calls the one that serves, if it calls it more than once.
    fn shared_caller(&self, chosen: &[Chosen<'p>]) -> Result<Option<Shared<'p>>, Problem> {
        let Some(first) = chosen.first() else {
            return Ok(None);
        };
        let mut at = first.server.call;
        for _ in 0..8 {
            let Some(function) = function_of(at) else {
                return Ok(None);
            };
            let calls = callers(self.program, function);
            match calls.as_slice() {
                [] => return Ok(None),
                [one] => at = *one,
                [one, rest @ ..] => {
                    let outer = function_of(*one);
                    let same =
                        |call: &At<'p>| function_of(*call).map(|f| f.node) == outer.map(|f| f.node);
                    let branches = rest
                        .iter()
                        .all(|other| self.branching(*one, *other).is_some());
                    if rest.iter().all(same) && branches {
                        at = *one;
                        continue;
                    }
                    let body =
                        outer.and_then(|f| f.node.child_by_field_name("body").map(|b| f.with(b)));
                    return match body.filter(|_| rest.iter().all(same)) {
                        Some(body) => Ok(Some(Shared { body, first: *one })),
                        None => Err(self.problem(
                            "the server is started from several functions",
                            first.server.call,
                            "so it is not certain where the pool should close",
                        )),
                    };
                }
            }
        }
        Ok(None)
    }

    fn init(
        &self,
        home: &Home,
        chosen: &[Chosen<'p>],
        runs: &[(Run<'p>, &Chosen<'p>)],
        shared: Option<&Shared<'p>>,
        drafts: &mut BTreeMap<usize, Draft>,
    ) {
        let anchor = match shared {
            Some(shared) => outermost_in(shared.body, shared.first),
            None => chosen
                .iter()
                .filter_map(|c| self.before_serving(c, chosen, runs))
                .min_by_key(|at| at.node.start_byte()),
        };
        let Some(anchor) = anchor.map(|at| self.after_dotenv(at, chosen)) else {
            return;
        };
        let path = self.path(home, anchor);
        let step = step(&self.program.source(anchor).text);
        let text = if self.returns_error(anchor) {
            format!("{path}::init()?;")
        } else {
            format!(
                "if let Err(error) = {path}::init() {{\n{step}eprintln!(\"{{error}}\");\n{step}std::process::exit(1);\n}}"
            )
        };
        self.put_before(anchor, "init", &text, drafts);
    }

    /// The statement before which nothing serves yet: the one that binds the listener, else the serving one.
    fn before_serving(
        &self,
        chosen: &Chosen<'p>,
        all: &[Chosen<'p>],
        runs: &[(Run<'p>, &Chosen<'p>)],
    ) -> Option<At<'p>> {
        let call = chosen.server.call;
        let serving = runs
            .iter()
            .find(|(_, c)| c.server.call.node == call.node)
            .map(|(run, _)| run.statement)
            .or_else(|| self.outer_loop(call))
            .or_else(|| statement(call).ok())?;
        let made = statement(call).ok().unwrap_or(serving);
        let first = if made.node.start_byte() < serving.node.start_byte() {
            made
        } else {
            serving
        };
        let first = all
            .iter()
            .filter_map(|other| self.branching(call, other.server.call))
            .filter_map(|branching| statement(branching).ok())
            .min_by_key(|at| at.node.start_byte())
            .unwrap_or(first);
        let listener = match chosen.server.kind {
            Kind::Serve => super::trace::argument(call, 0),
            Kind::AxumServer => None,
            Kind::Hyper => {
                let around = self.outer_loop(call)?;
                descendants(around.node).into_iter().find_map(|n| {
                    let (function, name) = callee(self.program, call.with(n)).filter(|_| n.kind() == "call_expression")?;
                    let receiver = function.node.child_by_field_name("value").filter(|_| name == "accept")?;
                    let is_outer = binding(self.program, call.with(receiver)).is_some_and(
                        |b| matches!(b, Binding::Let { declaration, .. } if declaration.end_byte() <= around.node.start_byte()),
                    );
                    is_outer.then(|| call.with(receiver))
                })
            }
        };
        let bound =
            listener.and_then(
                |at| match binding(self.program, at.with(base_of(at.node))) {
                    Some(Binding::Let { declaration, .. }) => Some(at.with(declaration)),
                    _ => None,
                },
            );
        Some(bound.unwrap_or(first))
    }

    fn outer_loop(&self, at: At<'p>) -> Option<At<'p>> {
        ancestors(at.node)
            .take_while(|n| n.kind() != "function_item")
            .filter(|n| {
                matches!(
                    n.kind(),
                    "loop_expression" | "while_expression" | "for_expression"
                )
            })
            .last()
            .and_then(|n| statement(at.with(n)).ok())
    }

    /// The user's `.env` file must be read before the settings are.
    fn after_dotenv(&self, anchor: At<'p>, chosen: &[Chosen<'p>]) -> At<'p> {
        let serving = chosen
            .iter()
            .map(|c| c.server.call.node.start_byte())
            .min()
            .unwrap_or(usize::MAX);
        let mut later = anchor;
        let mut next = anchor.node.next_named_sibling();
        let mut seen = self.program.slice(anchor).contains("dotenv");
        while let Some(node) = next.filter(|n| n.start_byte() <= serving) {
            if seen && !node.is_extra() {
                later = anchor.with(node);
                seen = false;
            }
            seen |= self.program.slice(anchor.with(node)).contains("dotenv") && !node.is_extra();
            next = node.next_named_sibling();
        }
        later
    }

    /// Whether `?` on an error of the module compiles at a statement.
    fn returns_error(&self, at: At<'p>) -> bool {
        let context = ancestors(at.node).find(|n| {
            matches!(
                n.kind(),
                "function_item" | "async_block" | "closure_expression"
            )
        });
        let kind = context
            .filter(|n| n.kind() == "function_item")
            .and_then(|n| n.child_by_field_name("return_type"));
        kind.is_some_and(|kind| self.takes_any_error(at.with(kind), 8))
    }

    /// Whether a type is a `Result` with an error that any error converts into.
    fn takes_any_error(&self, kind: At<'p>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        let (path, arguments) = match kind.node.kind() {
            "generic_type" => (
                kind.node.child_by_field_name("type"),
                kind.node
                    .child_by_field_name("type_arguments")
                    .map(named_children)
                    .unwrap_or_default(),
            ),
            _ => (Some(kind.node), Vec::new()),
        };
        let Some(path) = path.map(|n| kind.with(n)) else {
            return false;
        };
        let any_error = |node: Node<'p>| {
            let at = kind.with(node);
            let text: String = self
                .program
                .slice(at)
                .chars()
                .filter(|c| !c.is_whitespace())
                .collect();
            let boxed = [
                "Box<dynError",
                "Box<dynstd::error::Error",
                "Box<dyncore::error::Error",
            ];
            let boxed = boxed.iter().any(|start| {
                text.strip_prefix(start)
                    .is_some_and(|rest| rest.starts_with(['+', '>']))
            });
            boxed
                || self.program.meaning(at).is_some_and(|m| {
                    m.is(&[
                        "anyhow::Error",
                        "eyre::Error",
                        "eyre::Report",
                        "color_eyre::Report",
                        "color_eyre::eyre::Report",
                        "color_eyre::eyre::Error",
                        "axum::BoxError",
                        "tower::BoxError",
                    ])
                })
        };
        if let Some(error) = arguments.get(1) {
            return self.program.slice(path).trim_end().ends_with("Result") && any_error(*error);
        }
        let Some(meaning) = self.program.meaning(path) else {
            return false;
        };
        if meaning.is(&[
            "anyhow::Result",
            "eyre::Result",
            "color_eyre::Result",
            "color_eyre::eyre::Result",
        ]) {
            return true;
        }
        self.program
            .items(&meaning)
            .into_iter()
            .filter(|item| item.node.kind() == "type_item")
            .filter_map(|item| item.node.child_by_field_name("type").map(|n| item.with(n)))
            .any(|alias| self.takes_any_error(alias, depth))
    }

    fn shutdown(
        &self,
        home: &Home,
        chosen: &[Chosen<'p>],
        runs: &[(Run<'p>, &Chosen<'p>)],
        shared: Option<&Shared<'p>>,
        drafts: &mut BTreeMap<usize, Draft>,
    ) -> Result<(), Problem> {
        let own_signals = self.own_signals(self.krate(chosen[0].server.call));
        if let [Chosen { server, .. }, ..] = chosen {
            if server.kind == Kind::Hyper {
                return self.stop_loop(home, *server, own_signals, drafts);
            }
        }
        let detached = runs.iter().find_map(|(run, _)| run.detached);
        for (place, (run, chosen)) in runs.iter().enumerate() {
            if !(run.stopped_by_user || own_signals || detached.is_some()) {
                self.graceful(home, run, chosen.server, place, drafts);
            }
        }
        if let Some(place) = detached {
            let function = function_of(place)
                .filter(|f| self.ends_program(*f, 8) && !self.is_last(place))
                .and_then(|f| f.node.child_by_field_name("body").map(|b| place.with(b)));
            return match function {
                Some(body) => self.close_at_end(home, body, drafts),
                None => Err(self.problem(
                    "it is not certain where the server stops",
                    place,
                    "nothing waits for this task",
                )),
            };
        }
        if let Some(shared) = shared {
            return self.close_at_end(home, shared.body, drafts);
        }
        let mut after = runs[0].0.statement;
        if let [(_, one), (_, other), ..] = runs {
            if let Some(branching) = self.branching(one.server.call, other.server.call) {
                after = statement(branching).map_err(|lost| {
                    self.problem(
                        "it is not certain where the server stops",
                        lost.at,
                        &lost.why,
                    )
                })?;
            }
        }
        self.close_after(home, after, &runs[0].0, drafts)
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
        let mut files = self
            .program
            .modules
            .iter()
            .filter(|m| m.krate == krate)
            .map(|m| m.file);
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

    /// Lets the server end by the module's signal.
    fn graceful(
        &self,
        home: &Home,
        run: &Run<'p>,
        server: Server<'p>,
        place: usize,
        drafts: &mut BTreeMap<usize, Draft>,
    ) {
        let path = self.path(home, server.call);
        if server.kind == Kind::Serve {
            let text = format!(".with_graceful_shutdown({path}::shutdown_signal())");
            let draft = drafts.entry(server.call.file).or_default();
            draft.splices.push(self.link(server.call, &text));
            draft
                .blocks
                .push(block(&numbered("shutdown", place), format!("…{text}")));
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
        let made = statement(server.call).unwrap_or_else(|_| run.statement);
        self.put_before(made, &numbered("shutdown", place), &text, drafts);
        let call = format!(".handle({handle})");
        let draft = drafts.entry(server.call.file).or_default();
        draft
            .splices
            .push(self.link(server.call.with(receiver), &call));
        draft
            .blocks
            .push(block(&numbered("handle", place), format!("…{call}")));
    }

    /// A loop of the user's own never ends: the process does.
    fn stop_loop(
        &self,
        home: &Home,
        server: Server<'p>,
        own_signals: bool,
        drafts: &mut BTreeMap<usize, Draft>,
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
        self.put_before(around, "shutdown", &text, drafts);
        Ok(())
    }

    /// Closes the pool after the serving statement.
    fn close_after(
        &self,
        home: &Home,
        at: At<'p>,
        run: &Run<'p>,
        drafts: &mut BTreeMap<usize, Draft>,
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
        let draft = drafts.entry(at.file).or_default();
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
            draft.splices.push(Splice {
                span: at.node.start_byte()..value.start_byte(),
                text: "let served = ".to_owned(),
            });
            draft.splices.push(Splice::insert(
                at.node.end_byte(),
                format!("\n{indent}{close}\n{indent}return served;"),
            ));
            draft.blocks.push(block(
                "close",
                format!("let served = …; {close} return served;"),
            ));
            return Ok(());
        }
        if let Some((_, true)) = last {
            if self.is_unit(at, context) {
                let semicolon = if ends_in_block(at.node) { "" } else { ";" };
                draft.splices.push(Splice::insert(
                    at.node.end_byte(),
                    format!("{semicolon}\n{indent}{close}"),
                ));
                draft.blocks.push(block("close", close));
                return Ok(());
            }
            draft
                .splices
                .push(Splice::insert(at.node.start_byte(), "let served = "));
            draft.splices.push(Splice::insert(
                at.node.end_byte(),
                format!(";\n{indent}{close}\n{indent}served"),
            ));
            draft
                .blocks
                .push(block("close", format!("let served = …;\n{close}\nserved")));
            return Ok(());
        }
        let end = at.node.end_byte();
        draft.splices.push(Splice::insert(
            comment_end(text, end),
            format!("\n{indent}{close}"),
        ));
        draft.blocks.push(block("close", close));
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
        drafts: &mut BTreeMap<usize, Draft>,
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
        let draft = drafts.entry(body.file).or_default();
        if is_value && has_result {
            let plain = inner.kind() == "call_expression"
                && callee(self.program, body.with(inner)).is_some_and(|(_, name)| name == "Ok");
            if !plain {
                draft
                    .splices
                    .push(Splice::insert(last.start_byte(), "let ended = "));
                draft.splices.push(Splice::insert(
                    last.end_byte(),
                    format!(";\n{indent}{close}\n{indent}ended"),
                ));
                draft
                    .blocks
                    .push(block("close", format!("let ended = …;\n{close}\nended")));
                return Ok(());
            }
            draft.splices.push(Splice::insert(
                last.start_byte(),
                format!("{close}\n{indent}"),
            ));
        } else {
            let semicolon = if is_value && !ends_in_block(last) {
                ";"
            } else {
                ""
            };
            draft.splices.push(Splice::insert(
                comment_end(text, last.end_byte()),
                format!("{semicolon}\n{indent}{close}"),
            ));
        }
        draft.blocks.push(block("close", close));
        Ok(())
    }

    /// Puts lines before a statement and the comment above it.
    fn put_before(&self, at: At<'p>, name: &str, lines: &str, drafts: &mut BTreeMap<usize, Draft>) {
        let text = &self.program.source(at).text;
        let mut first = at.node;
        while let Some(before) = first.prev_sibling() {
            let gap = &text[before.end_byte()..first.start_byte()];
            let apart = gap.matches('\n').count() > 1;
            let comment = matches!(
                before.kind(),
                "line_comment" | "block_comment" | "attribute_item"
            );
            let alone = text[line_start(text, before.start_byte())..before.start_byte()]
                .trim()
                .is_empty();
            if !comment || apart || !alone {
                break;
            }
            first = before;
        }
        let start = line_start(text, first.start_byte());
        let draft = drafts.entry(at.file).or_default();
        draft.blocks.push(block(name, lines));
        if !text[start..first.start_byte()].trim().is_empty() {
            draft.splices.push(Splice::insert(
                first.start_byte(),
                format!("{} ", lines.replace('\n', " ")),
            ));
            return;
        }
        let indent = indent(text, first.start_byte());
        let body: Vec<String> = lines
            .lines()
            .map(|line| format!("{indent}{line}\n"))
            .collect();
        let blank_above = text[..start]
            .trim_end_matches([' ', '\t'])
            .ends_with("\n\n")
            || text[..start].ends_with("\r\n\r\n");
        let apart = if blank_above || first != at.node {
            "\n"
        } else {
            ""
        };
        draft
            .splices
            .push(Splice::insert(start, format!("{}{apart}", body.concat())));
    }

    /// Makes all splices of a file, chains laid out anew where they were laid out by rustfmt.
    fn finish(&self, file: usize, draft: Draft) -> Result<FileEdit, Problem> {
        let source = &self.program.sources[file];
        let text = &source.text;
        let is_link = |s: &Splice| s.text.trim_start().starts_with('.');
        let mut chains: Vec<Range<usize>> = draft
            .splices
            .iter()
            .filter(|s| is_link(s))
            .filter_map(|s| self.whole_chain(file, s.span.start))
            .map(|node| node.byte_range())
            .collect();
        let all = chains.clone();
        chains.retain(|c| {
            !all.iter()
                .any(|o| o != c && o.start <= c.start && c.end <= o.end)
        });
        chains.dedup();
        let within = |c: &Range<usize>, s: &Splice| {
            c.start < s.span.start && s.span.end <= c.end && is_link(s)
        };
        let outside = |s: &&Splice| !chains.iter().any(|c| within(c, s));
        let mut splices: Vec<Splice> = draft.splices.iter().filter(outside).cloned().collect();
        for span in &chains {
            let moved: Vec<Splice> = draft
                .splices
                .iter()
                .filter(|s| within(span, s))
                .map(|s| Splice {
                    span: s.span.start - span.start..s.span.end - span.start,
                    text: s.text.clone(),
                })
                .collect();
            let old = &text[span.clone()];
            let new = spliced(old, &moved);
            let line = line_start(text, span.start);
            let columns = |s: &str| {
                s.chars()
                    .map(|c| if c == '\t' { 4 } else { 1 })
                    .sum::<usize>()
            };
            let place = Place {
                indent: columns(indent(text, span.start)),
                column: columns(&text[line..span.start]),
                trailing: 1,
            };
            let laid = if text.contains('\r') || indent(text, span.start).contains('\t') {
                new
            } else {
                keep(old, &new, place)
            };
            // rustfmt opens the block of an `if` or `match` on a line of its own below a chain of several lines.
            let after = &text[span.end..];
            let opens = after.starts_with(" {") && laid.contains('\n') && !old.contains('\n');
            splices.push(Splice {
                span: span.clone(),
                text: laid,
            });
            if opens {
                splices.push(Splice {
                    span: span.end..span.end + 1,
                    text: format!("\n{}", indent(text, span.start)),
                });
            }
        }
        // Splices before the chain at the same byte come first.
        splices.sort_by_key(|s| (s.span.start, s.span.end));
        // Servers that exclude each other have the same blocks: one is enough to find them.
        let mut blocks: Vec<Block> = Vec::new();
        for block in draft.blocks {
            if !blocks.iter().any(|known| known.text == block.text) {
                blocks.push(block);
            }
        }
        edit(source, &splices, blocks)
    }

    /// The whole method chain, as far out as it goes, that a byte is in.
    fn whole_chain(&self, file: usize, at: usize) -> Option<Node<'p>> {
        let source = &self.program.sources[file];
        let mut node = source
            .root()
            .descendant_for_byte_range(at.checked_sub(1)?, at)?;
        let mut chain = None;
        loop {
            match node.kind() {
                "call_expression" | "await_expression" | "try_expression" | "field_expression"
                | "identifier" | "arguments" | "generic_function" | ")" | "scoped_identifier"
                | "type_arguments" | "field_identifier" | "self" => {
                    if matches!(
                        node.kind(),
                        "call_expression" | "await_expression" | "try_expression"
                    ) {
                        chain = Some(node);
                    }
                }
                _ => break,
            }
            node = node.parent()?;
        }
        chain
    }

    fn place(&self, at: At) -> String {
        let source = self.program.source(at);
        let start = at.node.start_position();
        format!("{}:{}:{}", source.path, start.row + 1, start.column + 1)
    }

    fn problem(&self, message: &str, at: At, label: &str) -> Problem {
        let source = self.program.source(at);
        let span = at.node.byte_range();
        // One line is enough to find it.
        let line = source.text[span.clone()]
            .find('\n')
            .map_or(span.end, |n| span.start + n);
        Problem::decision(message).at(&source.path, &source.text, span.start..line, label)
    }
}

/// A function that starts the server more than once.
struct Shared<'p> {
    body: At<'p>,
    first: At<'p>,
}

/// The statement directly in `body` that holds a node.
fn outermost_in<'p>(body: At<'p>, inside: At<'p>) -> Option<At<'p>> {
    std::iter::once(inside.node)
        .chain(ancestors(inside.node))
        .find(|n| n.parent() == Some(body.node))
        .map(|n| inside.with(n))
}

/// The variable that an expression starts with.
fn base_of(node: Node) -> Node {
    let mut at = node;
    while !matches!(at.kind(), "identifier" | "self") {
        let inner = at
            .child_by_field_name("value")
            .or_else(|| at.child_by_field_name("function"))
            .or_else(|| at.named_child(0));
        match inner {
            Some(inner) => at = inner,
            None => return at,
        }
    }
    at
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

/// The end of a statement and of a comment on its line.
fn comment_end(text: &str, at: usize) -> usize {
    let line = text[at..].find('\n').map_or(text.len(), |n| at + n);
    let rest = text[at..line].trim_end();
    if rest.trim_start().starts_with("//") {
        at + rest.len()
    } else {
        at
    }
}

fn block(name: &str, text: impl Into<String>) -> Block {
    Block {
        name: name.to_owned(),
        text: text.into(),
    }
}

fn numbered(name: &str, place: usize) -> String {
    if place == 0 {
        name.to_owned()
    } else {
        format!("{name} {}", place + 1)
    }
}

/// The line that declares the module.
pub fn mod_line(has_lib: bool) -> &'static str {
    if has_lib {
        "pub mod db_postgres;"
    } else {
        "#[allow(dead_code, reason = \"parts of the layer wait for their first use\")]\nmod db_postgres;"
    }
}
