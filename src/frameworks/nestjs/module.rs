//! The root module: a class with `@Module(…)`.

use tree_sitter::Node;

use super::bootstrap::unsure;
use crate::edit::splice::{Splice, indent};
use crate::edit::tree::{children, named_children};
use crate::edit::typescript::{Source, add_import, imported, step};
use crate::types::{Block, Problem};

/// The generated module's class.
pub const MODULE: &str = "DatabasePostgresModule";
/// How long a line may be before Prettier breaks it.
const WIDTH: usize = 80;

/// The declaration of a class; `default` is the file's default export.
pub fn class<'s>(source: &'s Source, name: &str) -> Option<Node<'s>> {
    source.all("class_declaration").into_iter().find(|class| {
        let own = class.child_by_field_name("name");
        match name {
            "default" => class.parent().is_some_and(|parent| {
                parent.kind() == "export_statement"
                    && children(parent).iter().any(|node| node.kind() == "default")
            }),
            _ => own.is_some_and(|own| source.slice(own) == name),
        }
    })
}

/// The splices that put the generated module among the imports of a class.
///
/// # Errors
/// The class is no module, or its imports are no list.
pub fn wire(source: &Source, name: &str, from: &str) -> Result<(Vec<Splice>, Vec<Block>), Problem> {
    let Some(class) = class(source, name) else {
        return Err(Problem::decision(format!("there is no class `{name}`")).in_file(&source.path));
    };
    let Some(call) = decorator(source, class) else {
        return Err(unsure(
            source,
            class,
            "the class has no `@Module(…)`",
            "this class",
        ));
    };
    let Some(arguments) = call.child_by_field_name("arguments") else {
        return Err(unsure(source, call, "`@Module` is not called", "this"));
    };
    let splice = match named_children(arguments).as_slice() {
        [] => Some(Splice {
            span: arguments.byte_range(),
            text: format!("({{\n  imports: [{MODULE}],\n}})"),
        }),
        [object] if object.kind() == "object" => into_object(source, *object)?,
        [other, ..] => {
            return Err(unsure(
                source,
                *other,
                "what the module imports is not certain",
                "expected an object",
            ));
        }
    };
    let Some(splice) = splice else {
        return Ok((Vec::new(), Vec::new()));
    };
    let mut splices = vec![splice];
    let mut blocks = vec![Block {
        name: "imports".to_owned(),
        text: format!("imports: [{MODULE}]"),
    }];
    match imported(source, MODULE) {
        Some(other) if other.from != from => {
            return Err(
                Problem::decision(format!("`{MODULE}` is imported from `{}`", other.from))
                    .in_file(&source.path)
                    .note("the generated module has the same name"),
            );
        }
        Some(_) => {}
        None => {
            let (splice, text) = add_import(source, MODULE, from);
            splices.push(splice);
            blocks.push(Block {
                name: "import".to_owned(),
                text,
            });
        }
    }
    Ok((splices, blocks))
}

/// The call in `@Module(…)` of a class.
fn decorator<'s>(source: &Source, class: Node<'s>) -> Option<Node<'s>> {
    // Of an exported class, they stand before `export`.
    let mut candidates = children(class);
    candidates.extend(class.parent().map(children).unwrap_or_default());
    candidates
        .into_iter()
        .filter(|node| node.kind() == "decorator" && node.end_byte() <= class.end_byte())
        .flat_map(named_children)
        .find(|node| {
            node.kind() == "call_expression"
                && node
                    .child_by_field_name("function")
                    .is_some_and(|function| source.slice(function) == "Module")
        })
}

