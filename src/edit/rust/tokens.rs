//! Rust source as a flat list of tokens.

use std::ops::Range;

/// The bytes of every token of `source`, comments left out; punctuation is one token a character.
///
/// It never fails: what is no Rust becomes one token a character.
pub fn tokens(source: &str) -> Vec<Range<usize>> {
    let mut lexer = Lexer { source, at: 0 };
    let mut found = Vec::new();
    while let Some(token) = lexer.next_token() {
        found.push(token);
    }
    found
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn next_token(&mut self) -> Option<Range<usize>> {
        self.skip_trivia();
        let start = self.at;
        let first = self.rest().chars().next()?;
        let length = match first {
            '"' => quoted(self.rest(), 0, '"'),
            '\'' => self.lifetime_or_char(),
            _ if first.is_ascii_digit() => number(self.rest()),
            _ if is_word(first) => self.word(),
            _ => first.len_utf8(),
        };
        self.at = start + length.max(first.len_utf8());
        Some(start..self.at)
    }

    fn skip_trivia(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches(['\u{feff}']).trim_start().len();
            let comment = match &rest[blank..] {
                text if text.starts_with("//") => text.find('\n').unwrap_or(text.len()),
                text if text.starts_with("/*") => block_comment(text),
                _ => 0,
            };
            self.at += blank + comment;
            if blank + comment == 0 {
                return;
            }
        }
    }

    /// An identifier, or a string with a prefix: `r#"…"#`, `b"…"`, `c"…"`, `b'x'`, `r#ident`.
    fn word(&self) -> usize {
        let rest = self.rest();
        let name = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (prefix, tail) = rest.split_at(name);
        if matches!(prefix, "r" | "br" | "cr") {
            let hashes = tail.len() - tail.trim_start_matches('#').len();
            let quote = &tail[hashes..];
            if let Some(inside) = quote.strip_prefix('"') {
                let close = format!("\"{}", "#".repeat(hashes));
                return match inside.find(&close) {
                    Some(at) => name + hashes + 1 + at + close.len(),
                    None => rest.len(),
                };
            }
            if prefix == "r" && hashes == 1 && quote.starts_with(is_word) {
                return name + 1 + quote.find(|c| !is_word(c)).unwrap_or(quote.len());
            }
        }
        if matches!(prefix, "b" | "c") && tail.starts_with('"') {
            return quoted(rest, name, '"');
        }
        if prefix == "b" && tail.starts_with('\'') {
            return quoted(rest, name, '\'');
        }
        name
    }

    /// A quote that begins neither is a token by itself: it must not swallow what follows.
    fn lifetime_or_char(&self) -> usize {
        let rest = self.rest();
        let mut chars = rest.char_indices().skip(1);
        match (chars.next(), chars.next()) {
            (Some((_, '\\')), Some(_)) => {
                let end = quoted(rest, 0, '\'');
                if rest[..end].contains('\n') { 1 } else { end }
            }
            (Some(_), Some((end, '\''))) => end + 1,
            (Some((_, first)), _) if is_word(first) => {
                1 + rest[1..].find(|c| !is_word(c)).unwrap_or(rest.len() - 1)
            }
            _ => 1,
        }
    }
}

/// Whether a character can be in an identifier.
pub fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The length of a literal whose opening quote is at byte `quote` of `text`.
fn quoted(text: &str, quote: usize, close: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at <= quote) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == close => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

fn number(text: &str) -> usize {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let fraction = c == '.' && chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if !(is_word(c) || fraction) {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source)
            .into_iter()
            .map(|span| &source[span])
            .collect()
    }

    #[test]
    fn every_literal_is_one_token() {
        let literals = [
            "\"a \\\" // b\"",
            "r#\"a \" b\"#",
            "br\"x\"",
            "c\"x\"",
            "b'\\''",
            "'\\''",
            "'a'",
            "'größe",
            "1.5e3_f64",
            "0xff",
            "r#type",
        ];
        for literal in literals {
            assert_eq!(texts(literal), [literal]);
        }
        assert_eq!(
            texts("a/* /* x */ */b // c\n'a: 1..2"),
            ["a", "b", "'a", ":", "1", ".", ".", "2"]
        );
        assert_eq!(texts("\u{feff}x"), ["x"]);
        assert_eq!(texts("a'::b 'c"), ["a", "'", ":", ":", "b", "'c"]);
    }
}
