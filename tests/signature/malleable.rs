//! What `ssh-keygen -Y verify` accepts and we do not: the list, as it is documented in `src/signature/mod.rs`.

use std::collections::BTreeMap;

use rapidkit_pg::signature::{AllowedSigners, Namespace, Trust, verify};

use crate::envelopes::{CHANGES, Given};
use crate::fixture::{
    Key, LOCK, MESSAGE, PRINCIPAL, Parts, Random, nobody_revoked, noon, say, signers, string,
};
use crate::keygen::{Keygen, Question};

fn question<'a>(signature: &'a [u8], signers: &'a str) -> Question<'a> {
    Question {
        message: MESSAGE,
        signature,
        namespace: LOCK,
        principal: PRINCIPAL,
        signers,
        revoked: None,
        now: "20261125120000Z",
        zone: "UTC",
    }
}

#[test]
fn every_other_form_of_a_signature_is_refused() {
    let keygen = Keygen::new();
    let mut random = Random(1);
    let mut theirs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut tried = 0;
    for (who, key) in [
        ("software", Key::software(1)),
        ("security key", Key::hardware(2, "ssh:")),
    ] {
        let text = format!("{PRINCIPAL} {}\n", key.line());
        let trusted = signers(&text);
        let trust = Trust {
            signers: &trusted,
            revoked: &nobody_revoked(),
            principal: None,
            now: noon(),
        };
        for hash in ["sha256", "sha512"] {
            let parts = key.sign(MESSAGE, LOCK, hash);
            let file = parts.file();
            assert!(verify(MESSAGE, &file, Namespace::Lock, &trust).is_ok());
            assert!(keygen.accepts(&question(&file, &text)));
            for (name, change) in CHANGES {
                let changed = change(
                    &Given {
                        parts: &parts,
                        key: &key,
                        message: MESSAGE,
                    },
                    &mut random,
                );
                tried += 1;
                let ours = verify(MESSAGE, &changed, Namespace::Lock, &trust);
                let accepted = keygen.accepts(&question(&changed, &text));
                // A software key knows no flags, so that these change nothing for it.
                let same = changed == file || *name == "signed with a PIN";
                assert_eq!(ours.is_ok(), same, "{who}, {hash}, {name}: {ours:?}");
                assert!(!same || accepted, "{who}, {hash}, {name}");
                if accepted && !same {
                    let reason = ours.unwrap_err().to_string();
                    let note = theirs.entry(name).or_default();
                    if !note.contains(&who) {
                        note.push(who);
                        say(&format!(
                            "ssh-keygen accepts, we do not: {name} ({who}): {reason}"
                        ));
                    }
                }
            }
        }
    }
    say(&format!(
        "changed envelopes: {tried}, none accepted; ssh-keygen accepts {} of {} kinds",
        theirs.len(),
        CHANGES.len()
    ));
    for expected in [
        "lines of 76",
        "a line after the footer",
        "signed without a touch",
    ] {
        assert!(theirs.contains_key(expected), "{expected}: {theirs:?}");
    }
}

/// The neutral element as a key: a signature of zeros and the neutral element fits every message.
#[test]
fn a_weak_key_cannot_be_trusted() {
    let mut point = vec![0; 32];
    point[0] = 1;
    let mut key = string("ssh-ed25519");
    key.extend(string(&point));
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &key);
    let text = format!("{PRINCIPAL} ssh-ed25519 {base64}\n");
    let mut signature = point;
    signature.extend([0; 32]);
    let forged = Parts {
        key,
        signature,
        ..Key::software(1).sign(MESSAGE, LOCK, "sha512")
    }
    .file();
    let accepted = Keygen::new().accepts(&question(&forged, &text));
    say(&format!(
        "a forgery under a weak key: ssh-keygen accepts it: {accepted}"
    ));
    let problem = AllowedSigners::parse("allowed_signers", &text).unwrap_err();
    assert!(problem.to_string().contains("small order"), "{problem}");
    let trusted = signers(&format!("* {}\n", Key::software(1).line()));
    let trust = Trust {
        signers: &trusted,
        revoked: &nobody_revoked(),
        principal: None,
        now: noon(),
    };
    let error = verify(MESSAGE, &forged, Namespace::Lock, &trust).unwrap_err();
    assert!(error.to_string().contains("small order"), "{error}");
}
