//! TypeScript source as a flat list of tokens: what a block is compared by, so that white space, comments, kinds of quotes,
//! semicolons and trailing commas never matter.

use std::ops::Range;

use tree_sitter::Node;

use super::Source;
use crate::edit::splice::{Splice, taken_out};
use crate::edit::tree::{self, named_children};
use crate::types::ProjectPath;

/// The bytes of every token of `source`, comments left out; a string is one token.
pub fn tokens(source: &str) -> Vec<Range<usize>> {
    let source = parse(source);
    leaves(source.root())
        .into_iter()
        .map(|node| node.byte_range())
        .collect()
}

/// How often `block` stands in `source`, token for token. A block `name: [element]` is every list of that name that has
/// the element, wherever in it.
pub fn count(source: &str, block: &str) -> usize {
    let source = parse(source);
    if let Some((name, element)) = listed(block) {
        return lists(&source, name)
            .into_iter()
            .flat_map(named_children)
            .filter(|node| source.slice(*node) == element)
            .count();
    }
    places(&source, block).len()
}

/// Where `block` stands in `source`, token for token.
pub fn find(source: &str, block: &str) -> Vec<Range<usize>> {
    places(&parse(source), block)
}

/// Takes out `block`, which stands in `source` once.
pub fn take_out(source: &str, block: &str) -> Option<Splice> {
    let span = match listed(block) {
        Some((name, element)) => element_span(&parse(source), name, element)?,
        None => match &find(source, block)[..] {
            [place] if !is_part(source, block) => place.clone(),
            _ => return None,
        },
    };
    Some(taken_out(source, span))
}

/// Whether `block` stands somewhere in `source` as a part of a statement, an `if` for one: without it, what follows could
/// take its place.
pub fn is_part(source: &str, block: &str) -> bool {
    let source = parse(source);
    let is_part = |place: &Range<usize>| {
        let mut node = source
            .root()
            .descendant_for_byte_range(place.start, place.end);
        while let Some(inner) = node.filter(|node| !holds_statements(*node)) {
            let outer = inner.parent();
            if outer.is_some_and(holds_statements) {
                return inner.start_byte() < place.start || inner.end_byte() > place.end;
            }
            node = outer;
        }
        false
    };
    listed(block).is_none() && places(&source, block).iter().any(is_part)
}

fn holds_statements(node: Node) -> bool {
    matches!(
        node.kind(),
        "program" | "statement_block" | "switch_case" | "switch_default"
    )
}

/// The bytes of an element of a list and of its comma; `None` if a comment is between them, or if there is no such element
/// or more than one.
fn element_span(source: &Source, name: &str, element: &str) -> Option<Range<usize>> {
    let elements = lists(source, name).into_iter().flat_map(named_children);
    let mut found = elements.filter(|node| source.slice(*node) == element);
    let (Some(element), None) = (found.next(), found.next()) else {
        return None;
    };
    let Range { start, end } = element.byte_range();
    let is_comma = |node: &Node| node.kind() == ",";
    if let Some(comma) = beside(element, Node::next_sibling).filter(is_comma) {
        return (comma.start_byte() == end).then(|| start..comma.end_byte());
    }
    let before = beside(element, Node::prev_sibling).filter(is_comma);
    let on_one_line = |comma: &Node| {
        let between = &source.text[comma.end_byte()..start];
        between.trim().is_empty() && !between.contains('\n')
    };
    let start = before
        .filter(on_one_line)
        .map_or(start, |comma| comma.start_byte());
    Some(start..end)
}

/// What is next to a node, comments left out.
fn beside<'t>(node: Node<'t>, step: fn(&Node<'t>) -> Option<Node<'t>>) -> Option<Node<'t>> {
    let mut next = step(&node);
    while let Some(comment) = next.filter(Node::is_extra) {
        next = step(&comment);
    }
    next
}

fn places(source: &Source, block: &str) -> Vec<Range<usize>> {
    let block = parse(block);
    let (text, pattern) = (words(source), words(&block));
    if pattern.is_empty() {
        return Vec::new();
    }
    text.windows(pattern.len())
        .filter(|window| {
            let mut pairs = window.iter().zip(&pattern);
            pairs.all(|(word, wanted)| word.text == wanted.text)
        })
        .map(|window| window[0].span.start..window[pattern.len() - 1].span.end)
        .collect()
}

/// `imports: [Element]` as name and element.
fn listed(block: &str) -> Option<(&str, &str)> {
    let (name, rest) = block.split_once(": [")?;
    Some((name, rest.strip_suffix(']')?))
}

