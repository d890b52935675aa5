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
    let Some((name, element)) = listed(block) else {
        let [place] = &find(source, block)[..] else {
            return None;
        };
        return Some(taken_out(source, place.clone()));
    };
    let parsed = parse(source);
    let lists: Vec<Vec<Node>> = lists(&parsed, name)
        .into_iter()
        .map(named_children)
        .collect();
    let is_element = |node: &Node| parsed.slice(*node) == element;
    let mut holding = lists.iter().filter(|list| list.iter().any(is_element));
    let (Some(list), None) = (holding.next(), holding.next()) else {
        return None;
    };
    let at = list.iter().position(is_element)?;
    let span = match (list.get(at + 1), at.checked_sub(1)) {
        (Some(next), _) => list[at].start_byte()..next.start_byte(),
        (None, Some(before)) => list[before].end_byte()..list[at].end_byte(),
        (None, None) => list[at].byte_range(),
    };
    Some(Splice {
        span,
        text: String::new(),
    })
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
