//! Inputs that nobody would write. In CI a few thousand each; `RAPIDKIT_FUZZ=3000000 cargo test --release --test signature
//! fuzz` runs as many as asked for. An input may be refused or read, but never crash, take long, or count when it should not.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rapidkit_pg::signature::{AllowedSigners, Envelope, Namespace, Revoked, Trust, verify};

use crate::fixture::{
    Key, LOCK, MESSAGE, MODULE, PRINCIPAL, armour, krl, nobody_revoked, noon, say, signers,
};

/// Inputs for each of the three readers.
fn inputs() -> u32 {
    std::env::var("RAPIDKIT_FUZZ")
        .ok()
        .map_or(12_000u32, |count| count.parse().unwrap())
        .div_ceil(3)
}

/// A change of some bytes. Places are parts of 65,536.
#[derive(Debug, Clone)]
enum Edit {
    Flip(u16, u8),
    Set(u16, u8),
    Insert(u16, usize),
    Remove(u16, u8),
    Repeat(u16, u8, u8),
    Cut(u16),
}

fn edit(words: usize) -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (any::<u16>(), 0..8u8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        3 => (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        3 => (any::<u16>(), 0..words).prop_map(|(at, word)| Edit::Insert(at, word)),
        2 => (any::<u16>(), any::<u8>()).prop_map(|(at, count)| Edit::Remove(at, count)),
        1 => (any::<u16>(), any::<u8>(), 1..9u8).prop_map(|(at, count, times)| Edit::Repeat(at, count, times)),
        1 => any::<u16>().prop_map(Edit::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, edit: &Edit, words: &[&[u8]]) {
    let place = |at: u16| usize::from(at) * bytes.len() / 65_536;
    let to = |at: usize, count: u8| (at + usize::from(count)).min(bytes.len());
    match *edit {
        Edit::Flip(at, bit) => {
            let at = place(at);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
        Edit::Set(at, value) => {
            let at = place(at);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        Edit::Insert(at, word) => {
            let at = place(at);
            bytes.splice(at..at, words[word].iter().copied());
        }
        Edit::Remove(at, count) => {
            let at = place(at);
            bytes.drain(at..to(at, count));
        }
        Edit::Repeat(at, count, times) => {
            let at = place(at);
            let part = bytes[at..to(at, count)].repeat(usize::from(times));
            bytes.splice(at..at, part);
        }
        Edit::Cut(at) => bytes.truncate(place(at)),
    }
}

/// Any bytes, or one of the samples with up to eight changes.
fn mutated(
    samples: Vec<Vec<u8>>,
    words: &'static [&'static [u8]],
) -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec(edit(words.len()), 0..8);
    let changed = (0..samples.len(), edits).prop_map(move |(sample, edits)| {
        let mut bytes = samples[sample].clone();
        for edit in &edits {
            apply(&mut bytes, edit, words);
        }
        bytes
    });
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200),
        12 => changed,
    ]
}

/// Puts as many inputs as asked for to `judge`, which says whether one was read.
fn run<S: Strategy>(what: &str, strategy: S, judge: impl Fn(&S::Value) -> bool) {
    let count = inputs();
    let mut runner = TestRunner::new_with_rng(
        Config {
            cases: count,
            failure_persistence: None,
            ..Config::default()
        },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let seen = std::cell::Cell::new(0u32);
    let read = std::cell::Cell::new(0u32);
    let slowest = std::cell::Cell::new(Duration::ZERO);
    let start = Instant::now();
    runner
        .run(&strategy, |input| {
            let start = Instant::now();
            if judge(&input) {
                read.set(read.get() + 1);
            }
            slowest.set(slowest.get().max(start.elapsed()));
            seen.set(seen.get() + 1);
            Ok(())
        })
        .unwrap();
    let (seen, read, slowest) = (seen.get(), read.get(), slowest.get());
    say(&format!(
        "fuzz, {what}: {seen} inputs, {read} read, 0 panics, slowest {slowest:.1?}, {:.0?} in all",
        start.elapsed()
    ));
    assert_eq!(seen, count);
    assert!(read > 0 && read < seen, "the inputs are all of one kind");
    // By the clock on the wall, on a machine that may be busy: only what never ends is meant.
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
}

const ENVELOPE_WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b" ",
    b"=",
    b"==",
    b"\0",
    b"SSHSIG",
    b"\0\0\0\x01",
    b"\xff\xff\xff\xff",
    b"ssh-ed25519",
    b"sk-ssh-ed25519@openssh.com",
    b"sha512",
    b"-----END SSH SIGNATURE-----\n",
    b"-----BEGIN SSH SIGNATURE-----\n",
];

