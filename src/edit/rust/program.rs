//! The modules of several crates, parsed, and what names in them mean.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use tree_sitter::Node;

use super::source::Source;
use super::tokens::tokens;
use crate::edit::cargo::workspace::{CrateKind, CrateRoot};
use crate::edit::tree::{ancestors, children, descendants, named_children};
use crate::types::{Files, Problem, ProjectPath, relative};

/// A node and the file it is in.
#[derive(Clone, Copy)]
pub struct At<'p> {
    pub file: usize,
    pub node: Node<'p>,
}

impl<'p> At<'p> {
    /// Another node of the same file.
    pub fn with(self, node: Node<'p>) -> Self {
        Self { node, ..self }
    }
}

/// A module of a crate.
pub struct Module {
    pub krate: usize,
    /// Names from the crate's root; empty for the root itself.
    pub path: Vec<String>,
    pub file: usize,
    /// Bytes of the file that are this module.
    pub span: Range<usize>,
    uses: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    /// The names of its items.
    items: BTreeSet<String>,
}

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

/// Crates of one project. A file that belongs to two crates is here twice.
#[derive(Default)]
pub struct Program {
    pub crates: Vec<CrateRoot>,
    /// How many of the crates, from the first, are the package's own.
    pub own: usize,
    pub sources: Vec<Source>,
    pub modules: Vec<Module>,
    left_out: Option<String>,
}

/// Paths deeper than this are given up on: no code needs them, and names may lead in a circle.
const DEPTH: usize = 24;

/// For a module and a name, the module from which its glob imports bring that name: what one look-up found so far.
type Providers = HashMap<(*const Module, String), Option<Meaning>>;

impl Program {
    /// A program whose crates are read without their root module `name`, which is not the user's.
    pub fn without(name: &str) -> Self {
        Self {
            left_out: Some(name.to_owned()),
            ..Self::default()
        }
    }

