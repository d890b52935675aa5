//! The modules of several crates, parsed, and what names in them mean.

mod names;
mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tree_sitter::Node;

pub use self::names::{Meaning, segments};
use self::survey::survey;
use super::source::Source;
use crate::edit::cargo::workspace::CrateRoot;
use crate::edit::tree::{ancestors, descendants, named_children};
use crate::types::{Files, Problem, ProjectPath};

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

    /// Whether a module declares an item of that name, `use` not counted.
    fn declares(&self, module: &Module, name: &str) -> bool {
        module.items.contains(name)
    }

    /// Whether a name comes into the module around a node by an import.
    pub fn imports(&self, at: At, name: &str) -> bool {
        self.module_of(at)
            .is_some_and(|module| module.uses.contains_key(name))
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

fn body_of<'s>(source: &'s Source, span: &Range<usize>) -> Option<Node<'s>> {
    let root = source.root();
    if *span == (0..usize::MAX) {
        return Some(root);
    }
    root.descendant_for_byte_range(span.start, span.end)
        .filter(|n| n.kind() == "declaration_list")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::Arc;

    use super::*;
    use crate::edit::cargo::workspace::CrateKind;
    use crate::edit::rust::calls::callee;

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
