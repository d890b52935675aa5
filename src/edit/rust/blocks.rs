//! Blocks in Rust source, compared token by token, so that white space, comments and rustfmt's trailing commas never
//! matter.

use std::collections::BTreeSet;
use std::ops::Range;

use super::tokens::{is_word, tokens};
use crate::edit::splice::{Splice, taken_out};

/// Stands for one balanced expression of the user's in a block's text.
pub const HOLE: char = '…';

/// Whether every bracket of `source` has its partner.
pub fn is_balanced(source: &str) -> bool {
    let mut open = Vec::new();
    for token in tokens(source) {
        match &source[token] {
            "(" => open.push(")"),
            "[" => open.push("]"),
            "{" => open.push("}"),
            close @ (")" | "]" | "}") if open.pop() != Some(close) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

/// How often `block` stands in `source`, token for token; [`HOLE`] matches one balanced, non-empty run of tokens. With an
/// attribute before it, it is another statement: that could switch it off. So could a macro around it.
pub fn count(source: &str, block: &str) -> usize {
    let swallowed = in_macros(source);
    let is_code = |place: &Range<usize>| {
        let next = swallowed.partition_point(|span| span.end <= place.start);
        swallowed
            .get(next)
            .is_none_or(|span| place.start < span.start)
    };
    find(source, block)
        .into_iter()
        .filter(|place| is_code(place))
        .count()
}

/// Where `block` stands in `source`, from its first token that is not a hole to its last.
pub fn find(source: &str, block: &str) -> Vec<Range<usize>> {
    let pattern = words(block);
    let open = pattern.first().is_some_and(|word| is_hole(word.text));
    let pattern = &pattern[usize::from(open)..];
    let pieces: Vec<&[Word]> = pattern.split(|word| is_hole(word.text)).collect();
    if pattern.is_empty() || pattern.len() > MOST_WORDS || pieces.len() > MOST_PIECES {
        return Vec::new();
    }
    let text = words(source);
    let after = after_items(&text);
    // A `let` of ours is put before a statement of the user's, who may have given it one.
    let attributes = match pattern[0].text {
        "let" => BTreeSet::new(),
        _ => attribute_ends(&text, &after),
    };
    // From the last hole to the first: where the block ends if that hole begins at a word.
    let mut ends: Option<Vec<Option<usize>>> = None;
    for piece in pieces[1..].iter().rev() {
        ends = Some(ends_from(&text, &after, piece, ends.as_deref()));
    }
    (usize::from(open)..text.len())
        .filter(|at| !attributes.contains(at))
        .filter_map(|at| {
            let end = end_of_piece(&text, at, pieces[0], ends.as_deref())?;
            Some(text[at].span.start..text[end.checked_sub(1)?].span.end)
        })
        .collect()
}

/// Takes out `block`, which stands in `source` once; `instead` stays, with what the block's hole holds in its own.
pub fn take_out(source: &str, block: &str, instead: &str) -> Option<Splice> {
    let [place] = &find(source, block)[..] else {
        return None;
    };
    let pattern = words(block);
    if instead.is_empty() {
        return Some(taken_out(source, place.clone()));
    }
    let pieces: Vec<&[Word]> = pattern.split(|word| is_hole(word.text)).collect();
    let text = &source[place.clone()];
    let within = words(text);
    if let Some(suffix) = block.strip_prefix(instead) {
        let at = within.len().checked_sub(words(suffix).len())?;
        let start = place.start + within.get(at)?.span.start;
        // A comment before it is the user's.
        return Some(Splice {
            span: source[..start].trim_end().len()..place.end,
            text: String::new(),
        });
    }
    let held = match pieces[..] {
        [_] => "",
        [first, last] => {
            let last = within.len().checked_sub(last.len() + 1)?;
            text.get(within.get(first.len())?.span.start..within[last].span.end)?
        }
        _ => return None,
    };
    Some(Splice {
        span: place.clone(),
        text: instead.replace(HOLE, held),
    })
}

/// No block that is put in comes near these; they bound what a recorded one can cost.
const MOST_WORDS: usize = 1_000;
const MOST_PIECES: usize = 16;

struct Word<'a> {
    text: &'a str,
    span: Range<usize>,
}

fn is_hole(word: &str) -> bool {
    word.chars().eq([HOLE])
}

/// The tokens of `source` without the commas that rustfmt puts before a closing bracket.
fn words(source: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word> = Vec::new();
    for span in tokens(source) {
        let text = &source[span.clone()];
        if is_close(text) && words.last().is_some_and(|word| word.text == ",") {
            words.pop();
        }
        words.push(Word { text, span });
    }
    words
}

fn is_open(word: &str) -> bool {
    matches!(word, "(" | "[" | "{")
}

fn is_close(word: &str) -> bool {
    matches!(word, ")" | "]" | "}")
}

/// For each word the place after it, for an opening bracket the one after its closing one; `None` where no expression goes
/// on: at a semicolon, a closing bracket, and a bracket that is never closed.
fn after_items(text: &[Word]) -> Vec<Option<usize>> {
    let mut after = vec![None; text.len()];
    let mut open = Vec::new();
    for (at, word) in text.iter().enumerate() {
        if is_open(word.text) {
            open.push(at);
        } else if is_close(word.text) {
            if let Some(start) = open.pop() {
                after[start] = Some(at + 1);
            }
        } else if word.text != ";" {
            after[at] = Some(at + 1);
        }
    }
    after
}

/// The places after attributes.
fn attribute_ends(text: &[Word], after: &[Option<usize>]) -> BTreeSet<usize> {
    text.windows(2)
        .zip(&after[1.min(after.len())..])
        .filter(|(pair, _)| pair[0].text == "#" && pair[1].text == "[")
        .filter_map(|(_, end)| *end)
        .collect()
}

/// Macros that run what stands in them as it stands.
const TRANSPARENT: [&str; 3] = ["join", "select", "try_join"];
/// Words that an expression goes on after, which may begin with `!`.
const BEFORE_NOT: [&str; 7] = ["break", "else", "if", "in", "match", "return", "while"];

/// The bytes within the brackets of macros that may make anything of them, or nothing; in order, none within another.
fn in_macros(source: &str) -> Vec<Range<usize>> {
    let text = words(source);
    let after = after_items(&text);
    let word = |at: usize| text.get(at).map_or("", |word| word.text);
    let own: BTreeSet<&str> = text
        .windows(3)
        .filter(|words| words[0].text == "macro_rules" && words[1].text == "!")
        .map(|words| words[2].text)
        .collect();
    let mut found: Vec<Range<usize>> = Vec::new();
    for at in 1..text.len() {
        let name = word(at - 1);
        let is_name = name.starts_with(is_word) && !BEFORE_NOT.contains(&name);
        let open = at + 1 + usize::from(word(at + 1).starts_with(is_word));
        if word(at) != "!"
            || !is_name
            || !is_open(word(open))
            || found
                .last()
                .is_some_and(|span| text[at].span.start < span.end)
            || (TRANSPARENT.contains(&name) && !own.contains(name))
        {
            continue;
        }
        let end = after[open].map_or(source.len(), |end| text[end - 1].span.end);
        found.push(text[open].span.start..end);
    }
    found
}

/// Where the block ends if a hole begins at a word and `piece` follows the hole; the shortest filling counts.
fn ends_from(
    text: &[Word],
    after: &[Option<usize>],
    piece: &[Word],
    rest: Option<&[Option<usize>]>,
) -> Vec<Option<usize>> {
    // If the hole is filled up to a word.
    let mut filled = vec![None; text.len() + 1];
    for at in (0..=text.len()).rev() {
        filled[at] = end_of_piece(text, at, piece, rest).or_else(|| {
            let next = *after.get(at)?;
            filled[next?]
        });
    }
    let mut ends: Vec<_> = after.iter().map(|next| filled[(*next)?]).collect();
    ends.push(None);
    ends
}

/// Where the block ends if `piece` begins at a word, and then, if there is one, the hole whose ends are `rest`.
fn end_of_piece(
    text: &[Word],
    at: usize,
    piece: &[Word],
    rest: Option<&[Option<usize>]>,
) -> Option<usize> {
    let end = at + piece.len();
    let here = text.get(at..end)?;
    let matches = here.iter().zip(piece).all(|(a, b)| a.text == b.text);
    match rest {
        _ if !matches => None,
        None => Some(end),
        Some(ends) => ends[end],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_sources_never_panic() {
        let source = "fn é() { r#\"… /* \" 'x' b'\\ /*";
        for (start, _) in source.char_indices() {
            for (end, _) in source[start..].char_indices() {
                tokens(&source[start..start + end]);
                find(&source[start..start + end], "… ( … ) é");
            }
        }
    }

    #[test]
    fn a_block_is_found_wherever_it_stands() {
        let block = "… .merge(db_postgres::router())";
        let moved = "fn f() { let x = app\n  .merge( // here\n  db_postgres :: router(), ); }";
        assert_eq!(count(moved, block), 1);
        assert_eq!(count("fn f() { app.merge(other()) }", block), 0);
        assert_eq!(count("// app.merge(db_postgres::router())", block), 0);
        assert_eq!(count("\"app.merge(db_postgres::router())\"", block), 0);
    }

    #[test]
    fn a_hole_is_one_balanced_expression() {
        let block = "let served = …; close().await;";
        assert_eq!(
            count("let served = f(a, { b; c })?; close().await;", block),
            1
        );
        assert_eq!(count("let served = a; b; close().await;", block), 0);
        assert_eq!(count("f(…)", "f(…)"), 1);
        assert_eq!(count("f(f(x))", "f(…)"), 2);
        assert_eq!(count("a (b) (c);", "… (…);"), 1);
        assert_eq!(count("f(a, )", "f(a, …)"), 0);
    }

    #[test]
    fn with_an_attribute_it_is_another_statement() {
        for (before, counted) in [
            ("", 1),
            ("#![allow(unused)]", 1),
            ("#[a] x();", 1),
            ("#[cfg(any())]", 0),
            ("#[cfg(any(),)] // off\n", 0),
            ("#[a] /* b */ #[c(d[0])]", 0),
        ] {
            assert_eq!(
                count(&format!("{before} close();"), "close();"),
                counted,
                "{before}"
            );
            let attributed = format!("{before} #[a] mod db;");
            assert_eq!(count(&attributed, "#[a] mod db;"), counted, "{before}");
        }
        let block = "let served = …; close(); served";
        assert_eq!(
            count("#[a] let served = serve(); close(); served", block),
            1
        );
    }

    #[test]
    fn within_a_macro_it_may_be_nothing() {
        for (source, counted) in [
            ("tokio::select! { _ = x => { close(); } }", 1),
            ("join!(async { close(); })", 1),
            ("if !{ close(); true } {}", 1),
            ("x != { close(); 1 }", 1),
            ("println!(\"{x}\"); close();", 1),
            ("hide! { close(); }", 0),
            ("hide!(x! {} close(););", 0),
            ("macro_rules! hide { () => { close(); } }", 0),
            ("macro_rules! select { () => {} } select! { close(); }", 0),
            ("hide! { close();", 0),
        ] {
            assert_eq!(count(source, "close();"), counted, "{source}");
        }
    }

    #[test]
    fn what_was_recorded_cannot_make_it_slow_or_deep() {
        let many = "x ".repeat(100_000);
        assert_eq!(count(&many, &"… x ".repeat(15)), 100_000 - 29);
        assert_eq!(count(&many, &"… ".repeat(50_000)), 0);
        assert_eq!(count(&many, &many), 0);
        let deep = format!("f{}{}", "(".repeat(50_000), ")".repeat(50_000));
        assert_eq!(count(&deep, "f(…)"), 1);
        assert_eq!(count(&"m!(x) ".repeat(50_000), "x"), 0);
    }
}
