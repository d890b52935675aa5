//! A signature file and what it signs, with each single bit flipped: none accepted.

use rapidkit_pg::signature::{Namespace, SshKeygen, Trust, verify};

use crate::fixture::{Key, LOCK, MESSAGE, PRINCIPAL, nobody_revoked, noon, say, signers};
use crate::keygen::Keygen;

/// Flips each bit of `bytes`, and expects `accepts` to say yes to the original alone.
fn none_accepted(what: &str, bytes: &[u8], accepts: impl Fn(&[u8]) -> bool) {
    assert!(accepts(bytes), "{what}: the original must count");
    let mut seen = 0;
    let total = bytes.len() * 8;
    for bit in 0..total {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if accepts(&flipped) {
            say(&format!("{what}: bit {bit} flipped is accepted"));
        } else {
            seen += 1;
        }
    }
    say(&format!("bits of {what}: seen {seen} of {total}"));
    assert_eq!(seen, total);
}

#[test]
fn no_flipped_bit_is_accepted() {
    let keygen = Keygen::new();
    let line = keygen.key("id", "ed25519");
    let trusted = signers(&format!("{PRINCIPAL} {line}\n"));
    let trust = Trust {
        signers: &trusted,
        revoked: &nobody_revoked(),
        principal: None,
        now: noon(),
    };
    let file = SshKeygen::default()
        .sign(&keygen.path("id"), Namespace::Lock, MESSAGE)
        .unwrap();
    none_accepted("a signature by ssh-keygen", file.as_bytes(), |file| {
        verify(MESSAGE, file, Namespace::Lock, &trust).is_ok()
    });
    none_accepted("what it signs", MESSAGE, |message| {
        verify(message, file.as_bytes(), Namespace::Lock, &trust).is_ok()
    });

    let key = Key::hardware(9, "ssh:");
    let trusted = signers(&format!("{PRINCIPAL} {}\n", key.line()));
    let trust = Trust {
        signers: &trusted,
        ..trust
    };
    for hash in ["sha256", "sha512"] {
        let file = key.sign(MESSAGE, LOCK, hash).file();
        none_accepted(
            &format!("a signature by a security key, {hash}"),
            &file,
            |file| verify(MESSAGE, file, Namespace::Lock, &trust).is_ok(),
        );
    }
}

/// With the key that the flipped file names trusted as well: the namespace, the hash and the counter are then all that is left.
#[test]
fn no_flipped_bit_is_accepted_from_whatever_key_it_names() {
    let key = Key::hardware(9, "ssh:");
    let file = key.sign(MESSAGE, LOCK, "sha512").file();
    let revoked = nobody_revoked();
    none_accepted(
        "a signature whose key is trusted whatever it is",
        &file,
        |file| {
            let Ok(envelope) = rapidkit_pg::signature::Envelope::parse(file) else {
                return false;
            };
            let line = base64::Engine::encode(
                &base64::engine::general_purpose::STANDARD,
                envelope.key.to_blob(),
            );
            let trusted = signers(&format!("* {} {line}\n", envelope.key.type_name()));
            let trust = Trust {
                signers: &trusted,
                revoked: &revoked,
                principal: None,
                now: noon(),
            };
            verify(MESSAGE, file, Namespace::Lock, &trust).is_ok()
        },
    );
}