    /// Reads a crate: its root file and every file that a `mod` leads to, those for tests left out.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn add(&mut self, files: &dyn Files, root: &CrateRoot) -> Result<(), Problem> {
        let krate = self.crates.len();
        self.crates.push(root.clone());
        let dir = root.file.parent().unwrap_or_else(ProjectPath::root);
        self.add_file(files, krate, Vec::new(), &root.file, &dir)
    }

    fn add_file(
        &mut self,
        files: &dyn Files,
        krate: usize,
        path: Vec<String>,
        file: &ProjectPath,
        dir: &ProjectPath,
    ) -> Result<(), Problem> {
        let known = |m: &Module| m.krate == krate && self.sources[m.file].path == *file;
        if self.modules.iter().any(known) {
            return Ok(());
        }
        let Some(text) = files.text(file)? else {
            return Ok(());
        };
        let index = self.sources.len();
        self.sources.push(Source::parse(file.clone(), text));
        let source = &self.sources[index];
        let mut modules = Vec::new();
        let mut below = Vec::new();
        survey(
            source,
            source.root(),
            index,
            krate,
            &path,
            dir,
            &mut modules,
            &mut below,
        );
        self.modules.extend(modules);
        for (path, candidates) in below {
            if path.len() == 1 && path.first() == self.left_out.as_ref() {
                continue;
            }
            for (file, dir) in candidates {
                if files.exists(&file)? {
                    self.add_file(files, krate, path, &file, &dir)?;
                    break;
                }
            }
        }
        Ok(())
    }

    /// The source that `at` is in.
    pub fn source(&self, at: At) -> &Source {
        &self.sources[at.file]
    }

    /// The text of a node.
    pub fn slice(&self, at: At) -> &str {
        self.sources[at.file].slice(at.node)
    }

    /// The text of a node of a file.
    pub fn slice_of(&self, file: usize, node: Node) -> &str {
        self.sources[file].slice(node)
    }

    /// The root node of every file.
    pub fn roots(&self) -> impl Iterator<Item = At<'_>> {
        self.sources.iter().enumerate().map(|(file, source)| At {
            file,
            node: source.root(),
        })
    }

    /// The files of the package's own crates.
    pub fn own_files(&self) -> impl Iterator<Item = usize> {
        let own = |m: &&Module| m.krate < self.own;
        let mut files: Vec<usize> = self.modules.iter().filter(own).map(|m| m.file).collect();
        files.sort_unstable();
        files.dedup();
        files.into_iter()
    }

    /// The innermost module around a node.
    pub fn module_of(&self, at: At) -> Option<&Module> {
        self.modules
            .iter()
            .filter(|m| m.file == at.file)
            .filter(|m| m.span.start <= at.node.start_byte() && at.node.end_byte() <= m.span.end)
            .min_by_key(|m| m.span.len())
    }

    fn module(&self, krate: usize, path: &[String]) -> Option<&Module> {
        self.modules
            .iter()
            .find(|m| m.krate == krate && m.path == path)
    }

    /// What the path that `node` spells means there.
    pub fn meaning(&self, at: At) -> Option<Meaning> {
        self.meaning_of(at, &segments(self.slice(at)))
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

    /// Whether a module declares an item of that name, `use` not counted.
    fn declares(&self, module: &Module, name: &str) -> bool {
        module.items.contains(name)
    }

    fn items_in<'p>(&'p self, module: &Module, name: &str) -> Vec<At<'p>> {
        let source = &self.sources[module.file];
        let Some(body) = body_of(source, &module.span).filter(|_| module.items.contains(name))
        else {
            return Vec::new();
        };
        let named = |item: &Node| {
            item.child_by_field_name("name")
                .is_some_and(|n| source.slice(n) == name)
        };
        named_children(body)
            .into_iter()
            .filter(|item| item.kind().ends_with("_item") && named(item))
            .map(|node| At {
                file: module.file,
                node,
            })
            .collect()
    }

    /// The items of a crate of the program that a path means: functions, types, modules.
    pub fn items(&self, meaning: &Meaning) -> Vec<At<'_>> {
        let Some(krate) = meaning.krate else {
            return Vec::new();
        };
        let Some((name, parent)) = meaning.path.split_last() else {
            return Vec::new();
        };
        match self.module(krate, parent) {
            Some(module) => self.items_in(module, name),
            None => Vec::new(),
        }
    }

    /// The functions named `name` in `impl` blocks and traits for the type that `owner` means.
    pub fn associated(&self, owner: &Meaning, name: &str) -> Vec<At<'_>> {
        let of_owner = |at: At| self.self_type(at).is_some_and(|meaning| meaning == *owner);
        self.methods(name)
            .into_iter()
            .filter(|at| of_owner(*at))
            .collect()
    }

    /// Every function of that name in an `impl` or a trait.
    pub fn methods(&self, name: &str) -> Vec<At<'_>> {
        let mut found = Vec::new();
        for root in self.roots() {
            let source = self.source(root);
            for node in descendants(root.node) {
                let is_function =
                    matches!(node.kind(), "function_item" | "function_signature_item");
                let named = || {
                    node.child_by_field_name("name")
                        .is_some_and(|n| source.slice(n) == name)
                };
                let at = root.with(node);
                if is_function && named() && self.self_node(at).is_some() && !in_tests(source, node)
                {
                    found.push(at);
                }
            }
        }
        found
    }

    fn self_node<'p>(&self, at: At<'p>) -> Option<At<'p>> {
        let list = at
            .node
            .parent()
            .filter(|n| n.kind() == "declaration_list")?;
        let owner = list.parent()?;
        let node = match owner.kind() {
            "impl_item" => owner.child_by_field_name("type")?,
            "trait_item" => owner.child_by_field_name("name")?,
            _ => return None,
        };
        Some(at.with(node))
    }

    /// What `Self` means in the `impl` or trait that directly holds this function.
    pub fn self_type(&self, function: At) -> Option<Meaning> {
        let node = self.self_node(function)?;
        let node = match node.node.kind() {
            "generic_type" => node.with(node.node.child_by_field_name("type")?),
            _ => node,
        };
        self.meaning(node)
    }
}

