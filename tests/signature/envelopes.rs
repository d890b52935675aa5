//! The ways to change a signature file that the tests try, by name. Each keeps what it can of the original.

use crate::fixture::{Key, Parts, Random, armour};

/// A signature and how it came about.
pub struct Given<'a> {
    pub parts: &'a Parts,
    pub key: &'a Key,
    pub message: &'a [u8],
}

type Change = fn(&Given<'_>, &mut Random) -> Vec<u8>;

/// The order of the group, little endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn with(given: &Given<'_>, change: impl FnOnce(&mut Parts)) -> Vec<u8> {
    let mut parts = given.parts.clone();
    change(&mut parts);
    parts.file()
}

fn text(given: &Given<'_>, change: impl FnOnce(String) -> String) -> Vec<u8> {
    change(String::from_utf8(given.parts.file()).unwrap()).into_bytes()
}

fn resigned(given: &Given<'_>, flags: u8) -> Vec<u8> {
    let namespace = String::from_utf8(given.parts.namespace.clone()).unwrap();
    let hash = String::from_utf8(given.parts.hash.clone()).unwrap();
    given
        .key
        .sign_with(given.message, &namespace, &hash, flags)
        .file()
}

/// All of them.
pub const CHANGES: &[(&str, Change)] = &[
    ("lines of 76", |given, _| armour(&given.parts.blob(), 76)),
    ("lines of 69", |given, _| armour(&given.parts.blob(), 69)),
    ("one line", |given, _| armour(&given.parts.blob(), 10_000)),
    ("an empty line after the header", |given, _| {
        text(given, |t| t.replacen('\n', "\n\n", 1))
    }),
    ("a blank in the base64", |given, _| {
        text(given, |t| t.replacen("U1NI", "U1 NI", 1))
    }),
    ("a tab at a line's end", |given, _| {
        text(given, |t| t.replacen("\n-----END", "\t\n-----END", 1))
    }),
    ("a line after the footer", |given, _| {
        text(given, |t| t + "x\n")
    }),
    ("no line break after the footer", |given, _| {
        text(given, |t| t.trim_end().to_owned())
    }),
    ("a footer that goes on", |given, _| {
        text(given, |t| t.trim_end().to_owned() + "x\n")
    }),
    ("a second signature after the first", |given, _| {
        text(given, |t| t.clone() + &t)
    }),
    ("a line before the header", |given, _| {
        text(given, |t| format!("x\n{t}"))
    }),
    ("CRLF everywhere", |given, _| {
        text(given, |t| t.replace('\n', "\r\n"))
    }),
    ("CRLF but in the header", |given, _| {
        text(given, |t| {
            let (header, rest) = t.split_once('\n').unwrap();
            format!("{header}\n{}", rest.replace('\n', "\r\n"))
        })
    }),
    ("bits in the base64's padding", |given, _| {
        text(given, |t| {
            t.replacen("A==", "B==", 1).replacen("A=\n", "B=\n", 1)
        })
    }),
    ("base64 for addresses", |given, _| {
        text(given, |t| {
            let (header, rest) = t.split_once('\n').unwrap();
            let (body, footer) = rest.split_once("-----").unwrap();
            let body = body.replace('+', "-").replace('/', "_");
            format!("{header}\n{body}-----{footer}")
        })
    }),
    ("other magic bytes", |given, _| {
        with(given, |p| p.magic[5] = b'H')
    }),
    ("version 0", |given, _| with(given, |p| p.version = 0)),
    ("version 2", |given, _| with(given, |p| p.version = 2)),
    ("a reserved field with content", |given, _| {
        with(given, |p| p.reserved = b"x".to_vec())
    }),
    ("a zero byte after the namespace", |given, _| {
        with(given, |p| p.namespace.push(0))
    }),
    ("a zero byte after the hash's name", |given, _| {
        with(given, |p| p.hash.push(0))
    }),
    ("a zero byte after the key's type", |given, _| {
        with(given, |p| {
            let name = given.key.kind().len();
            p.key.insert(4 + name, 0);
            p.key[3] += 1;
        })
    }),
    ("a zero byte after the signature's type", |given, _| {
        with(given, |p| p.kind.push(0))
    }),
    ("a zero byte after the application", |given, _| {
        with(given, |p| {
            if let Some(application) = given.key.application {
                let at = p.key.len() - application.len() - 1;
                p.key[at] += 1;
                p.key.push(0);
            } else {
                p.key.push(0);
            }
        })
    }),
    ("another namespace written over it", |given, _| {
        with(given, |p| p.namespace = b"rapidkit-lock-v2".to_vec())
    }),
    ("no namespace", |given, _| {
        with(given, |p| p.namespace.clear())
    }),
    ("another hash written over it", |given, _| {
        with(given, |p| {
            p.hash = if p.hash == b"sha256" {
                "sha512"
            } else {
                "sha256"
            }
            .into();
        })
    }),
    ("a hash that is not defined", |given, _| {
        with(given, |p| p.hash = b"sha384".to_vec())
    }),
    ("bytes after everything", |given, _| {
        with(given, |p| p.after.push(0))
    }),
    ("bytes after the signature", |given, _| {
        with(given, |p| p.tail.push(0))
    }),
    ("flags and counter dropped or added", |given, _| {
        with(given, |p| {
            p.tail = if p.tail.is_empty() {
                vec![1, 0, 0, 0, 7]
            } else {
                Vec::new()
            };
        })
    }),
    ("another counter", |given, _| {
        with(given, |p| {
            if let Some(byte) = p.tail.last_mut() {
                *byte += 1;
            } else {
                p.signature[0] ^= 1;
            }
        })
    }),
    ("presence written into the flags", |given, _| {
        let absent = given
            .key
            .sign_with(given.message, "rapidkit-lock-v1", "sha512", 0);
        with(given, |p| {
            *p = absent;
            if let Some(flags) = p.tail.first_mut() {
                *flags = 1;
            } else {
                p.signature[40] ^= 1;
            }
        })
    }),
    ("a scalar that is not reduced", |given, _| {
        with(given, |p| {
            let mut carry = 0;
            for (byte, add) in p.signature[32..].iter_mut().zip(ORDER) {
                let sum = u16::from(*byte) + u16::from(add) + carry;
                *byte = u8::try_from(sum & 0xff).unwrap();
                carry = sum >> 8;
            }
        })
    }),
    ("a signature one byte short", |given, _| {
        with(given, |p| {
            p.signature.pop();
        })
    }),
    ("a signature one byte long", |given, _| {
        with(given, |p| p.signature.push(0))
    }),
    ("a signature of zeros", |given, _| {
        with(given, |p| p.signature = vec![0; 64])
    }),
    ("another key written over it", |given, _| {
        with(given, |p| p.key = Key::software(77).blob())
    }),
    ("another application written over it", |given, _| {
        with(given, |p| {
            *p.key.last_mut().unwrap() ^= 1;
        })
    }),
    ("signed without a touch", |given, _| resigned(given, 0)),
    ("signed with a PIN", |given, _| resigned(given, 0x05)),
    ("signed with a PIN and no touch", |given, _| {
        resigned(given, 0x04)
    }),
    ("signed with flags for more data", |given, _| {
        resigned(given, 0x81)
    }),
    ("a bit of the file flipped", |given, random| {
        let mut file = given.parts.file();
        let at = random.below(file.len());
        file[at] ^= 1 << random.below(8);
        file
    }),
    ("a bit of the blob flipped", |given, random| {
        let mut blob = given.parts.blob();
        let at = random.below(blob.len());
        blob[at] ^= 1 << random.below(8);
        armour(&blob, 70)
    }),
    ("a byte of the file dropped", |given, random| {
        let mut file = given.parts.file();
        file.remove(random.below(file.len()));
        file
    }),
    ("a byte put into the file", |given, random| {
        let mut file = given.parts.file();
        file.insert(random.below(file.len() + 1), *random.pick(b"\n \tA=+\r\0"));
        file
    }),
    ("cut short", |given, random| {
        let mut file = given.parts.file();
        file.truncate(random.below(file.len()));
        file
    }),
    ("nothing", |_, _| Vec::new()),
];
