use std::fmt::Write as _;

/// `text` as a JSON string, which is a TOML basic string and a YAML double-quoted scalar too.
pub fn quote(text: &str) -> String {
    if text.bytes().all(is_plain) {
        return ["\"", text, "\""].concat();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || is_invisible(c) => {
                // Writing to a String cannot fail. All of these lie in the basic multilingual plane.
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out + "\""
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')
}

/// Characters that reorder, hide or break what stands beside them; rustc refuses most of them in a literal.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}
