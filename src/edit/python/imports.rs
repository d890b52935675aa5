//! Import statements: how a file names its own project, and where one more goes.

use tree_sitter::Node;

use super::source::Source;
use crate::edit::splice::{Splice, line_start};
use crate::edit::tree::{ancestors, descendants, named_children};

/// A name that an import brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// How many dots it begins with; 0 where it is absolute.
    pub dots: usize,
    /// The module's path: `app.routers`; empty in `from . import x`.
    pub module: String,
    /// What is taken from the module; `None` where the module itself is imported.
    pub name: Option<String>,
    /// What it is called here.
    pub alias: String,
    /// Whether it stands in a `try`, or where only a type checker or a script looks: it need not succeed.
    pub may_fail: bool,
}

/// How the new import names the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    pub dots: usize,
    /// The package that holds it; empty for `import x` and `from . import x`.
    pub package: String,
}

impl Style {
    /// The statement that imports `name`.
    pub fn statement(&self, name: &str) -> String {
        match (self.dots, self.package.as_str()) {
            (0, "") => format!("import {name}"),
            (dots, package) => format!("from {}{package} import {name}", ".".repeat(dots)),
        }
    }
}

impl Import {
    /// All imports of a file, wherever they stand.
    pub fn all(source: &Source) -> Vec<Self> {
        descendants(source.root())
            .into_iter()
            .filter(|node| matches!(node.kind(), "import_statement" | "import_from_statement"))
            .flat_map(|node| of(source, node))
            .collect()
    }
}

fn of(source: &Source, node: Node) -> Vec<Import> {
    let (dots, module) =
        node.child_by_field_name("module_name")
            .map_or((0, String::new()), |module| {
                let text: String = source.slice(module).split_whitespace().collect();
                let path = text.trim_start_matches('.');
                (text.len() - path.len(), path.to_owned())
            });
    let is_from = node.kind() == "import_from_statement";
    let may_fail = may_fail(source, node);
    let mut cursor = node.walk();
    node.children_by_field_name("name", &mut cursor)
        .map(|name| {
            let (path, alias) = match name.kind() {
                "aliased_import" => (
                    name.child_by_field_name("name").unwrap_or(name),
                    name.child_by_field_name("alias"),
                ),
                _ => (name, None),
            };
            let path: String = source.slice(path).split_whitespace().collect();
            let alias = alias.map(|alias| source.slice(alias).to_owned());
            if is_from {
                return Import {
                    dots,
                    module: module.clone(),
                    alias: alias.unwrap_or_else(|| path.clone()),
                    name: Some(path),
                    may_fail,
                };
            }
            let first = path.split('.').next().unwrap_or_default().to_owned();
            Import {
                dots: 0,
                alias: alias.unwrap_or(first),
                module: path,
                name: None,
                may_fail,
            }
        })
        .collect()
}

fn may_fail(source: &Source, node: Node) -> bool {
    ancestors(node).any(|above| {
        let condition = above.child_by_field_name("condition");
        above.kind() == "try_statement"
            || condition.is_some_and(|condition| {
                let text = source.slice(condition);
                text.ends_with("TYPE_CHECKING") || text.contains("__name__")
            })
    })
}

/// One name more in an import from the same module, where that is one line.
fn joined(source: &Source, node: Node, statement: &str) -> Option<Splice> {
    let (head, name) = statement.rsplit_once(" import ")?;
    let module = node.child_by_field_name("module_name")?;
    let same = head.strip_prefix("from ")? == source.slice(module);
    let text = source.slice(node);
    if !same || text.contains(['(', '\n', '*', '\\']) {
        return None;
    }
    let mut cursor = node.walk();
    let names: Vec<Node> = node.children_by_field_name("name", &mut cursor).collect();
    match names.iter().find(|other| source.slice(**other) > name) {
        Some(next) => Some(Splice::insert(next.start_byte(), format!("{name}, "))),
        None => Some(Splice::insert(
            names.last()?.end_byte(),
            format!(", {name}"),
        )),
    }
}

