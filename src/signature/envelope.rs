//! The SSHSIG blob: OpenSSH `PROTOCOL.sshsig`, sections 2 and 3.

use sha2::{Digest, Sha256, Sha512};

use super::armour;
use super::key::{KeyError, PublicKey};
use super::wire::{Reader, Truncated, put_string};

const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;
/// A signature by a security key is below 600 bytes; whatever is much larger is none.
const LARGEST: usize = 4096;

/// How the message was hashed before it was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashAlgorithm {
    Sha256,
    Sha512,
}

impl HashAlgorithm {
    /// The algorithm's name in a signature.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    fn hash(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

/// What a security key adds to a signature (OpenSSH `PROTOCOL.u2f`, "SSH U2F signatures").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assertion {
    /// Bits that the security key signs: what it saw of its user.
    pub flags: u8,
    /// How often it has signed, as far as it counts.
    pub counter: u32,
}

impl Assertion {
    const USER_PRESENT: u8 = 0x01;
    const USER_VERIFIED: u8 = 0x04;
    /// "Attested credential data" and "extension data" follow (`WebAuthn`, section 6.1): for SSH nothing ever does.
    const MORE_DATA: u8 = 0x40 | 0x80;

    /// Somebody touched it.
    pub fn user_present(self) -> bool {
        self.flags & Self::USER_PRESENT != 0
    }

    /// It asked for a PIN or a finger.
    pub fn user_verified(self) -> bool {
        self.flags & Self::USER_VERIFIED != 0
    }
}

/// A signature file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub key: PublicKey,
    pub namespace: String,
    pub hash: HashAlgorithm,
    pub signature: [u8; 64],
    /// With a security key's signature, and only then.
    pub assertion: Option<Assertion>,
}

/// Bytes that are not a signature file in its one canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("it has {0} bytes; no signature has more than {LARGEST}")]
    TooLarge(usize),
    #[error("it does not begin with the line `{}`", armour::BEGIN)]
    NoHeader,
    #[error("it does not end with the line `{}`", armour::END)]
    NoFooter,
    #[error("it has CRLF line endings; a checkout may have converted it")]
    CarriageReturns,
    #[error("what is between header and footer is not base64")]
    Base64,
    #[error(transparent)]
    Truncated(#[from] Truncated),
    #[error("it is not an SSH signature")]
    NoMagic,
    #[error("it has version {0}, this rapidkit-pg knows version {VERSION}")]
    Version(u32),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("its namespace is empty or not plain text")]
    Namespace,
    #[error("its reserved field is not empty")]
    Reserved,
    #[error("its hash algorithm is `{}`; only `sha256` and `sha512` are defined", .0.escape_debug())]
    Hash(String),
    #[error("it holds a signature of type `{}` under a key of type `{key}`", .signature.escape_debug())]
    Type {
        signature: String,
        key: &'static str,
    },
    #[error("it holds a signature of {0} bytes instead of 64")]
    Length(usize),
    #[error("its flags {0:#04x} announce data that no SSH signature has")]
    Flags(u8),
    #[error("there is something after the signature")]
    Trailing,
    /// The same signature, written otherwise than `ssh-keygen` writes it.
    #[error("it differs at byte {at} from what `ssh-keygen -Y sign` writes")]
    NotCanonical { at: usize },
}

