//! Signatures, `allowed_signers`, revoked keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use rapidkit_pg::signature::{AllowedSigners, Envelope, Namespace, Revoked, Trust, verify};

use crate::fixture::{
    Key, LOCK, MESSAGE, MODULE, PRINCIPAL, armour, krl, nobody_revoked, noon, signers,
};
use crate::inputs::mutated;
use crate::run::run;

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
    run("signatures", 4000, strategy, |file| {
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
    run("allowed signers", 4000, strategy, move |bytes| {
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
    run("revoked keys", 4000, strategy, |bytes| {
        let Ok(revoked) = Revoked::parse("revoked", bytes) else {
            return false;
        };
        // What it holds, it has read: none is made up.
        assert!(revoked.len() * 20 <= bytes.len());
        true
    });
}
