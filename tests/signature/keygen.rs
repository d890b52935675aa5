//! The real `ssh-keygen`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A folder with whatever `ssh-keygen` is to read.
pub struct Keygen {
    folder: tempfile::TempDir,
}

/// What is asked of `ssh-keygen -Y verify`.
pub struct Question<'a> {
    pub message: &'a [u8],
    pub signature: &'a [u8],
    pub namespace: &'a str,
    pub principal: &'a str,
    pub signers: &'a str,
    pub revoked: Option<&'a [u8]>,
    /// `YYYYMMDDHHMMSSZ`.
    pub now: &'a str,
    /// The time zone it runs in.
    pub zone: &'a str,
}

impl Keygen {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Makes a key pair and returns the public key's line.
    pub fn key(&self, name: &str, kind: &str) -> String {
        self.key_with(name, kind, "")
    }

    /// Makes a key pair with a passphrase.
    pub fn key_with(&self, name: &str, kind: &str, passphrase: &str) -> String {
        let status = Command::new("ssh-keygen")
            .args(["-q", "-N", passphrase, "-C", "a comment", "-t", kind, "-f"])
            .arg(self.path(name))
            .status()
            .unwrap();
        assert!(status.success());
        fs::read_to_string(self.path(&format!("{name}.pub")))
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Whether it accepts.
    pub fn accepts(&self, question: &Question<'_>) -> bool {
        let mut command = Command::new("ssh-keygen");
        command
            .env("TZ", question.zone)
            .args([
                "-Y",
                "verify",
                "-n",
                question.namespace,
                "-I",
                question.principal,
            ])
            .arg("-O")
            .arg(format!("verify-time={}", question.now))
            .arg("-f")
            .arg(self.write("signers", question.signers.as_bytes()))
            .arg("-s")
            .arg(self.write("signature", question.signature));
        if let Some(revoked) = question.revoked {
            command.arg("-r").arg(self.write("revoked", revoked));
        }
        let message = fs::File::open(self.write("message", question.message)).unwrap();
        command
            .stdin(message)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }

    /// A key revocation list made from a specification or from public keys.
    pub fn krl(&self, source: &str) -> Vec<u8> {
        let source = self.write("krl-source", source.as_bytes());
        let status = Command::new("ssh-keygen")
            .args(["-q", "-k", "-f"])
            .arg(self.path("krl"))
            .arg(source)
            .status()
            .unwrap();
        assert!(status.success());
        fs::read(self.path("krl")).unwrap()
    }
}
