//! The modules that a file holds, what they import, and the files of those that it only declares.

use std::collections::BTreeMap;

use tree_sitter::Node;

use super::names::{joined, segments};
use super::{Module, attributes, in_tests};
use crate::edit::rust::source::Source;
use crate::edit::tree::{children, named_children};
use crate::types::{ProjectPath, relative};

/// Modules that are declared by `mod x;`, and the files that may hold them, each with the directory of what is below it.
pub(super) type Below = Vec<(Vec<String>, Vec<(ProjectPath, ProjectPath)>)>;

/// Collects the module of a body and those inside it.
#[allow(clippy::too_many_arguments, reason = "one recursive walk")]
pub(super) fn survey(
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
pub(super) fn uses_in(
    source: &Source,
    body: Node,
) -> (BTreeMap<String, Vec<String>>, Vec<Vec<String>>) {
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
