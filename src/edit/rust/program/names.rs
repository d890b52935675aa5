//! What a path means at a place: imports, globs and re-exports followed.

use std::collections::HashMap;

use super::survey::uses_in;
use super::{At, Module, Program};
use crate::edit::cargo::workspace::{CrateKind, CrateRoot};
use crate::edit::rust::tokens::tokens;
use crate::edit::tree::ancestors;

/// What a path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// A crate of the program, or none if it is another one: then the path starts with its name.
    pub krate: Option<usize>,
    pub path: Vec<String>,
}

impl Meaning {
    /// Whether this is an item of a crate outside the program, by one of its paths.
    pub fn is(&self, paths: &[&str]) -> bool {
        self.krate.is_none() && paths.contains(&self.path.join("::").as_str())
    }

    /// The last name.
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// Paths deeper than this are given up on: no code needs them, and names may lead in a circle.
const DEPTH: usize = 24;

/// For a module and a name, the module from which its glob imports bring that name: what one look-up found so far.
type Providers = HashMap<(*const Module, String), Option<Meaning>>;

impl Program {
    /// What the path that `node` spells means there.
    pub fn meaning(&self, at: At) -> Option<Meaning> {
        let text = self.slice(at);
        let path = segments(text);
        match text.starts_with("::") {
            true => self.outside(&path, DEPTH, &mut Providers::new()),
            false => self.meaning_of(at, &path),
        }
    }

    /// What a path means at a place.
    pub fn meaning_of(&self, at: At, path: &[String]) -> Option<Meaning> {
        let module = self.module_of(at)?;
        let first = path.first()?;
        let source = self.source(at);
        let mut known = Providers::new();
        for block in ancestors(at.node).filter(|n| n.kind() == "block") {
            let (uses, globs) = uses_in(source, block);
            if let Some(target) = uses
                .get(first)
                .filter(|t| t.first() != Some(first) || t.len() > 1)
            {
                let full = joined(target, &path[1..]);
                return self.resolve(module, &full, DEPTH, &mut known);
            }
            let provider = globs
                .iter()
                .find_map(|glob| self.provider(module, glob, first, DEPTH, &mut known));
            if let Some(provider) = provider {
                return self.provided(&provider, path, DEPTH, &mut known);
            }
        }
        self.resolve(module, path, DEPTH, &mut known)
    }

    fn resolve(
        &self,
        module: &Module,
        path: &[String],
        depth: usize,
        known: &mut Providers,
    ) -> Option<Meaning> {
        let depth = depth.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" | "$crate" => return self.descend(module.krate, &[], rest, depth, known),
            "self" => return self.descend(module.krate, &module.path, rest, depth, known),
            "super" => {
                let (_, parent) = module.path.split_last()?;
                let mut up = parent;
                let mut rest = rest;
                while let Some(("super", tail)) = rest.split_first().map(|(f, t)| (f.as_str(), t)) {
                    up = up.split_last()?.1;
                    rest = tail;
                }
                return self.descend(module.krate, up, rest, depth, known);
            }
            _ => {}
        }
        if let Some(target) = module.uses.get(first) {
            let full = joined(target, rest);
            // `mod routes; use routes::routes;` imports from what has the same name.
            if target.first() != Some(first) {
                return self.resolve(module, &full, depth, known);
            }
            let child = joined(&module.path, std::slice::from_ref(first));
            if self.module(module.krate, &child).is_some() {
                return self.descend(module.krate, &child, &full[1..], depth, known);
            }
            return self.outside(&full, depth, known);
        }
        if self.declares(module, first) {
            return self.descend(module.krate, &module.path, path, depth, known);
        }
        match self.providers(module, first, depth, known) {
            Some(provider) => self.provided(&provider, path, depth, known),
            None => self.outside(path, depth, known),
        }
    }

    /// A path that starts with a crate's name.
    fn outside(&self, path: &[String], depth: usize, known: &mut Providers) -> Option<Meaning> {
        let (first, rest) = path.split_first()?;
        let library = |c: &CrateRoot| c.kind == CrateKind::Lib && c.name == *first;
        match self.crates.iter().position(library) {
            Some(krate) => self.descend(krate, &[], rest, depth, known),
            None => Some(Meaning {
                krate: None,
                path: path.to_vec(),
            }),
        }
    }

    /// Follows `path` from a module of a crate, through re-exports.
    fn descend(
        &self,
        krate: usize,
        from: &[String],
        path: &[String],
        depth: usize,
        known: &mut Providers,
    ) -> Option<Meaning> {
        let depth = depth.checked_sub(1)?;
        let here = Meaning {
            krate: Some(krate),
            path: joined(from, path),
        };
        let Some((first, rest)) = path.split_first() else {
            return Some(here);
        };
        let Some(module) = self.module(krate, from) else {
            return Some(here);
        };
        let child = joined(from, std::slice::from_ref(first));
        if self.module(krate, &child).is_some() {
            return self.descend(krate, &child, rest, depth, known);
        }
        if module.uses.contains_key(first) {
            return self.resolve(module, path, depth, known);
        }
        if !self.declares(module, first)
            && let Some(provider) = self.providers(module, first, depth, known)
        {
            return self.provided(&provider, path, depth, known);
        }
        Some(here)
    }

    /// What a path means whose first name comes from a module by a glob import.
    fn provided(
        &self,
        provider: &Meaning,
        path: &[String],
        depth: usize,
        known: &mut Providers,
    ) -> Option<Meaning> {
        match provider.krate {
            Some(krate) => self.descend(krate, &provider.path, path, depth, known),
            None => Some(Meaning {
                krate: None,
                path: joined(&provider.path, path),
            }),
        }
    }

    /// The module from which a name comes into another one by its glob imports.
    fn providers(
        &self,
        module: &Module,
        name: &str,
        depth: usize,
        known: &mut Providers,
    ) -> Option<Meaning> {
        let key = (std::ptr::from_ref(module), name.to_owned());
        if let Some(found) = known.get(&key) {
            return found.clone();
        }
        // Globs lead in circles: while this is looked for, it is not found here.
        known.insert(key.clone(), None);
        let found = module
            .globs
            .iter()
            .find_map(|glob| self.provider(module, glob, name, depth, known));
        known.insert(key, found.clone());
        found
    }

    /// The module from which a name comes by one glob import.
    fn provider(
        &self,
        module: &Module,
        glob: &[String],
        name: &str,
        depth: usize,
        known: &mut Providers,
    ) -> Option<Meaning> {
        let depth = depth.checked_sub(1)?;
        let target = self.resolve(module, glob, depth, known)?;
        let Some(krate) = target.krate else {
            // Of what lies outside only the frameworks' own names matter here.
            let exports = match target.path.as_slice() {
                [krate] if krate == "axum" => {
                    matches!(name, "Router" | "serve" | "ServiceExt" | "Json")
                }
                [krate] if krate == "actix_web" => matches!(name, "App" | "HttpServer"),
                _ => false,
            };
            return exports.then_some(target);
        };
        let other = self.module(krate, &target.path)?;
        if std::ptr::eq(other, module) {
            return None;
        }
        if self.declares(other, name) || other.uses.contains_key(name) {
            return Some(target);
        }
        self.providers(other, name, depth, known)
    }
}

/// The names of a path, generic arguments and comments left out.
pub fn segments(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for span in tokens(path) {
        match &path[span] {
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            ":" => {}
            word if depth == 0 => names.push(word.trim_start_matches("r#").to_owned()),
            _ => {}
        }
    }
    names
}

pub(super) fn joined(head: &[String], tail: &[String]) -> Vec<String> {
    head.iter().chain(tail).cloned().collect()
}
