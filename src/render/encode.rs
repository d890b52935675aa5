//! One encoder for every place in an output that a value can land in.

use std::fmt::Write as _;

use crate::types::{is_invisible, quote};

type Encoder = fn(&str) -> Result<String, String>;

/// Filter name → encoder. Each writes the whole literal, quotes included.
pub const ENCODERS: &[(&str, Encoder)] = &[
    ("rust_string", |text| Ok(rust_string(text))),
    ("rust_identifier", rust_identifier),
    ("python_string", |text| Ok(python_string(text))),
    ("python_path", python_path),
    ("typescript_string", |text| Ok(typescript_string(text))),
    ("argument", argument),
    ("file_extension", file_extension),
    ("toml_string", |text| Ok(quote(text))),
    ("yaml_string", |text| Ok(quote(text))),
    ("sql_identifier", sql_identifier),
    ("dotenv", dotenv),
    ("shell_word", shell_word),
];

fn rust_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || is_invisible(c) => {
                let _ = write!(out, "{}", c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out + "\""
}

fn python_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || is_invisible(c) => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out + "\""
}

/// A module's path: `app.db_postgres`.
fn python_path(text: &str) -> Result<String, String> {
    const KEYWORDS: &[&str] = &[
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class",
        "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global",
        "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return",
        "try", "while", "with", "yield",
    ];
    let is_name = |name: &str| {
        name.starts_with(|c: char| c == '_' || c.is_alphabetic())
            && name.chars().all(|c| c == '_' || c.is_alphanumeric())
            && !KEYWORDS.contains(&name)
    };
    match text.split('.').all(is_name) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "`{}` is no path of a Python module",
            text.escape_debug()
        )),
    }
}

/// In single quotes, as Prettier in a Nest project has it.
fn typescript_string(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || is_invisible(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out + "'"
}

/// An argument of a command that is not taken for an option.
fn argument(text: &str) -> Result<String, String> {
    match text.starts_with('-') || text.chars().any(char::is_control) {
        true => Err(format!("`{}` is no argument", text.escape_debug())),
        false => Ok(text.to_owned()),
    }
}

/// With its dot: `.js`; or nothing.
fn file_extension(text: &str) -> Result<String, String> {
    let is_extension = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric());
    match text.strip_prefix('.') {
        Some(name) if !name.is_empty() && is_extension(name) => Ok(text.to_owned()),
        None if text.is_empty() => Ok(String::new()),
        _ => Err(format!("`{}` is no file extension", text.escape_debug())),
    }
}

fn rust_identifier(text: &str) -> Result<String, String> {
    const KEYWORDS: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
        "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
        "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
        "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type",
        "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    ];
    let shaped = text.starts_with(|c: char| c == '_' || c.is_alphabetic())
        && text.chars().all(|c| c == '_' || c.is_alphanumeric())
        && text != "_"
        && text != "Self";
    match (shaped, KEYWORDS.contains(&text)) {
        (false, _) => Err(format!("`{}` is no Rust identifier", text.escape_debug())),
        (true, true) if matches!(text, "self" | "super" | "crate") => {
            Err(format!("`{text}` cannot be a Rust identifier"))
        }
        (true, true) => Ok(format!("r#{text}")),
        (true, false) => Ok(text.to_owned()),
    }
}

/// PostgreSQL cuts identifiers at 63 bytes (NAMEDATALEN − 1); a longer one would name something else.
fn sql_identifier(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains('\0') || text.len() > 63 {
        return Err("a SQL identifier has 1 to 63 bytes and no NUL".to_owned());
    }
    Ok(format!("\"{}\"", text.replace('"', "\"\"")))
}

