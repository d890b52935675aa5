//! A key is replaced: both count while they overlap, then only the new one, and what the old one signed in its time is judged
//! by the time asked for.

use rapidkit_pg::signature::{Namespace, SignatureError, Timestamp, Trust, verify};

use crate::fixture::{Key, LOCK, MESSAGE, PRINCIPAL, nobody_revoked, signers};
use crate::keygen::{Keygen, Question};

#[test]
fn a_key_is_replaced() {
    let (old, new) = (Key::software(1), Key::software(2));
    let text = format!(
        "# the key of 2026 ends a month after that of 2027 begins\n\
         {PRINCIPAL} namespaces=\"rapidkit-*\",valid-before=\"20270131235959Z\" {} 2026\n\
         {PRINCIPAL} namespaces=\"rapidkit-*\",valid-after=\"20270101Z\" {} 2027\n",
        old.line(),
        new.line()
    );
    let trusted = signers(&text);
    let keygen = Keygen::new();
    let file = |key: &Key| key.sign(MESSAGE, LOCK, "sha512").file();
    for (now, spoken, old_counts, new_counts) in [
        (1_798_761_599, "20261231235959Z", true, false),
        (1_798_761_600, "20270101000000Z", true, true),
        (1_801_439_999, "20270131235959Z", true, true),
        (1_801_440_000, "20270201000000Z", false, true),
    ] {
        let trust = Trust {
            signers: &trusted,
            revoked: &nobody_revoked(),
            principal: Some(&PRINCIPAL.parse().unwrap()),
            now: Timestamp::from_unix(now),
        };
        for (key, counts) in [(&old, old_counts), (&new, new_counts)] {
            let signature = file(key);
            let ours = verify(MESSAGE, &signature, Namespace::Lock, &trust);
            assert_eq!(ours.is_ok(), counts, "{spoken}: {ours:?}");
            let theirs = keygen.accepts(&Question {
                message: MESSAGE,
                signature: &signature,
                namespace: LOCK,
                principal: PRINCIPAL,
                signers: &text,
                revoked: None,
                now: spoken,
                zone: "UTC",
            });
            assert_eq!(theirs, counts, "{spoken}");
            match ours {
                Ok(signer) => {
                    assert_eq!(signer.fingerprint.to_string(), key.fingerprint());
                    assert_eq!(
                        signer.line,
                        if old_counts && key.line() == old.line() {
                            2
                        } else {
                            3
                        }
                    );
                }
                Err(SignatureError::Expired {
                    valid_before, line, ..
                }) => {
                    assert_eq!(valid_before.to_string(), "2027-01-31T23:59:59Z");
                    assert_eq!(line, 2);
                }
                Err(SignatureError::NotYetValid {
                    valid_after, line, ..
                }) => {
                    assert_eq!(valid_after.to_string(), "2027-01-01T00:00:00Z");
                    assert_eq!(line, 3);
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}
