//! Wires the module into an application: settings read at start, one more route, the pool closed at the end.

mod choose;
mod draft;
mod start;
mod stop;

use crate::edit::cargo_workspace::Package;
use tree_sitter::Node;

use crate::edit::rust::{At, Program, Splice, declare, declares, find, indent};
use crate::types::{FileEdit, Problem};

use super::running::{Run, callers, function_of, run};
use super::servers::{Kind, Server};
use draft::{Drafts, comment_end};

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

/// A server with the place of its route.
pub struct Chosen<'p> {
    pub server: Server<'p>,
    pub site: At<'p>,
}

/// A function that starts the server more than once.
struct Shared<'p> {
    body: At<'p>,
    first: At<'p>,
}

impl<'p> Wiring<'p> {
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
        let mut drafts = Drafts::new(self.program);
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
        drafts.finish()
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
    pub(super) fn path(&self, home: &Home, at: At) -> String {
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
    pub(super) fn has(&self, call: &str) -> bool {
        self.program
            .own_files()
            .any(|file| !find(&self.program.sources[file].text, call).is_empty())
    }

    pub(super) fn krate(&self, at: At) -> usize {
        self.program.module_of(at).map_or(0, |m| m.krate)
    }

    pub(super) fn root_of(&self, krate: usize) -> Option<At<'p>> {
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

    fn declare(&self, home: &Home, drafts: &mut Drafts<'p>) -> Result<(), Problem> {
        let Some(root) = self.root_of(home.krate) else {
            return Err(Problem::input("the crate's root file is missing")
                .in_file(self.package.manifest.path()));
        };
        let line = mod_line(home.has_lib);
        let splice = declare(self.program.source(root), MODULE, line);
        drafts.splice(root.file, splice);
        drafts.block(root.file, "mod", line);
        Ok(())
    }

    fn merge(&self, home: &Home, chosen: &Chosen<'p>, place: usize, drafts: &mut Drafts<'p>) {
        let site = chosen.site;
        let path = self.path(home, site);
        // What our router does not answer goes to the user's as it is. A merge would not do: it takes the layers off what
        // answers unknown routes, and a new route changes which wildcards match beside it.
        let ours = format!("{path}::router()");
        drafts.block(
            site.file,
            &numbered("routes", place),
            format!("{ours}.fallback_service(…)"),
        );
        let declaration = site.node.parent().filter(|n| {
            n.kind() == "let_declaration" && n.child_by_field_name("value") == Some(site.node)
        });
        let name = declaration
            .and_then(|n| n.child_by_field_name("pattern"))
            .filter(|n| n.kind() == "identifier");
        if let (Some(declaration), Some(name)) = (declaration, name) {
            let text = &self.program.source(site).text;
            let indent = indent(text, declaration.start_byte());
            let name = self.program.slice(site.with(name));
            let line = format!("\n{indent}let {name} = {ours}.fallback_service({name});");
            let end = comment_end(text, declaration.end_byte());
            drafts.splice(site.file, Splice::insert(end, line));
            return;
        }
        drafts.wrap(site, format!("{ours}.fallback_service("), ")");
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

    pub(super) fn place(&self, at: At) -> String {
        let source = self.program.source(at);
        let start = at.node.start_position();
        format!("{}:{}:{}", source.path, start.row + 1, start.column + 1)
    }

    pub(super) fn problem(&self, message: &str, at: At, label: &str) -> Problem {
        let source = self.program.source(at);
        let span = at.node.byte_range();
        // One line is enough to find it.
        let line = source.text[span.clone()]
            .find('\n')
            .map_or(span.end, |n| span.start + n);
        Problem::decision(message).at(&source.path, &source.text, span.start..line, label)
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