/// Whether a node is inside something that is compiled for tests only.
pub fn in_tests(source: &Source, node: Node) -> bool {
    std::iter::once(node)
        .chain(ancestors(node))
        .any(|n| attributes(source, n).iter().any(|text| is_test(text)))
}

fn is_test(attribute: &str) -> bool {
    let words: String = attribute.chars().filter(|c| !c.is_whitespace()).collect();
    words.contains("cfg(test)")
        || words.contains("cfg(all(test")
        || words.contains("::test]")
        || words.contains("::test(")
        || words == "#[test]"
        || words.starts_with("#[rstest")
}

/// The attributes that stand directly before an item.
pub fn attributes<'s>(source: &'s Source, node: Node) -> Vec<&'s str> {
    let mut found = Vec::new();
    let mut at = node.prev_sibling();
    while let Some(before) = at {
        match before.kind() {
            "attribute_item" => found.push(source.slice(before)),
            "line_comment" | "block_comment" => {}
            _ => break,
        }
        at = before.prev_sibling();
    }
    found
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

fn joined(head: &[String], tail: &[String]) -> Vec<String> {
    head.iter().chain(tail).cloned().collect()
}

fn body_of<'s>(source: &'s Source, span: &Range<usize>) -> Option<Node<'s>> {
    let root = source.root();
    if *span == (0..usize::MAX) {
        return Some(root);
    }
    root.descendant_for_byte_range(span.start, span.end)
        .filter(|n| n.kind() == "declaration_list")
}

/// Modules found in a file, and the files that may hold those declared by `mod x;`.
type Below = Vec<(Vec<String>, Vec<(ProjectPath, ProjectPath)>)>;

#[allow(clippy::too_many_arguments, reason = "one recursive walk")]
fn survey(
    source: &Source,
    body: Node,
    file: usize,
    krate: usize,
    path: &[String],
    dir: &ProjectPath,
    modules: &mut Vec<Module>,
    below: &mut Below,
) {
    let (uses, globs) = uses_in(source, body);
    let is_root = body.parent().is_none();
    modules.push(Module {
        krate,
        path: path.to_vec(),
        file,
        span: if is_root {
            0..usize::MAX
        } else {
            body.byte_range()
        },
        uses,
        globs,
        items: named_children(body)
            .into_iter()
            .filter(|item| item.kind().ends_with("_item"))
            .filter_map(|item| item.child_by_field_name("name"))
            .map(|name| source.slice(name).trim_start_matches("r#").to_owned())
            .collect(),
    });
    for item in named_children(body) {
        if item.kind() != "mod_item" || in_tests(source, item) {
            continue;
        }
        let Some(name) = item.child_by_field_name("name").map(|n| source.slice(n)) else {
            continue;
        };
        let name = name.trim_start_matches("r#");
        let child = joined(path, &[name.to_owned()]);
        let Ok(segment) = ProjectPath::existing(name) else {
            continue;
        };
        let inside = dir.join(&segment);
        if let Some(body) = item.child_by_field_name("body") {
            survey(source, body, file, krate, &child, &inside, modules, below);
            continue;
        }
        let at = |name: &str| ProjectPath::existing(name).unwrap_or_else(|_| ProjectPath::root());
        let mut candidates = vec![
            (dir.join(&at(&format!("{name}.rs"))), inside.clone()),
            (inside.join(&at("mod.rs")), inside),
        ];
        let own_path = attributes(source, item)
            .iter()
            .find_map(|a| path_attribute(a));
        if let Some(text) = own_path {
            let base = source.path.parent().unwrap_or_else(ProjectPath::root);
            candidates = relative(&base, text)
                .map(|file| {
                    let dir = file.parent().unwrap_or_else(ProjectPath::root);
                    (file, dir)
                })
                .into_iter()
                .collect();
        }
        below.push((child, candidates));
    }
}

fn path_attribute(attribute: &str) -> Option<&str> {
    let inside = attribute.trim_start_matches("#[").trim_start();
    let value = inside
        .strip_prefix("path")?
        .trim_start()
        .strip_prefix('=')?;
    value.split('"').nth(1)
}

