//! Each reason for which a signature does not count, and the facts that come with it.

use rapidkit_pg::signature::{
    AllowedSigners, EnvelopeError, KeyError, Namespace, Principal, Revoked, RevokedBy,
    SignatureError, Signer, SkipReason, Truncated, Trust, verify,
};

use crate::fixture::{
    Key, LOCK, MESSAGE, MODULE, PRINCIPAL, Parts, armour, nobody_revoked, noon, signers,
};

fn judge(
    text: &str,
    revoked: &Revoked,
    principal: Option<&str>,
    signature: &[u8],
) -> Result<Signer, SignatureError> {
    let principal: Option<Principal> = principal.map(|principal| principal.parse().unwrap());
    let trust = Trust {
        signers: &signers(text),
        revoked,
        principal: principal.as_ref(),
        now: noon(),
    };
    verify(MESSAGE, signature, Namespace::Lock, &trust)
}

fn judge_line(line: &str, key: &Key) -> Result<Signer, SignatureError> {
    let file = key.sign(MESSAGE, LOCK, "sha512").file();
    judge(line, &nobody_revoked(), Some(PRINCIPAL), &file)
}

#[test]
fn a_signature_that_counts_says_who_made_it() {
    let key = Key::hardware(3, "ssh:");
    let text = format!(
        "\n# comment\n*@example.org valid-before=\"20270101Z\" {} c\n",
        key.line()
    );
    let file = key.sign_with(MESSAGE, LOCK, "sha256", 0x05).file();
    let signer = judge(&text, &nobody_revoked(), Some(PRINCIPAL), &file).unwrap();
    assert_eq!(signer.principal.as_str(), PRINCIPAL);
    assert_eq!(signer.principals.as_str(), "*@example.org");
    assert_eq!(signer.line, 3);
    assert_eq!(signer.fingerprint.to_string(), key.fingerprint());
    assert_eq!(signer.key_type, "sk-ssh-ed25519@openssh.com");
    assert_eq!(signer.hash.as_str(), "sha256");
    assert_eq!(
        signer.valid_before.unwrap().to_string(),
        "2027-01-01T00:00:00Z"
    );
    let assertion = signer.assertion.unwrap();
    assert_eq!(assertion.counter, 7);
    assert!(assertion.user_present() && assertion.user_verified());
}

/// Most of these the comparison with the rebuilt file would refuse as well, but without saying what is wrong.
#[test]
fn a_malformed_signature_says_what_is_wrong() {
    let key = Key::software(1);
    let hard = Key::hardware(3, "ssh:");
    let changed = |key: &Key, change: fn(&mut Parts)| {
        let mut parts = key.sign(MESSAGE, LOCK, "sha512");
        change(&mut parts);
        parts.file()
    };
    let file = changed(&key, |_| {});
    let text = String::from_utf8(file.clone()).unwrap();
    for (file, expected) in [
        (vec![b'x'; 5000], EnvelopeError::TooLarge(5000)),
        (file[1..].to_vec(), EnvelopeError::NoHeader),
        (file[..file.len() - 1].to_vec(), EnvelopeError::NoFooter),
        (
            text.replace('\n', "\r\n").into_bytes(),
            EnvelopeError::CarriageReturns,
        ),
        (
            text.replacen("U1NI", "U1N*", 1).into_bytes(),
            EnvelopeError::Base64,
        ),
        (armour(&key.blob(), 76), EnvelopeError::NoMagic),
        (armour(b"SSHSIG", 70), EnvelopeError::Truncated(Truncated)),
        (
            armour(&hard.sign(MESSAGE, LOCK, "sha512").blob(), 71),
            EnvelopeError::NotCanonical { at: 100 },
        ),
        (
            changed(&key, |parts| parts.version = 0),
            EnvelopeError::Version(0),
        ),
        (
            changed(&key, |parts| parts.version = 2),
            EnvelopeError::Version(2),
        ),
        (
            changed(&key, |parts| parts.key.push(0)),
            EnvelopeError::Key(KeyError::Trailing),
        ),
        (
            changed(&key, |parts| parts.namespace.clear()),
            EnvelopeError::Namespace,
        ),
        (
            changed(&key, |parts| parts.namespace.push(27)),
            EnvelopeError::Namespace,
        ),
        (
            changed(&key, |parts| parts.reserved.push(1)),
            EnvelopeError::Reserved,
        ),
        (
            changed(&key, |parts| parts.hash = b"sha1".to_vec()),
            EnvelopeError::Hash("sha1".to_owned()),
        ),
        (
            changed(&key, |parts| parts.kind = b"ssh-rsa".to_vec()),
            EnvelopeError::Type {
                signature: "ssh-rsa".to_owned(),
                key: "ssh-ed25519",
            },
        ),
        (
            changed(&key, |parts| parts.signature.truncate(63)),
            EnvelopeError::Length(63),
        ),
        (
            changed(&key, |parts| parts.tail.push(1)),
            EnvelopeError::Trailing,
        ),
        (
            changed(&key, |parts| parts.after.push(1)),
            EnvelopeError::Trailing,
        ),
        (
            changed(&hard, |parts| parts.tail[0] = 0x41),
            EnvelopeError::Flags(0x41),
        ),
    ] {
        let trusted = format!("{PRINCIPAL} {}\n", key.line());
        match judge(&trusted, &nobody_revoked(), None, &file) {
            Err(SignatureError::Malformed(error)) => assert_eq!(error, expected),
            other => panic!("{other:?}, expected {expected:?}"),
        }
    }
}

