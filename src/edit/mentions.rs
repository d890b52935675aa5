//! Where source code names a module or a package.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::{python, rust, tree, typescript};
use crate::types::ProjectPath;

/// Whether a file is code that can name a module.
pub fn is_source(file_name: &str) -> bool {
    language(file_name).is_some()
}

/// The lines, from 1, in which code names `name`: an identifier in Rust and Python or a part of a dotted path in a string, a
/// part of the path of what is imported in TypeScript and JavaScript. Rather one too many: a variable of that name is taken for the module.
pub fn mentions(file_name: &str, text: &str, name: &str) -> Vec<usize> {
    let places: Vec<usize> = match language(file_name) {
        None => Vec::new(),
        Some(Language::Rust) => {
            let name = name.replace('-', "_");
            let tokens = rust::tokens(text).into_iter();
            tokens
                .filter(|token| text[token.clone()] == name)
                .map(|token| token.start)
                .collect()
        }
        Some(Language::Python) => {
            let source = python::Source::parse(ProjectPath::root(), text.into());
            let is_name = |node: &Node| match node.kind() {
                "identifier" => source.slice(*node) == name,
                "string_content" => is_dotted(source.slice(*node), name),
                _ => false,
            };
            tree::descendants(source.root())
                .into_iter()
                .filter(is_name)
                .map(|node| node.start_byte())
                .collect()
        }
        Some(Language::TypeScript) => {
            let source = typescript::Source::parse(ProjectPath::root(), text.into());
            let strings = source.all("string").into_iter();
            strings
                .filter(|node| leads_to(source.string(*node), name))
                .filter(|node| source.string(*node) != name || !is_data(*node))
                .map(|node| node.start_byte())
                .collect()
        }
    };
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    places
        .into_iter()
        .map(line)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

enum Language {
    Rust,
    Python,
    TypeScript,
}

fn language(file_name: &str) -> Option<Language> {
    match file_name.rsplit_once('.')?.1 {
        "rs" => Some(Language::Rust),
        "py" => Some(Language::Python),
        "ts" | "tsx" | "mts" | "cts" | "js" | "mjs" | "cjs" => Some(Language::TypeScript),
        _ => None,
    }
}

/// Whether a string is the path of something in a module, as `unittest.mock` takes it: `app.db.pool`.
fn is_dotted(text: &str, name: &str) -> bool {
    let is_word =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    text.contains('.') && text.split('.').all(is_word) && text.split('.').any(|part| part == name)
}

/// Whether a string is a value in an object or a list, where a bare name is only a word.
fn is_data(string: Node) -> bool {
    let parent = string.parent();
    parent.is_some_and(|parent| matches!(parent.kind(), "pair" | "array"))
}

/// Whether the path of an import goes through `name`: `pg`, `pg/lib/x`, `../pg`.
fn leads_to(path: &str, name: &str) -> bool {
    let path = format!("/{path}/");
    path.contains(&format!("/{name}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_code_has_them() {
        let rust = "// db_postgres\nuse db_postgres::Db;\nfn f() { self::db_postgres::g(\"db_postgres\") }\n";
        assert_eq!(mentions("a.rs", rust, "db_postgres"), [2, 3]);
        assert_eq!(mentions("a.rs", "use sqlx_core::x;", "sqlx-core"), [1]);
        let python = "\"\"\"db\"\"\"\nfrom app import (\n    db,\n)\nx = db.pool\n# db\n";
        assert_eq!(mentions("a.py", python, "db"), [3, 5]);
        let strings =
            "f('db')\nf('app.db.pool')\nf('a db. b')\nf('app.dbs')\n\"\"\"db.x is\"\"\"\n";
        assert_eq!(mentions("a.py", strings, "db"), [2]);
        let typescript = "import { Db } from './db-postgres';\nconst a = require(\"pg\");\nexport * from '../db-postgres/x';\n// './db-postgres'\n";
        assert_eq!(mentions("a.ts", typescript, "db-postgres"), [1, 3]);
        assert_eq!(mentions("a.ts", typescript, "pg"), [2]);
        assert_eq!(mentions("a.js", "import 'pg-native';", "pg"), [0; 0]);
        let data = "f({ module: 'pg', all: ['pg'] });\nf({ file: './pg' });\nf(require('pg'));\n";
        assert_eq!(mentions("a.js", data, "pg"), [2, 3]);
        assert_eq!(mentions("notes.md", "db", "db"), [0; 0]);
    }
}
