use std::fmt::Write as _;
use std::path::Path;

use super::is_invisible;

/// A name as it may be printed: what could move a cursor, change colours, end a line or hide is escaped, and bytes that
/// are no UTF-8 are written `\xNN`.
pub fn shown(name: &Path) -> String {
    let mut out = String::new();
    for chunk in name.as_os_str().as_encoded_bytes().utf8_chunks() {
        out += &shown_text(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// A text as [`shown`] writes it.
pub fn shown_text(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            let _ = write!(out, "{}", c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// A path as one word of a shell's command line.
pub fn shell_word(name: &Path) -> String {
    let bytes = name.as_os_str().as_encoded_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-/@+=,".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(plain) && !bytes.starts_with(b"-") {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let text = std::str::from_utf8(bytes).ok();
    match text.filter(|text| shown_text(text) == **text) {
        Some(text) => format!("'{}'", text.replace('\'', r"'\''")),
        None => {
            let mut out = String::from("$'");
            for byte in bytes {
                let _ = match byte {
                    b'\'' | b'\\' => write!(out, "\\{}", char::from(*byte)),
                    byte if byte.is_ascii_graphic() => write!(out, "{}", char::from(*byte)),
                    byte => write!(out, "\\x{byte:02x}"),
                };
            }
            out + "'"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let name = |bytes: &'static [u8]| shown(Path::new(OsStr::from_bytes(bytes)));
        assert_eq!(name(b"src/a.rs"), "src/a.rs");
        assert_eq!(name(b"a\x1b[2Jb\nc"), "a\\u{1b}[2Jb\\u{a}c");
        assert_eq!(name(b"a\xff\xfe"), "a\\xff\\xfe");
        assert_eq!(name("a\u{202e}b".as_bytes()), "a\\u{202e}b");
    }

    #[test]
    fn a_shell_reads_the_word_back() {
        for bytes in [
            &b"plain/a.rs"[..],
            b"it's",
            b"a b",
            b"$(touch x)",
            b"a\nb\x1b",
            b"\xff'\\",
            b"-rf",
            "é".as_bytes(),
        ] {
            let word = shell_word(Path::new(OsStr::from_bytes(bytes)));
            let script = format!("printf %s {word}");
            let output = std::process::Command::new("bash")
                .args(["-c", &script])
                .output()
                .unwrap();
            assert_eq!(output.stdout, bytes, "{word}");
        }
    }
}