#[test]
fn each_reason_is_its_own() {
    let key = Key::software(1);
    let other = Key::software(2);
    let line = key.line();
    let good = format!("{PRINCIPAL} {line}\n");
    let file = key.sign(MESSAGE, LOCK, "sha512").file();
    let none = nobody_revoked();
    assert!(judge(&good, &none, None, &file).is_ok());

    let error = judge(&good, &none, None, b"x").unwrap_err();
    assert!(matches!(error, SignatureError::Malformed(_)), "{error}");

    let module = key.sign(MESSAGE, MODULE, "sha512").file();
    let error = judge(&good, &none, None, &module).unwrap_err();
    assert!(
        matches!(&error, SignatureError::WrongNamespace { found, fingerprint, .. }
            if found == MODULE && fingerprint.to_string() == key.fingerprint()),
        "{error}"
    );

    let elsewhere = key.sign(b"other content", LOCK, "sha512").file();
    let error = judge(&good, &none, None, &elsewhere).unwrap_err();
    assert!(matches!(error, SignatureError::Bad { .. }), "{error}");

    let revoked = Revoked::parse("revoked", format!("{line}\n").as_bytes()).unwrap();
    let error = judge(&good, &revoked, None, &file).unwrap_err();
    assert!(
        matches!(
            error,
            SignatureError::Revoked {
                by: RevokedBy::Key,
                ..
            }
        ),
        "{error}"
    );

    let error = judge(
        &format!("{PRINCIPAL} {}\n", other.line()),
        &none,
        None,
        &file,
    )
    .unwrap_err();
    assert!(
        matches!(error, SignatureError::UnknownKey { skipped: None, .. }),
        "{error}"
    );
    let error = judge("", &none, None, &file).unwrap_err();
    assert!(
        matches!(error, SignatureError::UnknownKey { .. }),
        "{error}"
    );

    let error = judge(&good, &none, Some("dev@example.org"), &file).unwrap_err();
    assert!(
        matches!(&error, SignatureError::WrongPrincipal { expected, allowed, line: 1, .. }
            if expected.as_str() == "dev@example.org" && allowed.as_str() == PRINCIPAL),
        "{error}"
    );

    let error =
        judge_line(&format!("{PRINCIPAL} namespaces=\"git,file\" {line}"), &key).unwrap_err();
    assert!(
        matches!(&error, SignatureError::NamespaceNotAllowed { allowed, .. } if allowed.as_str() == "git,file"),
        "{error}"
    );

    let error = judge_line(
        &format!("{PRINCIPAL} valid-after=\"20261125120001Z\" {line}"),
        &key,
    )
    .unwrap_err();
    assert!(
        matches!(error, SignatureError::NotYetValid { .. }),
        "{error}"
    );
    let error = judge_line(
        &format!("{PRINCIPAL} valid-before=\"20261125115959Z\" {line}"),
        &key,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the key {} of `{PRINCIPAL}` was valid only before 2026-11-25T11:59:59Z; it is 2026-11-25T12:00:00Z (line 1 of the allowed signers)",
            key.fingerprint()
        )
    );
    for exact in ["valid-after", "valid-before"] {
        let text = format!("{PRINCIPAL} {exact}=\"20261125120000Z\" {line}");
        assert!(judge_line(&text, &key).is_ok(), "{text}");
    }
}

