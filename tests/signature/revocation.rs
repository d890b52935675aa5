//! Revoked keys: every form in which `ssh-keygen` takes them, and every form that cannot be judged.

use rapidkit_pg::signature::{Namespace, Revoked, RevokedBy, SignatureError, Trust, verify};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::fixture::{Key, LOCK, MESSAGE, PRINCIPAL, krl, noon, say, signers, string};
use crate::keygen::{Keygen, Question};

/// What ours and theirs say of a signature by `key` with this file of revoked keys. Neither may be more generous.
fn judge(keygen: &Keygen, key: &Key, revoked: &[u8]) -> (Option<SignatureError>, bool, bool) {
    let text = format!("{PRINCIPAL} {}\n", key.line());
    let signature = key.sign(MESSAGE, LOCK, "sha512").file();
    let theirs = keygen.accepts(&Question {
        message: MESSAGE,
        signature: &signature,
        namespace: LOCK,
        principal: PRINCIPAL,
        signers: &text,
        revoked: Some(revoked),
        now: "20261125120000Z",
        zone: "UTC",
    });
    let (error, judged) = match Revoked::parse("revoked", revoked) {
        Err(_) => (None, false),
        Ok(revoked) => {
            let trust = Trust {
                signers: &signers(&text),
                revoked: &revoked,
                principal: None,
                now: noon(),
            };
            (
                verify(MESSAGE, &signature, Namespace::Lock, &trust).err(),
                true,
            )
        }
    };
    assert!(
        theirs || error.is_some() || !judged,
        "ours is more generous"
    );
    (error, judged, theirs)
}

#[test]
fn every_form_revokes() {
    let keygen = Keygen::new();
    for key in [Key::software(1), Key::hardware(2, "ssh:")] {
        let bystander = Key::software(3);
        let blob = key.blob();
        let line = key.line();
        let sha1 = Sha1::digest(&blob).to_vec();
        let sha256 = Sha256::digest(&blob).to_vec();
        let other = Sha256::digest(b"x").to_vec();
        for (form, by) in [
            (format!("{line}\n").into_bytes(), RevokedBy::Key),
            (
                format!("# a\n\n \t{line} comment").into_bytes(),
                RevokedBy::Key,
            ),
            (keygen.krl(&format!("{line}\n")), RevokedBy::Key),
            (keygen.krl(&format!("key: {line}\n")), RevokedBy::Key),
            (keygen.krl(&format!("sha1: {line}\n")), RevokedBy::Sha1),
            (keygen.krl(&format!("sha256: {line}\n")), RevokedBy::Sha256),
            (
                keygen.krl(&format!("hash: {}\n", key.fingerprint())),
                RevokedBy::Sha256,
            ),
            (krl(&[(2, std::slice::from_ref(&blob))]), RevokedBy::Key),
            (
                krl(&[(2, &[bystander.blob()]), (3, &[sha1])]),
                RevokedBy::Sha1,
            ),
            (krl(&[(5, &[sha256, other.clone()])]), RevokedBy::Sha256),
        ] {
            let (error, judged, theirs) = judge(&keygen, &key, &form);
            assert!(judged && !theirs);
            assert!(
                matches!(error, Some(SignatureError::Revoked { by: found, .. }) if found == by),
                "{error:?}"
            );
        }
        for form in [
            format!("{}\n", bystander.line()).into_bytes(),
            b"# none\n".to_vec(),
            keygen.krl(&format!("{}\n", bystander.line())),
            keygen.krl(&format!("sha1: {}\n", bystander.line())),
            krl(&[]),
            krl(&[(5, &[other])]),
            krl(&[(2, &[string("ssh-rsa")])]),
        ] {
            let (error, judged, theirs) = judge(&keygen, &key, &form);
            assert!(judged && theirs && error.is_none(), "{error:?}");
        }
    }
}