/// Single quotes, which every dotenv reader takes literally; they know no escape for one inside.
fn dotenv(text: &str) -> Result<String, String> {
    if text.contains(['\n', '\r', '\0', '\'']) {
        return Err("a dotenv value has no line break, NUL or single quote".to_owned());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%?=&+,".contains(c);
    if text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Ok(format!("'{text}'"))
}

fn shell_word(text: &str) -> Result<String, String> {
    if text.contains('\0') {
        return Err("a shell word has no NUL".to_owned());
    }
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &[&str] = &[
        "",
        "plain",
        "\"; std::process::exit(1); \"",
        "\\",
        "\\\"",
        "a\nb\r\tc\u{0}\u{1b}[31m",
        "{{ answers }}",
        "'; DROP TABLE users; --",
        "$(touch x) `touch x` ${HOME}",
        "\u{202e}\u{2066}\u{feff}\u{2028}",
        "日本語 🦀",
        "# comment",
    ];

    #[test]
    fn a_typescript_string_holds_exactly_its_value() {
        for text in HOSTILE {
            let literal = typescript_string(text);
            let source = format!("const x = {literal};\n");
            let mut parser = tree_sitter::Parser::new();
            parser
                .set_language(&tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into())
                .unwrap();
            let tree = parser.parse(&source, None).unwrap();
            assert!(!tree.root_node().has_error(), "{source}");
            let declared = tree.root_node().child(0).unwrap().named_child(0).unwrap();
            let value = declared.child_by_field_name("value").unwrap();
            assert_eq!(value.kind(), "string");
            assert_eq!(&source[value.byte_range()], literal);
        }
    }

    #[test]
    fn a_rust_string_holds_exactly_its_value() {
        for text in HOSTILE {
            let literal = rust_string(text);
            let source = format!("const X: &str = {literal};\n");
            let mut parser = tree_sitter::Parser::new();
            parser
                .set_language(&tree_sitter_rust::LANGUAGE.into())
                .unwrap();
            let tree = parser.parse(&source, None).unwrap();
            assert!(!tree.root_node().has_error(), "{source}");
            let item = tree.root_node().child(0).unwrap();
            let value = item.child_by_field_name("value").unwrap();
            assert_eq!(value.kind(), "string_literal");
            assert_eq!(&source[value.byte_range()], literal);
        }
    }

    #[test]
    fn a_python_string_holds_exactly_its_value() {
        for text in HOSTILE {
            let literal = python_string(text);
            assert!(literal.chars().all(|c| !c.is_control()), "{literal}");
            let mut parser = tree_sitter::Parser::new();
            parser
                .set_language(&tree_sitter_python::LANGUAGE.into())
                .unwrap();
            let source = format!("x = {literal}\n");
            let tree = parser.parse(&source, None).unwrap();
            assert!(!tree.root_node().has_error(), "{source}");
            let statement = tree.root_node().child(0).unwrap();
            let value = statement
                .child(0)
                .unwrap()
                .child_by_field_name("right")
                .unwrap();
            assert_eq!(value.kind(), "string");
            assert_eq!(&source[value.byte_range()], literal);
        }
    }

    #[test]
    fn toml_and_yaml_read_the_value_back() {
        for text in HOSTILE {
            let literal = quote(text);
            let toml: toml_edit::DocumentMut = format!("x = {literal}\n").parse().unwrap();
            assert_eq!(toml["x"].as_str(), Some(*text));
            let yaml: std::collections::BTreeMap<String, String> =
                serde_yaml::from_str(&format!("x: {literal}\n")).unwrap();
            assert_eq!(yaml["x"], *text);
        }
    }

    #[test]
    fn a_shell_reads_the_value_back() {
        for text in HOSTILE.iter().filter(|text| !text.contains('\0')) {
            let script = format!("printf %s {}", shell_word(text).unwrap());
            let output = std::process::Command::new("sh")
                .args(["-c", &script])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), *text);
        }
    }

    #[test]
    fn what_cannot_be_written_safely_is_refused() {
        for text in ["a\nb", "it's", "\0"] {
            assert!(dotenv(text).is_err());
        }
        for text in ["", "a-b", "1a", "a b", "self", "a;b", "_"] {
            assert!(rust_identifier(text).is_err(), "{text}");
        }
        for text in ["a-b", "a..b", ".a", "class.x", "a b", ""] {
            assert!(python_path(text).is_err(), "{text}");
        }
        for text in [".", "js", ".js'", ".a.b", "./x"] {
            assert!(file_extension(text).is_err(), "{text}");
        }
        assert_eq!(file_extension(".js").unwrap(), ".js");
        assert_eq!(file_extension("").unwrap(), "");
        assert_eq!(rust_identifier("type").unwrap(), "r#type");
        assert!(sql_identifier(&"x".repeat(64)).is_err());
        assert_eq!(sql_identifier("a\"b").unwrap(), "\"a\"\"b\"");
    }
}