#[test]
fn a_security_key_must_have_been_touched() {
    let key = Key::hardware(3, "ssh:");
    let text = format!("{PRINCIPAL} {}\n", key.line());
    for (flags, counts) in [(0x00, false), (0x01, true), (0x04, false), (0x05, true)] {
        let file = key.sign_with(MESSAGE, LOCK, "sha512", flags).file();
        let judged = judge(&text, &nobody_revoked(), None, &file);
        match judged {
            Ok(_) => assert!(counts, "{flags:#x}"),
            Err(error) => {
                assert!(!counts, "{flags:#x}: {error}");
                assert!(
                    matches!(error, SignatureError::UserAbsent { .. }),
                    "{error}"
                );
            }
        }
    }
    // The waiver of sshd's authorized_keys: ssh-keygen does not know it here either.
    let problem = AllowedSigners::parse(
        "allowed_signers",
        &format!("{PRINCIPAL} no-touch-required {}\n", key.line()),
    )
    .unwrap_err();
    assert!(
        problem.to_string().contains("no-touch-required"),
        "{problem}"
    );
    // The same point for another application is another key.
    let error = judge(
        &text,
        &nobody_revoked(),
        None,
        &Key::hardware(3, "ssh:other")
            .sign(MESSAGE, LOCK, "sha512")
            .file(),
    )
    .unwrap_err();
    assert!(
        matches!(error, SignatureError::UnknownKey { .. }),
        "{error}"
    );
}

#[test]
fn the_line_that_came_nearest_is_reported() {
    let key = Key::software(1);
    let line = key.line();
    let text = format!(
        "dev@example.org {line}\n{PRINCIPAL} namespaces=\"git\" {line}\n{PRINCIPAL} valid-before=\"20200101Z\" {line}\n"
    );
    let error = judge_line(&text, &key).unwrap_err();
    assert!(
        matches!(error, SignatureError::Expired { line: 3, .. }),
        "{error}"
    );
    let later = text + &format!("{PRINCIPAL} {line}\n");
    assert_eq!(judge_line(&later, &key).unwrap().line, 4);
}

#[test]
fn lines_that_are_skipped_say_why() {
    let key = Key::software(1);
    let rsa = "AAAAB3NzaC1yc2E=";
    let text = format!(
        "*@example.org cert-authority {}\n*@example.org ssh-rsa {rsa}\n{PRINCIPAL} {}\n",
        key.line(),
        Key::software(2).line()
    );
    let read = signers(&text);
    assert_eq!(read.entries().len(), 1);
    let skipped: Vec<_> = read
        .skipped()
        .iter()
        .map(|skipped| (skipped.line, skipped.reason.clone()))
        .collect();
    assert_eq!(
        skipped,
        [
            (1, SkipReason::CertAuthority),
            (2, SkipReason::KeyType("ssh-rsa".to_owned()))
        ]
    );
    let error = judge_line(&text, &key).unwrap_err();
    assert!(
        matches!(
            error,
            SignatureError::UnknownKey {
                skipped: Some((1, SkipReason::CertAuthority)),
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_file_that_cannot_be_read_says_where() {
    let key = Key::software(1).line();
    for (line, expected) in [
        ("a", "there is nothing after the principals".to_owned()),
        (&format!("\"a {key}"), "quote is not closed".to_owned()),
        (
            &format!("a namespaces=\"x {key}"),
            "quote is not closed".to_owned(),
        ),
        ("a b c", "expected a key".to_owned()),
        ("a ssh-ed25519 AAAA", "expected a key".to_owned()),
        (&format!("a x {key}"), "unknown option `x`".to_owned()),
        (
            &format!("a,\u{1b}[31m {key}"),
            "control character".to_owned(),
        ),
        (&format!("*,!* {key}"), "allow nobody".to_owned()),
        (
            &format!("{} {key}", "a".repeat(1023)),
            "longer than 1022".to_owned(),
        ),
        (
            &format!("a {key} {}", "x".repeat(9000)),
            "longer than 8192".to_owned(),
        ),
        (
            &format!("a valid-after=\"20260230\" {key}"),
            "no such day".to_owned(),
        ),
        (
            &format!("a valid-before=\"19690101Z\" {key}"),
            "before 1971".to_owned(),
        ),
        (
            &format!("a valid-after=\"20270101\",valid-before=\"20260101\" {key}"),
            "`valid-before` is not after".to_owned(),
        ),
    ] {
        let text = format!("# comment\nb {key}\n{line}\n");
        let problem = AllowedSigners::parse("team/allowed_signers", &text).unwrap_err();
        assert!(
            problem
                .to_string()
                .starts_with("team/allowed_signers:3:1: "),
            "{problem}"
        );
        assert!(problem.to_string().contains(&expected), "{problem}");
    }
    let large = "#".repeat((1 << 20) + 1);
    assert!(AllowedSigners::parse("f", &large).is_err());
}
