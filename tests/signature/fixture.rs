//! Keys of our own making, in software and as a security key would hold them, and signatures taken apart. It shares no
//! code with what it tests.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use rapidkit_pg::signature::{AllowedSigners, Revoked, Timestamp};
use sha2::{Digest, Sha256, Sha512};

pub const LOCK: &str = "rapidkit-lock-v1";
pub const MODULE: &str = "rapidkit-module-v1";
pub const PRINCIPAL: &str = "release@example.org";
pub const MESSAGE: &[u8] = b"format: 1\nmodules: []\n";
/// 2026-11-25T12:00:00Z.
pub const NOON: i64 = 1_795_608_000;

/// Prints a count past the test runner's capture: a count that nobody sees shows nothing.
pub fn say(line: &str) {
    let mut out = std::io::stderr();
    writeln!(out, "    {line}").unwrap();
}

/// A value of the SSH wire encoding.
pub fn string(value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    let mut out = u32::try_from(value.len()).unwrap().to_be_bytes().to_vec();
    out.extend_from_slice(value);
    out
}

/// A key pair.
#[derive(Clone)]
pub struct Key {
    signing: SigningKey,
    /// Of a security key.
    pub application: Option<&'static str>,
}

impl Key {
    pub fn software(seed: u8) -> Self {
        Self {
            signing: SigningKey::from_bytes(&[seed; 32]),
            application: None,
        }
    }

    pub fn hardware(seed: u8, application: &'static str) -> Self {
        Self {
            application: Some(application),
            ..Self::software(seed)
        }
    }

    pub fn kind(&self) -> &'static str {
        if self.application.is_some() {
            "sk-ssh-ed25519@openssh.com"
        } else {
            "ssh-ed25519"
        }
    }

    pub fn blob(&self) -> Vec<u8> {
        let mut blob = string(self.kind());
        blob.extend(string(self.signing.verifying_key().as_bytes()));
        if let Some(application) = self.application {
            blob.extend(string(application));
        }
        blob
    }

    /// `type base64`.
    pub fn line(&self) -> String {
        format!("{} {}", self.kind(), STANDARD.encode(self.blob()))
    }

    pub fn fingerprint(&self) -> String {
        let hash = STANDARD.encode(Sha256::digest(self.blob()));
        format!("SHA256:{}", hash.trim_end_matches('='))
    }

    /// A signature, taken apart.
    pub fn sign(&self, message: &[u8], namespace: &str, hash: &str) -> Parts {
        self.sign_with(message, namespace, hash, 0x01)
    }

    /// A signature for which a security key saw what `flags` say.
    pub fn sign_with(&self, message: &[u8], namespace: &str, hash: &str, flags: u8) -> Parts {
        let digest = match hash {
            "sha256" => Sha256::digest(message).to_vec(),
            _ => Sha512::digest(message).to_vec(),
        };
        let mut data = b"SSHSIG".to_vec();
        for value in [namespace.as_bytes(), b"", hash.as_bytes(), &digest] {
            data.extend(string(value));
        }
        let mut tail = Vec::new();
        let mut signed = data;
        if let Some(application) = self.application {
            tail.push(flags);
            tail.extend_from_slice(&7u32.to_be_bytes());
            let mut asserted = Sha256::digest(application).to_vec();
            asserted.extend_from_slice(&tail);
            asserted.extend_from_slice(&Sha256::digest(&signed));
            signed = asserted;
        }
        Parts {
            magic: b"SSHSIG".to_vec(),
            version: 1,
            key: self.blob(),
            namespace: namespace.into(),
            reserved: Vec::new(),
            hash: hash.into(),
            kind: self.kind().into(),
            signature: self.signing.sign(&signed).to_bytes().to_vec(),
            tail,
            after: Vec::new(),
        }
    }
}

/// Every part of a signature, to be exchanged at will.
#[derive(Clone)]
pub struct Parts {
    pub magic: Vec<u8>,
    pub version: u32,
    pub key: Vec<u8>,
    pub namespace: Vec<u8>,
    pub reserved: Vec<u8>,
    pub hash: Vec<u8>,
    pub kind: Vec<u8>,
    pub signature: Vec<u8>,
    /// After the signature, inside its own string: flags and counter.
    pub tail: Vec<u8>,
    /// After everything.
    pub after: Vec<u8>,
}

impl Parts {
    pub fn blob(&self) -> Vec<u8> {
        let mut inner = string(&self.kind);
        inner.extend(string(&self.signature));
        inner.extend_from_slice(&self.tail);
        let mut blob = self.magic.clone();
        blob.extend_from_slice(&self.version.to_be_bytes());
        for value in [
            &self.key,
            &self.namespace,
            &self.reserved,
            &self.hash,
            &inner,
        ] {
            blob.extend(string(value));
        }
        blob.extend_from_slice(&self.after);
        blob
    }

    pub fn file(&self) -> Vec<u8> {
        armour(&self.blob(), 70)
    }
}

/// A signature file with lines of a given width.
pub fn armour(blob: &[u8], width: usize) -> Vec<u8> {
    let base64 = STANDARD.encode(blob);
    let mut file = b"-----BEGIN SSH SIGNATURE-----\n".to_vec();
    for line in base64.as_bytes().chunks(width) {
        file.extend_from_slice(line);
        file.push(b'\n');
    }
    file.extend_from_slice(b"-----END SSH SIGNATURE-----\n");
    file
}

pub fn signers(text: &str) -> AllowedSigners {
    AllowedSigners::parse("allowed_signers", text).unwrap()
}

pub fn nobody_revoked() -> Revoked {
    Revoked::default()
}

pub fn noon() -> Timestamp {
    Timestamp::from_unix(NOON)
}

/// A binary key revocation list.
pub fn krl(sections: &[(u8, &[Vec<u8>])]) -> Vec<u8> {
    let mut out = b"SSHKRL\n\0".to_vec();
    out.extend_from_slice(&1u32.to_be_bytes());
    out.extend_from_slice(&[0; 24]);
    out.extend(string(""));
    out.extend(string("a comment"));
    for (kind, values) in sections {
        out.push(*kind);
        out.extend(string(values.iter().flat_map(string).collect::<Vec<u8>>()));
    }
    out
}

/// Numbers that are the same on every run (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}
