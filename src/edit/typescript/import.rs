//! What a file imports.

use tree_sitter::Node;

use super::Source;
use crate::edit::splice::Splice;
use crate::edit::tree::{children, descendants, named_children};
use crate::types::ProjectPath;

/// Where a name of a file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The name in the other file; `default` for its default export.
    pub name: String,
    /// As written: `./app.module`.
    pub from: String,
}

/// Where `name` comes from, if the file imports it.
pub fn imported(source: &Source, name: &str) -> Option<Imported> {
    statements(source, "import_statement").find_map(|statement| {
        let from = source
            .string(statement.child_by_field_name("source")?)
            .to_owned();
        let clause = children(statement)
            .into_iter()
            .find(|node| node.kind() == "import_clause")?;
        named_children(clause).into_iter().find_map(|part| {
            let imported = match part.kind() {
                "identifier" if source.slice(part) == name => "default".to_owned(),
                "named_imports" => specified(source, part, name)?,
                _ => return None,
            };
            Some(Imported {
                name: imported,
                from: from.clone(),
            })
        })
    })
}

/// What the file imports from, as written.
pub fn import_paths(source: &Source) -> Vec<String> {
    statements(source, "import_statement")
        .filter_map(|statement| statement.child_by_field_name("source"))
        .map(|path| source.string(path).to_owned())
        .collect()
}

/// The files that `name` may come from, if this one hands it on: `export { name } from`, `export * from`.
pub fn reexported(source: &Source, name: &str) -> Vec<Imported> {
    statements(source, "export_statement")
        .filter_map(|statement| {
            let from = source
                .string(statement.child_by_field_name("source")?)
                .to_owned();
            let clause = children(statement)
                .into_iter()
                .find(|node| node.kind() == "export_clause");
            let name = match clause {
                Some(clause) => specified(source, clause, name)?,
                None => name.to_owned(),
            };
            Some(Imported { name, from })
        })
        .collect()
}

/// Gives `extension` to every relative path that is imported from without one.
pub fn name_files(source: &Source, extension: &str) -> Vec<Splice> {
    ["import_statement", "export_statement"]
        .into_iter()
        .flat_map(|kind| statements(source, kind))
        .filter_map(|statement| statement.child_by_field_name("source"))
        .filter(|path| {
            let from = source.string(*path);
            from.starts_with('.') && !from.ends_with(extension)
        })
        .map(|path| Splice::insert(path.end_byte() - 1, extension))
        .collect()
}

/// What a specifier that brings `name` is called on the other side.
fn specified(source: &Source, clause: Node, name: &str) -> Option<String> {
    named_children(clause).into_iter().find_map(|specifier| {
        let theirs = specifier.child_by_field_name("name")?;
        let ours = specifier.child_by_field_name("alias").unwrap_or(theirs);
        (source.slice(ours) == name).then(|| source.slice(theirs).to_owned())
    })
}

/// The lines of `text`, from 1, that use a name which `import` brings.
pub fn uses_of_import(text: &str, import: &str) -> Vec<usize> {
    let [import, source] =
        [import, text].map(|text| Source::parse(ProjectPath::root(), text.into()));
    let specifiers = import.all("import_specifier").into_iter();
    let brought: Vec<&str> = specifiers
        .filter_map(|node| {
            node.child_by_field_name("alias")
                .or(node.child_by_field_name("name"))
        })
        .map(|name| import.slice(name))
        .collect();
    let kinds = [
        "identifier",
        "type_identifier",
        "shorthand_property_identifier",
    ];
    let mut lines: Vec<usize> = descendants(source.root())
        .into_iter()
        .filter(|node| kinds.contains(&node.kind()) && brought.contains(&source.slice(*node)))
        .map(|node| node.start_position().row + 1)
        .collect();
    lines.dedup();
    lines
}

fn statements<'s>(source: &'s Source, kind: &'static str) -> impl Iterator<Item = Node<'s>> {
    named_children(source.root())
        .into_iter()
        .filter(move |node| node.kind() == kind)
}