#[test]
fn the_reader_of_signatures() {
    let keys = [Key::software(1), Key::hardware(2, "ssh:")];
    let mut blobs = Vec::new();
    for key in &keys {
        for namespace in [LOCK, MODULE] {
            for hash in ["sha256", "sha512"] {
                blobs.push(key.sign(MESSAGE, namespace, hash).blob());
            }
        }
    }
    let files: Vec<Vec<u8>> = blobs.iter().map(|blob| armour(blob, 70)).collect();
    let text: String = keys
        .iter()
        .map(|key| format!("{PRINCIPAL} {}\n", key.line()))
        .collect();
    let trusted = signers(&text);
    let trust = Trust {
        signers: &trusted,
        revoked: &nobody_revoked(),
        principal: None,
        now: noon(),
    };
    let strategy = prop_oneof![
        mutated(files.clone(), ENVELOPE_WORDS),
        mutated(blobs, ENVELOPE_WORDS).prop_map(|blob| armour(&blob, 70)),
    ];
    run("signatures", strategy, |file| {
        let Ok(envelope) = Envelope::parse(file) else {
            return false;
        };
        assert_eq!(envelope.render().as_bytes(), file);
        for namespace in [Namespace::Lock, Namespace::Module] {
            if verify(MESSAGE, file, namespace, &trust).is_ok() {
                assert!(files.contains(file), "{}", String::from_utf8_lossy(file));
            }
        }
        true
    });
}

const SIGNERS_WORDS: &[&[u8]] = &[
    b" ",
    b"\t",
    b"\n",
    b"\r\n",
    b"\"",
    b"\\\"",
    b"\\",
    b",",
    b"!",
    b"*",
    b"?",
    b"#",
    b"=",
    b"Z",
    b"\0",
    b"\xc3\xa9",
    b"namespaces=\"",
    b"valid-after=\"20260101Z\"",
    b"valid-before=\"2026",
    b"cert-authority",
    b"ssh-ed25519 ",
    b"ssh-rsa AAAAB3NzaC1yc2E=",
    b"99999999999999",
];

#[test]
fn the_reader_of_allowed_signers() {
    let key = Key::software(1).line();
    let hard = Key::hardware(2, "ssh:").line();
    let samples = [
        format!("{PRINCIPAL} {key}\n"),
        format!("*@example.org,!dev@example.org namespaces=\"rapidkit-*\" {key} comment\n"),
        format!("\"a b\",c valid-after=\"20260101Z\",valid-before=\"20270101\" {hard}\n# end\n"),
        format!("a cert-authority,namespaces=\"x \\\"y\" {key}\nb ssh-rsa AAAAB3NzaC1yc2E=\n"),
        format!("a {key}\r\n\r\nb {hard}"),
    ];
    let strategy = mutated(samples.map(String::into_bytes).to_vec(), SIGNERS_WORDS);
    let file = Key::software(1).sign(MESSAGE, LOCK, "sha512").file();
    let trusted = STANDARD.encode(Key::software(1).blob());
    run("allowed signers", strategy, move |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let Ok(read) = AllowedSigners::parse("allowed_signers", &text) else {
            return false;
        };
        let lines = text.split_inclusive('\n').count();
        for entry in read.entries() {
            assert!((1..=lines).contains(&entry.line));
            let somebody = entry.principals.somebody().unwrap();
            assert!(entry.principals.allows(somebody.as_str()));
            // Nothing lets a key sign that does not stand there.
            let blob = STANDARD.encode(entry.key.to_blob());
            let line = text.split('\n').nth(entry.line - 1).unwrap();
            assert!(line.contains(&blob), "{line:?}");
        }
        let trust = Trust {
            signers: &read,
            revoked: &nobody_revoked(),
            principal: None,
            now: noon(),
        };
        if read.entries().len() < 8 && verify(MESSAGE, &file, Namespace::Lock, &trust).is_ok() {
            assert!(text.contains(&trusted));
        }
        true
    });
}

const REVOKED_WORDS: &[&[u8]] = &[
    b"\0",
    b"\n",
    b" ",
    b"#",
    b"SSHKRL\n\0",
    b"\0\0\0\x01",
    b"\0\0\0\x14",
    b"\0\0\0\x20",
    b"\xff\xff\xff\xff",
    b"\x02",
    b"\x03",
    b"\x05",
    b"\x01\0\0\0\0",
    b"\xff\0\0\0\0",
    b"ssh-ed25519",
    b"-cert-v01@openssh.com",
];

#[test]
fn the_reader_of_revoked_keys() {
    let key = Key::software(1);
    let hard = Key::hardware(2, "ssh:");
    let samples = vec![
        format!("# comment\n{} comment\n{}\n", key.line(), hard.line()).into_bytes(),
        krl(&[]),
        krl(&[(2, &[key.blob(), hard.blob()])]),
        krl(&[(3, &[vec![1; 20], vec![2; 20]]), (5, &[vec![3; 32]])]),
        krl(&[
            (2, &[key.blob()]),
            (5, &[vec![0; 32], vec![1; 32]]),
            (3, &[vec![9; 20]]),
        ]),
    ];
    let strategy = mutated(samples, REVOKED_WORDS);
    run("revoked keys", strategy, |bytes| {
        let Ok(revoked) = Revoked::parse("revoked", bytes) else {
            return false;
        };
        // What it holds, it has read: none is made up.
        assert!(revoked.len() * 20 <= bytes.len());
        true
    });
}