/// A security key and a software key of the same point are two keys.
#[test]
fn another_kind_of_key_is_not_meant() {
    let keygen = Keygen::new();
    let (error, judged, theirs) = judge(
        &keygen,
        &Key::hardware(1, "ssh:"),
        format!(
            "{}\n{}\n",
            Key::software(1).line(),
            Key::hardware(1, "ssh:x").line()
        )
        .as_bytes(),
    );
    assert!(judged && theirs && error.is_none(), "{error:?}");
}

/// `ssh-keygen` takes such a line for a malformed key; the help should not send anybody looking for one.
#[test]
fn a_file_with_crlf_is_named_as_that() {
    let text = format!("{}\r\n\r\n", Key::software(1).line());
    let problem = Revoked::parse("revoked", text.as_bytes()).unwrap_err();
    assert!(
        problem.to_string().starts_with("revoked:1:1: "),
        "{problem}"
    );
    assert!(problem.to_string().contains("CRLF"), "{problem}");
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let keygen = Keygen::new();
    let key = Key::software(1);
    let bystander = Key::software(3);
    let authority = keygen.key("ca", "ed25519");
    let rsa = keygen.key("rsa", "rsa");
    let serials = {
        let ca = keygen.path("ca.pub");
        let specification = keygen.write("serials", b"serial: 1-5\n");
        let out = keygen.path("certificates");
        let status = std::process::Command::new("ssh-keygen")
            .args(["-q", "-k", "-s"])
            .arg(ca)
            .arg("-f")
            .arg(&out)
            .arg(specification)
            .status()
            .unwrap();
        assert!(status.success());
        std::fs::read(out).unwrap()
    };
    let sound = krl(&[(2, &[bystander.blob()])]);
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = sound.clone();
        change(&mut bytes);
        bytes
    };
    let mut certificate = string("ssh-ed25519-cert-v01@openssh.com");
    certificate.extend(string("x"));
    let mut bad = bystander.blob();
    bad.push(0);
    let mut theirs_too = 0;
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("no key", b"hello\n".to_vec()),
        ("half a key", key.line().as_bytes()[..40].to_vec()),
        (
            "options",
            format!("cert-authority {authority}\n").into_bytes(),
        ),
        ("another type of key", format!("{rsa}\n").into_bytes()),
        (
            "a blank line with CRLF",
            format!("{}\n\r\n", bystander.line()).into_bytes(),
        ),
        ("not UTF-8", b"\xff\n".to_vec()),
        ("the magic bytes alone", b"SSHKRL\n\0".to_vec()),
        ("a KRL cut short", sound[..sound.len() - 1].to_vec()),
        ("a KRL with a byte more", with(&|b| b.push(2))),
        ("format 2", with(&|b| b[11] = 2)),
        ("flags", with(&|b| b[35] = 1)),
        ("certificates", serials),
        ("a certificate as a key", krl(&[(2, &[certificate])])),
        ("a malformed key", krl(&[(2, &[bad])])),
        ("a short fingerprint", krl(&[(5, &[vec![0; 31]])])),
        (
            "a fingerprint of the other length",
            krl(&[(3, &[vec![0; 32]])]),
        ),
        ("an empty section", krl(&[(5, &[])])),
        ("a signature section", krl(&[(4, &[bystander.blob()])])),
        ("an extension", krl(&[(255, &[b"x".to_vec()])])),
        ("an unknown section", krl(&[(77, &[])])),
        (
            "a length that lies",
            with(&|b| {
                let at = b.len() - bystander.blob().len() - 4;
                b[at] = 0xff;
            }),
        ),
    ];
    let total = forms.len();
    for (name, form) in forms {
        let (error, judged, theirs) = judge(&keygen, &key, &form);
        assert!(!judged && error.is_none(), "{name}");
        if theirs {
            theirs_too += 1;
            say(&format!(
                "ssh-keygen judges, we do not: revoked keys with {name}"
            ));
        }
    }
    say(&format!(
        "lists of revoked keys that cannot be judged: {total}, all refused; ssh-keygen refuses {}",
        total - theirs_too
    ));
}