/// Puts an import of `name` behind the last import of the file, written as the others are.
pub fn add_import(source: &Source, name: &str, from: &str) -> (Splice, String) {
    let imports: Vec<Node> = statements(source, "import_statement").collect();
    let last = imports.last();
    let like = last.map_or("", |node| source.slice(*node));
    let quote = if like.contains('"') { '"' } else { '\'' };
    let end = if like.is_empty() || like.ends_with(';') {
        ";"
    } else {
        ""
    };
    let statement = format!("import {{ {name} }} from {quote}{from}{quote}{end}");
    let splice = match (following(source, &imports, from), last) {
        (Some(next), _) => Splice::insert(next.start_byte(), format!("{statement}\n")),
        (None, Some(last)) => Splice::insert(end_of_line(*last), format!("\n{statement}")),
        (None, None) => {
            let start = if source.text.starts_with('\u{feff}') {
                3
            } else {
                0
            };
            Splice::insert(start, format!("{statement}\n\n"))
        }
    };
    (splice, statement)
}

/// The import that one from `from` stands before, where those of the user's own files are in order, as linters ask for
/// it: those from farther up first, then by path.
fn following<'s>(source: &Source, imports: &[Node<'s>], from: &str) -> Option<Node<'s>> {
    let order = |from: &str| {
        let path = from.to_lowercase();
        (std::cmp::Reverse(from.matches("../").count()), path)
    };
    let own: Vec<_> = imports
        .iter()
        .filter_map(|node| {
            let path = source.string(node.child_by_field_name("source")?);
            path.starts_with('.').then(|| (order(path), *node))
        })
        .collect();
    let is_sorted = own.len() > 1 && own.windows(2).all(|pair| pair[0].0 <= pair[1].0);
    let (_, next) = own.into_iter().find(|(place, _)| *place > order(from))?;
    // A comment before it may be about it.
    let is_free = next
        .prev_sibling()
        .is_none_or(|before| before.kind() != "comment");
    (is_sorted && is_free).then_some(next)
}

/// Behind a node, and behind a comment that shares its last line.
fn end_of_line(node: Node) -> usize {
    let row = node.end_position().row;
    match node.next_sibling() {
        Some(next)
            if next.kind() == "comment"
                && next.start_position().row == row
                && next.end_position().row == row =>
        {
            next.end_byte()
        }
        _ => node.end_byte(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Source {
        Source::parse(ProjectPath::root(), text.into())
    }

    #[test]
    fn files_are_named() {
        let source = parse(
            "import { A } from './a';\nimport type { B } from \"../b.js\";\nexport * from './c';\n\
             import D from 'd';\nexport const E = './e';\nimport './f';\n",
        );
        assert_eq!(
            crate::edit::splice::spliced(&source.text, &name_files(&source, ".js")),
            "import { A } from './a.js';\nimport type { B } from \"../b.js\";\nexport * from './c.js';\n\
             import D from 'd';\nexport const E = './e';\nimport './f.js';\n",
        );
    }

    #[test]
    fn names_are_followed() {
        let source = parse(
            "import Root from './root';\nimport { A, B as C } from \"./parts\";\nexport * from './all';\n\
             export { D as E } from './d';",
        );
        let found = |name: &str| imported(&source, name).map(|i| (i.name, i.from));
        let is = |name: &str, from: &str| Some((name.to_owned(), from.to_owned()));
        assert_eq!(found("Root"), is("default", "./root"));
        assert_eq!(found("A"), is("A", "./parts"));
        assert_eq!(found("C"), is("B", "./parts"));
        assert_eq!(found("B"), None);
        let handed_on: Vec<_> = reexported(&source, "E")
            .into_iter()
            .map(|i| (i.name, i.from))
            .collect();
        assert_eq!(
            handed_on,
            [is("E", "./all"), is("D", "./d")].map(Option::unwrap)
        );
    }
}
