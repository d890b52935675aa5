//! Statements as a list of tokens: what a block is compared by, so that white space and comments never matter.

use std::ops::Range;
use std::sync::Arc;

use tree_sitter::Node;

use super::source::Source;
use crate::edit::splice::{Splice, taken_out};
use crate::edit::tree::{ancestors, children, descendants, leaves, named_children};
use crate::types::ProjectPath;

/// How often the statement `block` stands in `text`. An import may have got more names.
pub fn count(text: &str, block: &str) -> usize {
    find(text, block).len()
}

/// Where the statement `block` stands in `text`.
pub fn find(text: &str, block: &str) -> Vec<Range<usize>> {
    let parse = |text: &str| Source::parse(ProjectPath::root(), Arc::from(text));
    let (source, block) = (parse(text), parse(block));
    let Some(wanted) = named_children(block.root()).into_iter().next() else {
        return Vec::new();
    };
    descendants(source.root())
        .into_iter()
        .filter(|node| node.kind() == wanted.kind() && same(&source, *node, &block, wanted))
        .map(|node| node.byte_range())
        .collect()
}

/// Takes out the statement `block`, which stands in `text` once: of an import only its names.
pub fn take_out(text: &str, block: &str) -> Option<Splice> {
    let parse = |text: &str| Source::parse(ProjectPath::root(), Arc::from(text));
    let [place] = &find(text, block)[..] else {
        return None;
    };
    let source = parse(text);
    let within = source
        .root()
        .descendant_for_byte_range(place.start, place.end)?;
    let statement = ancestors(within)
        .take_while(|node| node.byte_range() == *place && node.kind() != "block")
        .last()
        .unwrap_or(within);
    let names = names(statement);
    let wanted = parse(block);
    let mut ours = self::names(named_children(wanted.root()).into_iter().next()?).into_iter();
    if names.len() > 1
        && let (Some(name), None) = (ours.next(), ours.next())
    {
        let at = names
            .iter()
            .position(|node| source.slice(*node) == wanted.slice(name))?;
        let span = match names.get(at + 1) {
            Some(next) => names[at].start_byte()..next.start_byte(),
            None => names[at.checked_sub(1)?].end_byte()..names[at].end_byte(),
        };
        return Some(Splice {
            span,
            text: String::new(),
        });
    }
    let siblings = named_children(statement.parent()?);
    let is_alone = siblings
        .iter()
        .filter(|node| node.kind() != "comment")
        .count()
        == 1;
    match is_alone && statement.parent()?.kind() == "block" {
        true => Some(Splice {
            span: place.clone(),
            text: "pass".to_owned(),
        }),
        false => Some(taken_out(text, place.clone())),
    }
}

fn names(import: Node) -> Vec<Node> {
    let mut cursor = import.walk();
    import.children_by_field_name("name", &mut cursor).collect()
}

/// Whether `block` is one statement and nothing besides: what [`count`] compares.
pub fn is_one_statement(block: &str) -> bool {
    let source = Source::parse(ProjectPath::root(), Arc::from(block));
    let [statement] = children(source.root())[..] else {
        return false;
    };
    let comments = descendants(statement)
        .into_iter()
        .any(|node| node.kind() == "comment");
    source.error().is_none()
        && !statement.is_extra()
        && !comments
        && source.slice(statement) == block
}

fn same(source: &Source, node: Node, block: &Source, wanted: Node) -> bool {
    let is_import = wanted.kind() == "import_from_statement";
    if !is_import {
        return tokens(source, node) == tokens(block, wanted);
    }
    let module = |source: &Source, node: Node| {
        node.child_by_field_name("module_name")
            .map(|name| tokens(source, name).join(""))
    };
    let names = |source: &Source, node: Node| -> Vec<String> {
        let names = self::names(node).into_iter();
        names.map(|name| tokens(source, name).join(" ")).collect()
    };
    let have = names(source, node);
    module(source, node) == module(block, wanted)
        && names(block, wanted).iter().all(|name| have.contains(name))
}

fn tokens(source: &Source, node: Node) -> Vec<String> {
    leaves(node, |node| node.kind() == "string")
        .into_iter()
        .filter(|node| node.kind() != "comment")
        .map(|node| source.slice(node).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_found_however_it_is_written() {
        let call = "db_postgres.init_app(app)";
        for text in [
            "db_postgres.init_app(app)\n",
            "def f():\n    db_postgres.init_app( app )  # ours\n",
            "\u{feff}x = 1\r\nif x:\r\n\tdb_postgres . init_app(app)\r\n",
        ] {
            assert_eq!(count(text, call), 1, "{text}");
        }
        for text in [
            "# db_postgres.init_app(app)\n",
            "db_postgres.init_app(other)\n",
        ] {
            assert_eq!(count(text, call), 0, "{text}");
        }
    }

    #[test]
    fn a_block_is_one_statement() {
        assert!(is_one_statement("db_postgres.init_app(app)"));
        assert!(is_one_statement("from app import db_postgres"));
        for text in [
            "db_postgres.init_app(app)  # ours",
            "db_postgres.init_app(app)\nmore()",
            "db_postgres.init_app(app); more()",
            "db_postgres.init_app(app)\n",
            "db_postgres.init_app(",
            "\\\n",
            "",
        ] {
            assert!(!is_one_statement(text), "{text}");
        }
    }

    #[test]
    fn an_import_may_get_more_names() {
        let import = "from app import db_postgres";
        assert_eq!(
            count(
                "from app import (\n    db_postgres,\n    routers,\n)\n",
                import
            ),
            1
        );
        assert_eq!(
            count(
                "from . import a, db_postgres\n",
                "from . import db_postgres"
            ),
            1
        );
        assert_eq!(
            count("from .. import db_postgres\n", "from . import db_postgres"),
            0
        );
        assert_eq!(count("from app import db_postgres as db\n", import), 0);
        assert_eq!(count("import db_postgres\n", "import db_postgres"), 1);
    }
}