impl Envelope {
    /// Reads a signature file, and refuses every form of it but the one that [`Envelope::render`] gives back.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn parse(file: &[u8]) -> Result<Self, EnvelopeError> {
        if file.len() > LARGEST {
            return Err(EnvelopeError::TooLarge(file.len()));
        }
        let envelope = Self::from_blob(&armour::remove(file)?)?;
        let canonical = envelope.render();
        if canonical.as_bytes() != file {
            let at = canonical
                .bytes()
                .zip(file)
                .take_while(|(a, b)| a == *b)
                .count();
            return Err(EnvelopeError::NotCanonical { at });
        }
        Ok(envelope)
    }

    fn from_blob(blob: &[u8]) -> Result<Self, EnvelopeError> {
        let mut reader = Reader::new(blob);
        if reader.bytes(MAGIC.len())? != MAGIC {
            return Err(EnvelopeError::NoMagic);
        }
        let version = reader.u32()?;
        if version != VERSION {
            return Err(EnvelopeError::Version(version));
        }
        let key = PublicKey::from_blob(reader.string()?)?;
        let namespace = std::str::from_utf8(reader.string()?)
            .ok()
            .filter(|namespace| !namespace.is_empty() && !namespace.contains(char::is_control))
            .ok_or(EnvelopeError::Namespace)?
            .to_owned();
        if !reader.string()?.is_empty() {
            return Err(EnvelopeError::Reserved);
        }
        let hash = match reader.string()? {
            b"sha256" => HashAlgorithm::Sha256,
            b"sha512" => HashAlgorithm::Sha512,
            other => {
                return Err(EnvelopeError::Hash(
                    String::from_utf8_lossy(other).into_owned(),
                ));
            }
        };
        let (signature, assertion) = read_signature(reader.string()?, &key)?;
        if !reader.is_empty() {
            return Err(EnvelopeError::Trailing);
        }
        Ok(Self {
            key,
            namespace,
            hash,
            signature,
            assertion,
        })
    }

    /// The file, byte for byte as `ssh-keygen -Y sign` writes it.
    pub fn render(&self) -> String {
        let mut blob = MAGIC.to_vec();
        blob.extend_from_slice(&VERSION.to_be_bytes());
        put_string(&mut blob, self.key.to_blob());
        put_string(&mut blob, &self.namespace);
        put_string(&mut blob, "");
        put_string(&mut blob, self.hash.as_str());
        let mut signature = Vec::new();
        put_string(&mut signature, self.key.type_name());
        put_string(&mut signature, self.signature);
        if let Some(assertion) = self.assertion {
            signature.push(assertion.flags);
            signature.extend_from_slice(&assertion.counter.to_be_bytes());
        }
        put_string(&mut blob, signature);
        armour::put_on(&blob)
    }

    /// Whether the signature is the key's, over exactly `message` and for `namespace`.
    pub fn verifies(&self, message: &[u8], namespace: &str) -> bool {
        let data = signed_data(namespace, self.hash, message);
        match (self.key.application(), self.assertion) {
            (None, None) => self.key.verifies(&data, &self.signature),
            (Some(application), Some(assertion)) => self.key.verifies(
                &asserted_data(application, assertion, &data),
                &self.signature,
            ),
            _ => false,
        }
    }
}

/// What is signed (`PROTOCOL.sshsig`, section 3).
fn signed_data(namespace: &str, hash: HashAlgorithm, message: &[u8]) -> Vec<u8> {
    let mut data = MAGIC.to_vec();
    put_string(&mut data, namespace);
    put_string(&mut data, "");
    put_string(&mut data, hash.as_str());
    put_string(&mut data, hash.hash(message));
    data
}

/// What a security key signs in its place (`PROTOCOL.u2f`, "SSH U2F signatures").
fn asserted_data(application: &[u8], assertion: Assertion, data: &[u8]) -> Vec<u8> {
    let mut asserted = Sha256::digest(application).to_vec();
    asserted.push(assertion.flags);
    asserted.extend_from_slice(&assertion.counter.to_be_bytes());
    asserted.extend_from_slice(&Sha256::digest(data));
    asserted
}

fn read_signature(
    blob: &[u8],
    key: &PublicKey,
) -> Result<([u8; 64], Option<Assertion>), EnvelopeError> {
    let mut reader = Reader::new(blob);
    let kind = reader.string()?;
    if kind != key.type_name().as_bytes() {
        return Err(EnvelopeError::Type {
            signature: String::from_utf8_lossy(kind).into_owned(),
            key: key.type_name(),
        });
    }
    let signature = reader.string()?;
    let signature = signature
        .try_into()
        .map_err(|_| EnvelopeError::Length(signature.len()))?;
    let assertion = if key.application().is_some() {
        let flags = reader.u8()?;
        if flags & Assertion::MORE_DATA != 0 {
            return Err(EnvelopeError::Flags(flags));
        }
        let counter = reader.u32()?;
        Some(Assertion { flags, counter })
    } else {
        None
    };
    if !reader.is_empty() {
        return Err(EnvelopeError::Trailing);
    }
    Ok((signature, assertion))
}
