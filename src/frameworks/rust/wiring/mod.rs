//! What wiring has in common for all frameworks in Rust: the module declared, settings read at start, the pool closed at
//! the end.

mod draft;
mod start;
mod stop;

use crate::edit::cargo::workspace::{CrateKind, Package};
use crate::edit::rust::{At, Program, declare, declares, find, is_named};
use crate::edit::tree::{ancestors, children};
use crate::types::Problem;

use super::calls::{callers, function_of};
use super::running::branching;
pub use draft::{Drafts, comment_end};

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
#[derive(Clone, Copy)]
pub struct Patches<'p> {
    pub program: &'p Program,
    pub package: &'p Package,
}

/// A function that starts the server more than once.
pub struct Shared<'p> {
    pub body: At<'p>,
    pub first: At<'p>,
}

impl<'p> Patches<'p> {
    /// Whether the module is declared and all of these calls are there.
    pub fn is_wired(&self, calls: &[String]) -> bool {
        calls.iter().all(|call| self.has(call))
            && (0..self.program.own).any(|krate| self.declared(krate))
    }

    /// Whether a crate's root declares the module.
    pub fn declared(&self, krate: usize) -> bool {
        let root = self.root_of(krate);
        root.is_some_and(|at| declares(self.program.source(at), MODULE))
    }