/// The lists that are the value of a property of this name.
fn lists<'s>(source: &'s Source, name: &str) -> Vec<Node<'s>> {
    source
        .all("pair")
        .into_iter()
        .filter(|pair| {
            let key = pair.child_by_field_name("key");
            key.is_some_and(|key| source.string(key) == name)
        })
        .filter_map(|pair| pair.child_by_field_name("value"))
        .filter(|value| value.kind() == "array")
        .collect()
}

fn parse(text: &str) -> Source {
    Source::parse(ProjectPath::root(), text.into())
}

fn leaves(root: Node) -> Vec<Node> {
    tree::leaves(root, is_string)
        .into_iter()
        .filter(|node| node.kind() != "comment" && !node.byte_range().is_empty())
        .collect()
}

fn is_string(node: Node) -> bool {
    node.kind() == "string"
}

struct Word<'s> {
    text: &'s str,
    span: Range<usize>,
}

fn words(source: &Source) -> Vec<Word<'_>> {
    let mut words: Vec<Word> = Vec::new();
    for node in leaves(source.root()) {
        let text = match is_string(node) {
            true => source.string(node),
            false => source.slice(node),
        };
        let is_last_comma = words.last().is_some_and(|last| last.text == ",");
        if matches!(text, ")" | "]" | "}") && is_last_comma {
            words.pop();
        }
        match words.last_mut() {
            // It belongs to its statement, whether it is written or not.
            Some(last) if text == ";" => last.span.end = node.end_byte(),
            _ if text == ";" => {}
            _ => words.push(Word {
                text,
                span: node.byte_range(),
            }),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::splice::spliced;

    #[test]
    fn formatting_does_not_matter() {
        let block = "import { Shop } from './shop';";
        for text in [
            "import { Shop } from './shop';",
            "import {\n  Shop,\n} from \"./shop\"\n",
            "import { Shop /* it */ } from './shop'; // here",
        ] {
            assert_eq!(count(text, block), 1, "{text}");
        }
        assert_eq!(count("import { Shop } from './shops';", block), 0);
        assert_eq!(count("// import { Shop } from './shop';", block), 0);
    }

    #[test]
    fn no_token_ends_inside_a_character() {
        let text = "\\\u{feff}import x from 'x';\u{feff}";
        let tokens = tokens(text);
        assert!(tokens.iter().all(|at| text.get(at.clone()).is_some()));
    }

    #[test]
    fn what_is_a_part_of_a_statement_is_not_taken_out() {
        let block = "app.stop();";
        for text in [
            "if (x) app.stop();\nrun();",
            "if (x) y(); else app.stop();",
            "for (const a of b)\n  app.stop();\nrun();",
            "x && app.stop()\nrun()",
            "app.stop().then(run);",
            "const f = () => app.stop();",
        ] {
            assert!(
                is_part(text, block) && take_out(text, block).is_none(),
                "{text}"
            );
        }
        for text in [
            "app.stop()",
            "if (x) { app.stop(); }",
            "const f = () => {\n  app.stop()\n  run()\n}",
            "switch (x) { case 1: app.stop(); break; default: app.run(); }",
        ] {
            assert!(
                !is_part(text, block) && take_out(text, block).is_some(),
                "{text}"
            );
        }
    }

    #[test]
    fn an_element_is_taken_out_with_its_comma() {
        for (before, after) in [
            ("[Shop]", "[]"),
            ("[Shop,]", "[]"),
            ("[A, Shop]", "[A]"),
            ("[A, Shop, B]", "[A, B]"),
            ("[\n  Shop,\n]", "[\n]"),
            (
                "[\n  A, // a\n  Shop,\n  // b\n]",
                "[\n  A, // a\n  // b\n]",
            ),
            ("[\n  A, // a\n  Shop\n]", "[\n  A, // a\n]"),
            ("[\n  Shop, // mine\n  A,\n]", "[\n  // mine\n  A,\n]"),
        ] {
            let [before, after] = [before, after].map(|list| format!("f({{ imports: {list} }})"));
            let splice = take_out(&before, "imports: [Shop]").unwrap();
            assert_eq!(spliced(&before, &[splice]), after);
        }
        for text in ["[Shop /* a */, B]", "[Shop, Shop]", "[Shops]"] {
            let text = format!("f({{ imports: {text} }})");
            assert!(take_out(&text, "imports: [Shop]").is_none(), "{text}");
        }
    }

    #[test]
    fn an_element_may_stand_anywhere_in_its_list() {
        let block = "imports: [Shop]";
        for text in [
            "@Module({ imports: [Shop] }) class A {}",
            "@Module({ imports: [\n  Other, // why\n  Shop,\n] }) class A {}",
        ] {
            assert_eq!(count(text, block), 1, "{text}");
        }
        for text in [
            "@Module({ imports: [Other] }) class Shop {}",
            "@Module({ exports: [Shop] }) class A {}",
        ] {
            assert_eq!(count(text, block), 0, "{text}");
        }
    }
}
