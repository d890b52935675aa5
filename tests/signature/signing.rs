//! Signing by `ssh-keygen`.

use rapidkit_pg::signature::{Namespace, SignError, SshKeygen, Trust, verify};

use crate::fixture::{MESSAGE, PRINCIPAL, nobody_revoked, noon, signers};
use crate::keygen::Keygen;

#[test]
fn what_ssh_keygen_signs_is_verified() {
    let keygen = Keygen::new();
    let line = keygen.key("id", "ed25519");
    let trusted = signers(&format!("{PRINCIPAL} {line}\n"));
    let trust = Trust {
        signers: &trusted,
        revoked: &nobody_revoked(),
        principal: None,
        now: noon(),
    };
    let large = vec![b'x'; 5 << 20];
    for message in [MESSAGE, b"", &large] {
        for namespace in [Namespace::Lock, Namespace::Module] {
            let file = SshKeygen::default()
                .sign(&keygen.path("id"), namespace, message)
                .unwrap();
            let signer = verify(message, file.as_bytes(), namespace, &trust).unwrap();
            assert_eq!(signer.principal.as_str(), PRINCIPAL);
            assert_eq!(signer.key_type, "ssh-ed25519");
            assert_eq!(signer.hash.as_str(), "sha512");
        }
    }
    let beside: Vec<_> = std::fs::read_dir(keygen.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(beside.len(), 2, "it writes nothing: {beside:?}");
}

#[test]
fn what_cannot_be_signed_is_said() {
    let keygen = Keygen::new();
    keygen.key("ecdsa", "ecdsa");
    keygen.key("id", "ed25519");
    let missing = SshKeygen::at("no-such-program-anywhere");
    assert!(matches!(
        missing.sign(&keygen.path("id"), Namespace::Lock, MESSAGE),
        Err(SignError::NotFound { .. })
    ));
    let folder = SshKeygen::at(keygen.path(""));
    assert!(matches!(
        folder.sign(&keygen.path("id"), Namespace::Lock, MESSAGE),
        Err(SignError::Start { .. })
    ));
    let idle = SshKeygen::at("true");
    assert!(matches!(
        idle.sign(&keygen.path("id"), Namespace::Lock, MESSAGE),
        Err(SignError::Files { .. })
    ));
    let real = SshKeygen::default();
    assert!(matches!(
        real.sign(&keygen.path("no such key"), Namespace::Lock, MESSAGE),
        Err(SignError::Failed { .. })
    ));
    let error = real
        .sign(&keygen.path("ecdsa"), Namespace::Lock, MESSAGE)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("keys of type `ecdsa-sha2-nistp256`"),
        "{error}"
    );
}

/// A program of that name which does something first.
fn wrapped(keygen: &Keygen, name: &str, script: &str) -> SshKeygen {
    use std::os::unix::fs::PermissionsExt as _;

    let text = format!("#!/bin/sh\n{script}\nexec ssh-keygen \"$@\"\n");
    let path = keygen.write(name, text.as_bytes());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    SshKeygen::at(path)
}

#[test]
fn a_program_that_signs_something_else_is_found_out() {
    let keygen = Keygen::new();
    keygen.key("id", "ed25519");
    let liar = wrapped(
        &keygen,
        "liar",
        "for file; do :; done; echo other > \"$file\"",
    );
    assert!(matches!(
        liar.sign(&keygen.path("id"), Namespace::Lock, MESSAGE),
        Err(SignError::Wrong { .. })
    ));
}

#[test]
fn a_key_with_a_passphrase_signs() {
    let keygen = Keygen::new();
    let line = keygen.key_with("id", "ed25519", "a passphrase");
    let trusted = signers(&format!("{PRINCIPAL} {line}\n"));
    let trust = Trust {
        signers: &trusted,
        revoked: &nobody_revoked(),
        principal: None,
        now: noon(),
    };
    let ask = keygen.write("askpass", b"#!/bin/sh\necho a passphrase\n");
    std::fs::set_permissions(&ask, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let asked = wrapped(
        &keygen,
        "asked",
        &format!(
            "export SSH_ASKPASS='{}' SSH_ASKPASS_REQUIRE=force",
            ask.display()
        ),
    );
    let file = asked
        .sign(&keygen.path("id"), Namespace::Lock, MESSAGE)
        .unwrap();
    assert!(verify(MESSAGE, file.as_bytes(), Namespace::Lock, &trust).is_ok());
}