fn into_object(source: &Source, object: Node) -> Result<Option<Splice>, Problem> {
    let properties = named_children(object);
    for property in &properties {
        if property.kind() == "spread_element" {
            return Err(unsure(
                source,
                *property,
                "what the module imports is not certain",
                "this may hold `imports`",
            ));
        }
        let key = property.child_by_field_name("key").unwrap_or(*property);
        if source.string(key) != "imports" {
            continue;
        }
        let value = property.child_by_field_name("value");
        return match value {
            Some(list) if list.kind() == "array" => Ok(into_list(source, list)),
            _ => Err(unsure(
                source,
                *property,
                "what the module imports is not certain",
                "expected a list",
            )),
        };
    }
    let entry = format!("imports: [{MODULE}]");
    let Some(first) = properties.first() else {
        let indent = indent(&source.text, object.start_byte());
        let step = step(&source.text);
        return Ok(Some(Splice {
            span: object.byte_range(),
            text: format!("{{\n{indent}{step}{entry},\n{indent}}}"),
        }));
    };
    let start = first_of(object, *first).start_byte();
    if source.text[object.start_byte()..start].contains('\n') {
        let indent = indent(&source.text, start);
        return Ok(Some(Splice::insert(start, format!("{entry},\n{indent}"))));
    }
    if fits(source, object, entry.len() + 2) {
        return Ok(Some(Splice::insert(start, format!("{entry}, "))));
    }
    let mut items = vec![entry];
    items.extend(
        properties
            .iter()
            .map(|property| source.slice(*property).to_owned()),
    );
    Ok(Some(broken(source, object, &items, ('{', '}'))))
}

/// The comment that belongs to the first entry, if there is one.
fn first_of<'s>(list: Node<'s>, first: Node<'s>) -> Node<'s> {
    children(list)
        .into_iter()
        .find(|node| node.kind() == "comment" && node.start_byte() < first.start_byte())
        .unwrap_or(first)
}

/// Behind the last element, as the others are written. Nothing if it is there.
fn into_list(source: &Source, list: Node) -> Option<Splice> {
    let elements = named_children(list);
    if elements
        .iter()
        .any(|element| source.slice(*element) == MODULE)
    {
        return None;
    }
    let Some(last) = elements.last() else {
        let has_comment = children(list).iter().any(|node| node.kind() == "comment");
        return Some(match has_comment {
            true => Splice::insert(
                list.start_byte() + 1,
                format!(
                    "\n{}{}{MODULE},",
                    indent(&source.text, list.start_byte()),
                    step(&source.text)
                ),
            ),
            false => Splice {
                span: list.byte_range(),
                text: format!("[{MODULE}]"),
            },
        });
    };
    let comma = children(list)
        .into_iter()
        .find(|node| node.kind() == "," && node.start_byte() >= last.end_byte());
    let is_broken = source.text[list.start_byte()..last.start_byte()].contains('\n');
    if is_broken {
        let indent = indent(&source.text, last.start_byte());
        return Some(match comma {
            Some(comma) => {
                // A comment behind the comma stays with the element before.
                let line = source.text[comma.end_byte()..list.end_byte()]
                    .find('\n')
                    .map_or(comma.end_byte(), |n| comma.end_byte() + n);
                let line = line - usize::from(source.text[..line].ends_with('\r'));
                Splice::insert(line, format!("\n{indent}{MODULE},"))
            }
            None => Splice::insert(last.end_byte(), format!(",\n{indent}{MODULE}")),
        });
    }
    let at = comma.map_or(last.end_byte(), |comma| comma.end_byte());
    let text = if comma.is_some() {
        format!(" {MODULE},")
    } else {
        format!(", {MODULE}")
    };
    let has_comment = children(list).iter().any(|node| node.kind() == "comment");
    let lies_on_one_line = !source.slice(list).contains('\n');
    if !lies_on_one_line || has_comment || fits(source, list, text.len()) {
        return Some(Splice::insert(at, text));
    }
    let mut items: Vec<String> = elements
        .iter()
        .map(|element| source.slice(*element).to_owned())
        .collect();
    items.push(MODULE.to_owned());
    Some(broken(source, list, &items, ('[', ']')))
}

/// Whether the line that a node ends on can take so many more bytes.
fn fits(source: &Source, node: Node, more: usize) -> bool {
    let start = source.text[..node.end_byte()]
        .rfind('\n')
        .map_or(0, |n| n + 1);
    let rest = &source.text[node.end_byte()..];
    let end = node.end_byte() + rest.find('\n').unwrap_or(rest.len());
    end - start + more <= WIDTH
}

/// One entry a line.
fn broken(source: &Source, node: Node, items: &[String], (open, close): (char, char)) -> Splice {
    let indent = indent(&source.text, node.start_byte());
    let step = step(&source.text);
    let lines: String = items
        .iter()
        .map(|item| format!("\n{indent}{step}{item},"))
        .collect();
    Splice {
        span: node.byte_range(),
        text: format!("{open}{lines}\n{indent}{close}"),
    }
}