/// The names that `use` and `extern crate` bring into a block or module, and its glob imports.
fn uses_in(source: &Source, body: Node) -> (BTreeMap<String, Vec<String>>, Vec<Vec<String>>) {
    let mut uses = BTreeMap::new();
    let mut globs = Vec::new();
    for item in children(body) {
        match item.kind() {
            "use_declaration" if !in_tests(source, item) => {
                if let Some(argument) = item.child_by_field_name("argument") {
                    collect(source, argument, &[], &mut uses, &mut globs);
                }
            }
            "extern_crate_declaration" => {
                let name = item.child_by_field_name("name").map(|n| source.slice(n));
                let alias = item.child_by_field_name("alias").map(|n| source.slice(n));
                if let (Some(name), Some(alias)) = (name, alias) {
                    uses.insert(alias.to_owned(), vec![name.to_owned()]);
                }
            }
            _ => {}
        }
    }
    (uses, globs)
}

fn collect(
    source: &Source,
    node: Node,
    base: &[String],
    uses: &mut BTreeMap<String, Vec<String>>,
    globs: &mut Vec<Vec<String>>,
) {
    let path = |node: Node| joined(base, &segments(source.slice(node)));
    match node.kind() {
        "use_list" => {
            for child in named_children(node) {
                collect(source, child, base, uses, globs);
            }
        }
        "scoped_use_list" => {
            let base = node.child_by_field_name("path").map_or(base.to_vec(), path);
            if let Some(list) = node.child_by_field_name("list") {
                collect(source, list, &base, uses, globs);
            }
        }
        "use_wildcard" => {
            let below = named_children(node);
            globs.push(below.first().map_or(base.to_vec(), |n| path(*n)));
        }
        "use_as_clause" => {
            let target = node.child_by_field_name("path").map(path);
            let alias = node.child_by_field_name("alias").map(|n| source.slice(n));
            if let (Some(mut target), Some(alias)) = (target, alias) {
                if target.len() > 1 && target.last().is_some_and(|s| s == "self") {
                    target.pop();
                }
                uses.insert(alias.to_owned(), target);
            }
        }
        "self" => {
            if let Some(name) = base.last() {
                uses.insert(name.clone(), base.to_vec());
            }
        }
        _ => {
            let target = path(node);
            if let Some(name) = target.last() {
                uses.insert(name.clone(), target.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::Arc;

    use super::super::calls::callee;
    use super::*;

    /// A binary of which this is the text.
    fn program(text: &str) -> Program {
        let file = ProjectPath::existing("src/main.rs").unwrap();
        let files = BTreeMap::from([(file.clone(), Arc::<str>::from(text))]);
        let root = CrateRoot {
            kind: CrateKind::Bin,
            name: "shop".to_owned(),
            file,
        };
        let mut program = Program::default();
        program.add(&files, &root).unwrap();
        program
    }

    #[test]
    fn globs_that_lead_in_circles_are_followed_once() {
        let mut text = String::from("use actix_web::*;\n");
        for module in 0..20 {
            let _ = writeln!(
                text,
                "use m{module}::*;\nmod m{module} {{\n    use super::*;"
            );
            for other in 0..20 {
                let _ = writeln!(
                    text,
                    "    use super::m{other}::*;\n    use unknown{other}::*;"
                );
            }
            let _ = writeln!(
                text,
                "    fn serve() {{ HttpServer::new(); Nothing::new(); }}\n}}"
            );
        }
        let program = program(&text);
        let root = program.roots().next().unwrap();
        let paths: Vec<String> = descendants(root.node)
            .into_iter()
            .filter_map(|node| callee(&program, root.with(node)))
            .filter_map(|(path, _)| program.meaning(path))
            .map(|meaning| meaning.path.join("::"))
            .collect();
        assert_eq!(paths.len(), 40);
        assert!(paths.contains(&"actix_web::HttpServer::new".to_owned()));
        for path in paths {
            assert!(
                path == "actix_web::HttpServer::new" || path == "Nothing::new",
                "{path}"
            );
        }
    }
}
