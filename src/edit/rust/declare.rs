//! Puts a `mod` line where a person, and rustfmt, would have it.

use tree_sitter::Node;

use super::program::{attributes, in_tests};
use super::source::Source;
use crate::edit::splice::{Splice, line_start};
use crate::edit::tree::children;

/// Whether the root module declares `mod name;`, in a file of its own and not for tests alone.
pub fn declares(source: &Source, name: &str) -> bool {
    children(source.root()).into_iter().any(|item| {
        item.kind() == "mod_item"
            && item.child_by_field_name("body").is_none()
            && is_named(source, item, name)
            && !in_tests(source, item)
    })
}

/// Whether an item has this name.
pub fn is_named(source: &Source, item: Node, name: &str) -> bool {
    item.child_by_field_name("name")
        .is_some_and(|n| source.slice(n) == name)
}

/// Puts `line` (`pub mod name;`, attributes before it) among the file's modules, or before its first item.
pub fn declare(source: &Source, name: &str, line: &str) -> Splice {
    let text = &source.text;
    let items: Vec<_> = children(source.root())
        .into_iter()
        .filter(|n| {
            !matches!(
                n.kind(),
                "line_comment" | "block_comment" | "attribute_item"
            )
        })
        .collect();
    // Modules stand at the top, before code; a `mod tests;` at the end is not where another one goes.
    let head = items.iter().take_while(|n| {
        matches!(
            n.kind(),
            "mod_item"
                | "use_declaration"
                | "extern_crate_declaration"
                | "inner_attribute_item"
                | "shebang"
                | "macro_invocation"
                | "empty_statement"
                | "expression_statement"
                | "const_item"
                | "static_item"
                | "type_item"
        )
    });
    let mut group: Vec<Node> = Vec::new();
    for item in head.filter(|n| n.kind() == "mod_item") {
        let inline = item.child_by_field_name("body").is_some();
        let test = attributes(source, *item).iter().any(|a| a.contains("test"));
        if inline || test {
            continue;
        }
        let near = group.last().is_none_or(|last| {
            let gap = text.get(last.end_byte()..start(source, *item));
            gap.is_some_and(|gap| !gap.contains("\n\n") && !gap.contains("\n\r\n"))
                && next_item(source, *last) == Some(*item)
        });
        if !near {
            break;
        }
        group.push(*item);
    }
    let label = |item: &Node| {
        item.child_by_field_name("name")
            .map_or("", |n| source.slice(n))
            .to_owned()
    };
    if let Some(last) = group.last() {
        let sorted = group.is_sorted_by_key(label);
        let after = group
            .iter()
            .find(|item| sorted && label(item).as_str() > name);
        return match after {
            Some(item) => Splice::insert(start(source, *item), format!("{line}\n")),
            None => Splice::insert(line_end(text, last.end_byte()), format!("\n{line}")),
        };
    }
    let first = items
        .iter()
        .find(|n| !matches!(n.kind(), "inner_attribute_item" | "shebang"));
    match first {
        Some(item) => {
            // The name of a macro that is parsed through is blank: such an item seems to begin late on its line.
            let at = start(source, *item);
            let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
            let before = item.prev_sibling().map_or(mark, |n| n.end_byte());
            let line_of_it = line_start(text, at).max(mark);
            let at = if line_of_it >= before { line_of_it } else { at };
            Splice::insert(at, format!("{line}\n\n"))
        }
        None if text.is_empty() || text.ends_with('\n') => {
            Splice::insert(text.len(), format!("{line}\n"))
        }
        None => Splice::insert(text.len(), format!("\n{line}\n")),
    }
}

fn next_item<'s>(source: &'s Source, item: Node<'s>) -> Option<Node<'s>> {
    children(source.root()).into_iter().find(|n| {
        n.start_byte() >= item.end_byte() && !n.is_extra() && n.kind() != "attribute_item"
    })
}

/// Where an item begins: at its first attribute or documentation comment, on its own line.
fn start(source: &Source, item: Node) -> usize {
    let text = &source.text;
    let mut first = item;
    while let Some(before) = first.prev_sibling() {
        // What the grammar has put in to recover from an error may lie behind what follows it.
        let gap = text.get(before.end_byte()..first.start_byte());
        let gap = gap.unwrap_or_default();
        // A documentation comment of the grammar holds its line's end.
        let apart =
            gap.matches('\n').count() > usize::from(!text[..before.end_byte()].ends_with('\n'));
        let documents = matches!(before.kind(), "line_comment" | "block_comment")
            && ["///", "/**"]
                .iter()
                .any(|p| source.slice(before).starts_with(p));
        let comments = matches!(before.kind(), "line_comment" | "block_comment")
            && before
                .prev_sibling()
                .is_some_and(|above| above.kind() == "attribute_item");
        if !(before.kind() == "attribute_item" || documents || comments) || apart {
            break;
        }
        first = before;
    }
    let line = line_start(text, first.start_byte());
    let blank = text[line..first.start_byte()]
        .trim_start_matches('\u{feff}')
        .trim()
        .is_empty();
    if blank {
        line + if text[line..].starts_with('\u{feff}') {
            3
        } else {
            0
        }
    } else {
        first.start_byte()
    }
}

fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
    let rest = &text[at..end];
    // What follows on the line stays there only if it is a comment.
    let comment = rest.trim_start().starts_with("//") || rest.trim().is_empty();
    if !comment {
        return at;
    }
    end - usize::from(rest.ends_with('\r'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::splice::spliced;
    use crate::types::ProjectPath;

    fn with(text: &str) -> String {
        let source = Source::parse(ProjectPath::root(), text.into());
        spliced(text, &[declare(&source, "db", "mod db;")])
    }

    #[test]
    fn it_goes_among_the_modules() {
        assert_eq!(
            with("mod a;\nmod z;\n\nuse x::y;\n"),
            "mod a;\nmod db;\nmod z;\n\nuse x::y;\n"
        );
        assert_eq!(
            with("use x::y;\n\nmod a; // a\n\nfn f() {}\n"),
            "use x::y;\n\nmod a; // a\nmod db;\n\nfn f() {}\n"
        );
        assert_eq!(
            with("#[macro_use]\nmod z;\nmod a;\n"),
            "#[macro_use]\nmod z;\nmod a;\nmod db;\n"
        );
        assert_eq!(
            with("mod a;\n/// Why.\n#[x]\npub mod z;\n"),
            "mod a;\nmod db;\n/// Why.\n#[x]\npub mod z;\n"
        );
    }

    #[test]
    fn without_modules_it_goes_before_the_first_item() {
        assert_eq!(
            with("//! Docs.\n\nuse x::y;\n"),
            "//! Docs.\n\nmod db;\n\nuse x::y;\n"
        );
        assert_eq!(
            with("\u{feff}use x::y;\n"),
            "\u{feff}mod db;\n\nuse x::y;\n"
        );
        assert_eq!(
            with("#![x]\n// Licence.\n\n/// F.\nfn f() {}\n"),
            "#![x]\n// Licence.\n\nmod db;\n\n/// F.\nfn f() {}\n"
        );
        assert_eq!(
            with("fn f() {}\n#[cfg(test)]\nmod tests;\n"),
            "mod db;\n\nfn f() {}\n#[cfg(test)]\nmod tests;\n"
        );
        assert_eq!(with(""), "mod db;\n");
    }
}