    /// The crate that the module is declared in: the library, or the binary that serves.
    pub fn home(&self, serving: Option<At>) -> Home {
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
                krate: serving.map_or(0, |at| self.krate(at)),
                has_lib: false,
            },
        }
    }

    /// The module's path as code at `at` names it.
    pub fn path(&self, home: &Home, at: At) -> String {
        let Some(module) = self.program.module_of(at) else {
            return MODULE.to_owned();
        };
        if module.krate != home.krate {
            let name = &self.program.crates[home.krate].name;
            let meant = self.program.meaning_of(at, std::slice::from_ref(name));
            let is_library =
                meant.is_some_and(|it| it.krate == Some(home.krate) && it.path.is_empty());
            // A module of the binary may have the library's name.
            let root = if is_library { "" } else { "::" };
            return format!("{root}{name}::{MODULE}");
        }
        if module.path.is_empty() {
            MODULE.to_owned()
        } else {
            format!("crate::{MODULE}")
        }
    }

    /// Whether some file already calls a function of the module.
    pub fn has(&self, call: &str) -> bool {
        self.program.own_files().any(|file| {
            let text = &self.program.sources[file].text;
            let mut found = find(text, call).into_iter();
            found.any(|at| self.may_lead_to_module(&text[..at.start]))
        })
    }

    /// Whether the path that `before` ends in leads to the module, and not to another one of its name.
    fn may_lead_to_module(&self, before: &str) -> bool {
        let Some(path) = before.trim_end().strip_suffix("::") else {
            return true;
        };
        let is_end = |c: char| !c.is_alphanumeric() && c != '_';
        let outer = path.rsplit(is_end).next().unwrap_or_default();
        let own = &self.program.crates[..self.program.own];
        ["crate", "self", "super"].contains(&outer) || own.iter().any(|own| own.name == outer)
    }

    pub fn krate(&self, at: At) -> usize {
        self.program.module_of(at).map_or(0, |m| m.krate)
    }

    pub fn root_of(&self, krate: usize) -> Option<At<'p>> {
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

    pub fn declare(&self, home: &Home, drafts: &mut Drafts<'p>) -> Result<(), Problem> {
        let Some(root) = self.root_of(home.krate) else {
            return Err(Problem::input("the crate's root file is missing")
                .in_file(self.package.manifest.path()));
        };
        let source = self.program.source(root);
        let taken = children(root.node).into_iter().find(|item| {
            let names = || !find(source.slice(*item), MODULE).is_empty();
            match item.kind() {
                "mod_item" => is_named(source, *item, MODULE),
                "use_declaration" => names() && self.program.imports(root, MODULE),
                _ => false,
            }
        });
        if let Some(taken) = taken {
            return Err(self.problem(
                &format!("`{MODULE}` is something else here"),
                root.with(taken),
                "the layer's module has this name",
            ));
        }
        let line = mod_line(home.has_lib);
        let splice = declare(source, MODULE, line);
        drafts.splice(root.file, splice);
        drafts.block(root.file, "mod", line);
        Ok(())
    }

    /// The servers of the package itself: with servers in several binaries, those of the one that `cargo run` starts.
    ///
    /// # Errors
    /// All are in other packages.
    pub fn own_servers<T>(
        &self,
        found: Vec<T>,
        call: impl Fn(&T) -> At<'p>,
    ) -> Result<Vec<T>, Problem> {
        let is_own = |server: &T| self.krate(call(server)) < self.program.own;
        let (own, others): (Vec<_>, Vec<_>) = found.into_iter().partition(is_own);
        if let ([], [other, ..]) = (own.as_slice(), others.as_slice()) {
            return Err(self
                .problem(
                    "the server is started in another package",
                    call(other),
                    "here",
                )
                .help("add the module to that package: `-p` and its name"));
        }
        let Some(default) = &self.package.default_run else {
            return Ok(own);
        };
        let preferred = |server: &T| {
            let krate = &self.program.crates[self.krate(call(server))];
            krate.kind == CrateKind::Lib || krate.name == *default
        };
        let (chosen, others): (Vec<_>, Vec<_>) = own.into_iter().partition(preferred);
        Ok(if chosen.is_empty() { others } else { chosen })
    }

    /// Reasons why the place itself cannot be edited.
    pub fn check_place(&self, home: &Home, call: At<'p>, site: At<'p>) -> Result<(), Problem> {
        if self.krate(site) >= self.program.own {
            return Err(self.problem("the application is made in another package", site, "here"));
        }
        for at in [call, site] {
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
        let path = &self.program.source(call).path;
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
                call,
                "both the library and the binary declare this module",
            ));
        }
        self.check_timers()?;
        for root in self.program.roots() {
            let text = &self.program.source(root).text;
            if text.contains(HEALTH)
                && let Some(at) = find(text, &format!("\"{HEALTH}\"")).into_iter().next()
            {
                return Err(Problem::decision(format!(
                    "`{HEALTH}` is a route of the application already"
                ))
                .at(&self.program.source(root).path, text, at, "here"));
            }
        }
        Ok(())
    }

    /// Refuses a runtime that is built without timers: the layer's timeouts would panic.
    fn check_timers(&self) -> Result<(), Problem> {
        if self.has("enable_all") || self.has("enable_time") {
            return Ok(());
        }
        for file in self.program.own_files() {
            let source = &self.program.sources[file];
            if let Some(at) = find(&source.text, "enable_io").into_iter().next() {
                return Err(Problem::decision("the runtime has no timers")
                    .at(&source.path, &source.text, at, "this enables I/O alone")
                    .help("say `enable_all()`, then run this again"));
            }
        }
        Ok(())
    }

    /// The function that calls the one that serves, if it calls it more than once.
    pub fn shared_caller(&self, serving: At<'p>) -> Result<Option<Shared<'p>>, Problem> {
        let mut at = serving;
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
                    let branches = rest.iter().all(|other| branching(*one, *other).is_some());
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
                            serving,
                            "so it is not certain where the pool should close",
                        )),
                    };
                }
            }
        }
        Ok(None)
    }

    pub fn place(&self, at: At) -> String {
        let source = self.program.source(at);
        let start = at.node.start_position();
        format!("{}:{}:{}", source.path, start.row + 1, start.column + 1)
    }

    pub fn problem(&self, message: &str, at: At, label: &str) -> Problem {
        let source = self.program.source(at);
        let span = at.node.byte_range();
        // One line is enough to find it.
        let line = source.text[span.clone()]
            .find('\n')
            .map_or(span.end, |n| span.start + n);
        Problem::decision(message).at(&source.path, &source.text, span.start..line, label)
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