/// Puts `statement` after the imports that a file begins with, sorted into their last group where `joins` says that
/// this group is the project's own. Where code before `limit` stands between imports, and those after it are the
/// project's own, that code may make them work: `statement` joins them.
pub fn insert_import(
    source: &Source,
    statement: &str,
    limit: usize,
    joins: impl Fn(&Import) -> bool,
) -> Splice {
    let text = &source.text;
    let end_of_line = |node: Node| {
        text[node.end_byte()..]
            .find('\n')
            .map_or(text.len(), |n| node.end_byte() + n + 1)
    };
    let top = named_children(source.root());
    let is_import = |node: &Node| {
        matches!(
            node.kind(),
            "import_statement" | "import_from_statement" | "future_import_statement"
        )
    };
    let runs: Vec<Vec<Node>> = top
        .chunk_by(|a, b| is_import(a) == is_import(b))
        .filter(|run| is_import(&run[0]) && run[0].end_byte() <= limit)
        .map(<[Node]>::to_vec)
        .collect();
    let is_own_run = |run: &&Vec<Node>| run.iter().any(|node| of(source, *node).iter().any(&joins));
    let run = runs.iter().rev().find(is_own_run).or(runs.first());
    let run: &[Node] = run.map_or(&[], Vec::as_slice);
    if let Some(splice) = run.iter().find_map(|node| joined(source, *node, statement)) {
        return splice;
    }
    let Some(last) = run.last() else {
        let docstring = top.first().filter(|node| {
            node.kind() == "expression_statement"
                && node
                    .named_child(0)
                    .is_some_and(|inner| inner.kind() == "string")
        });
        return match docstring {
            Some(node) => Splice::insert(end_of_line(*node), format!("\n{statement}\n")),
            None => {
                let bom = if text.starts_with('\u{feff}') { 3 } else { 0 };
                Splice::insert(bom, format!("{statement}\n\n"))
            }
        };
    };
    let blank_before = |node: &Node| {
        let start = line_start(text, node.start_byte());
        text[..start]
            .trim_end_matches([' ', '\t'])
            .ends_with("\n\n")
            || text[..start].ends_with("\n\r\n")
    };
    let group_start = run.iter().rposition(blank_before).unwrap_or(0);
    let group = &run[group_start..];
    let is_own = group
        .iter()
        .any(|node| of(source, *node).iter().any(&joins));
    if !is_own {
        let at = end_of_line(*last);
        let newline = if text[..at].ends_with('\n') { "" } else { "\n" };
        return Splice::insert(at, format!("{newline}\n{statement}\n"));
    }
    let key = |text: &str| {
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_from = text.starts_with("from ");
        let module = text.split(' ').nth(1).unwrap_or_default().to_owned();
        // As isort has it: `import x` first, and the more dots the earlier.
        let dots = module.len() - module.trim_start_matches('.').len();
        (is_from, std::cmp::Reverse(dots), module)
    };
    let wanted = key(statement);
    match group.iter().find(|node| key(source.slice(**node)) > wanted) {
        Some(next) => Splice::insert(
            line_start(text, next.start_byte()),
            format!("{statement}\n"),
        ),
        None => {
            let at = end_of_line(*last);
            let newline = if text[..at].ends_with('\n') { "" } else { "\n" };
            Splice::insert(at, format!("{newline}{statement}\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::splice::spliced;
    use crate::types::ProjectPath;

    fn imported(text: &str, statement: &str) -> String {
        let source = Source::parse(ProjectPath::root(), text.into());
        let splice = insert_import(&source, statement, text.len(), |import| {
            import.dots > 0 || import.module.starts_with("app")
        });
        spliced(text, &[splice])
    }

    #[test]
    fn imports_stay_sorted() {
        let own = "from app import db_postgres";
        for (before, after) in [
            (
                "import os\n\nfrom fastapi import FastAPI\n\nx = 1\nimport late\n",
                "import os\n\nfrom fastapi import FastAPI\n\nfrom app import db_postgres\n\nx = 1\nimport late\n",
            ),
            (
                "from fastapi import FastAPI\n\nfrom app import a, routers  # ours\n",
                "from fastapi import FastAPI\n\nfrom app import a, db_postgres, routers  # ours\n",
            ),
            (
                "import fastapi\n\nfrom app.a import b\nfrom app.c import d\n",
                "import fastapi\n\nfrom app import db_postgres\nfrom app.a import b\nfrom app.c import d\n",
            ),
            (
                "\"\"\"Says.\"\"\"\n",
                "\"\"\"Says.\"\"\"\n\nfrom app import db_postgres\n",
            ),
            (
                "import fastapi",
                "import fastapi\n\nfrom app import db_postgres\n",
            ),
            (
                "import sys\n\nsys.path.append('..')\n\nfrom app.a import b\n",
                "import sys\n\nsys.path.append('..')\n\nfrom app import db_postgres\nfrom app.a import b\n",
            ),
        ] {
            assert_eq!(imported(before, own), after);
        }
        assert_eq!(
            imported(
                "import a\n\nfrom .b import c\n",
                "from . import db_postgres"
            ),
            "import a\n\nfrom . import db_postgres\nfrom .b import c\n"
        );
    }
}
