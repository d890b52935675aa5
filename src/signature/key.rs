//! Ed25519 public keys, in software and in security keys, and strict verification with them.
//!
//! Encodings: RFC 8709 for `ssh-ed25519`, OpenSSH `PROTOCOL.u2f` for `sk-ssh-ed25519@openssh.com`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use super::wire::{Reader, Truncated, put_string};

pub const ED25519: &str = "ssh-ed25519";
pub const SECURITY_KEY: &str = "sk-ssh-ed25519@openssh.com";

/// An Ed25519 public key. Two are equal if their encodings are.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    point: VerifyingKey,
    /// The application a security key made it for; `None` for a key in software.
    application: Option<Vec<u8>>,
}

/// Bytes that are no key this program judges.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    Truncated(#[from] Truncated),
    /// RSA, ECDSA, a certificate, or something newer.
    #[error("keys of type `{}` are not supported; only `{ED25519}` and `{SECURITY_KEY}` are", .0.escape_debug())]
    Type(String),
    #[error("the key is not a point on the curve in its one canonical encoding")]
    Point,
    /// Anybody can make signatures that fit such a key.
    #[error("the key is a point of small order")]
    Weak,
    #[error("the security key's application is empty, too long, or holds a zero byte")]
    Application,
    #[error("there is something after the key")]
    Trailing,
}

const LONGEST_APPLICATION: usize = 255;

impl PublicKey {
    /// Reads the wire encoding; anything that [`PublicKey::to_blob`] would not write is refused.
    ///
    /// # Errors
    /// Another key type, and a key that is malformed, not canonical or weak.
    pub fn from_blob(blob: &[u8]) -> Result<Self, KeyError> {
        let mut reader = Reader::new(blob);
        let kind = reader.string()?;
        if kind != ED25519.as_bytes() && kind != SECURITY_KEY.as_bytes() {
            return Err(KeyError::Type(String::from_utf8_lossy(kind).into_owned()));
        }
        let point = decode_point(reader.string()?)?;
        let application = if kind == SECURITY_KEY.as_bytes() {
            let application = reader.string()?;
            // OpenSSH lets a zero byte stand at the end: a second encoding of the same key.
            if application.is_empty()
                || application.len() > LONGEST_APPLICATION
                || application.contains(&0)
            {
                return Err(KeyError::Application);
            }
            Some(application.to_vec())
        } else {
            None
        };
        if !reader.is_empty() {
            return Err(KeyError::Trailing);
        }
        Ok(Self { point, application })
    }

    /// The wire encoding, which is also what fingerprints are taken of.
    pub fn to_blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        put_string(&mut blob, self.type_name());
        put_string(&mut blob, self.point.as_bytes());
        if let Some(application) = &self.application {
            put_string(&mut blob, application);
        }
        blob
    }

    /// The key's type as OpenSSH names it.
    pub fn type_name(&self) -> &'static str {
        match self.application {
            None => ED25519,
            Some(_) => SECURITY_KEY,
        }
    }

    /// The application of a security key, by default `ssh:`.
    pub fn application(&self) -> Option<&[u8]> {
        self.application.as_deref()
    }

    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(Sha256::digest(self.to_blob()).into())
    }

    /// Whether `signature` over exactly `message` is this key's: RFC 8032 without a cofactor, the scalar reduced, neither
    /// point of small order. All that this accepts, OpenSSH's verifier accepts too; it also lets through scalars that
    /// were not reduced.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.point
            .verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.type_name(), self.fingerprint())
    }
}

fn decode_point(bytes: &[u8]) -> Result<VerifyingKey, KeyError> {
    let bytes: &[u8; 32] = bytes.try_into().map_err(|_| KeyError::Point)?;
    if !is_reduced(bytes) {
        return Err(KeyError::Point);
    }
    let point = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Point)?;
    if point.is_weak() {
        return Err(KeyError::Weak);
    }
    Ok(point)
}

/// Whether the y coordinate is below 2^255 - 19. The decoder accepts others (ZIP 215), so one key would have two encodings.
fn is_reduced(bytes: &[u8; 32]) -> bool {
    bytes[31] & 0x7f != 0x7f || bytes[1..31].iter().any(|byte| *byte != 0xff) || bytes[0] < 0xed
}

/// The SHA-256 of a key's encoding.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA256:{}", STANDARD_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(kind: &str, point: &[u8], application: Option<&[u8]>) -> Vec<u8> {
        let mut blob = Vec::new();
        put_string(&mut blob, kind);
        put_string(&mut blob, point);
        if let Some(application) = application {
            put_string(&mut blob, application);
        }
        blob
    }

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
    }

    /// RFC 8032, section 7.1, TEST 2.
    #[test]
    fn the_vector_of_rfc_8032_verifies() {
        let point: [u8; 32] =
            hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        let signature: [u8; 64] = hex(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        );
        let key = PublicKey::from_blob(&blob(ED25519, &point, None)).unwrap();
        assert!(key.verifies(&[0x72], &signature));
        assert!(!key.verifies(&[0x73], &signature));
        assert!(!key.verifies(&[], &signature));
    }

    /// The same signature with the group's order added to its scalar: OpenSSH takes it, and so a signature would have two forms.
    #[test]
    fn a_scalar_that_is_not_reduced_is_refused() {
        let point: [u8; 32] =
            hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        let order: [u8; 32] =
            hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let mut signature: [u8; 64] = hex(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        );
        let mut carry = 0;
        for (byte, add) in signature[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = (sum & 0xff) as u8;
            carry = sum >> 8;
        }
        assert!(signature[63] & 0xe0 == 0, "ssh-keygen looks at these bits");
        let key = PublicKey::from_blob(&blob(ED25519, &point, None)).unwrap();
        assert!(!key.verifies(&[0x72], &signature));
    }

    /// A nonce that is the neutral element, and the scalar that the owner of the key makes to it: the equation holds.
    #[test]
    fn a_nonce_of_small_order_is_refused() {
        let point: [u8; 32] =
            hex("ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c");
        let signature: [u8; 64] = hex(
            "0100000000000000000000000000000000000000000000000000000000000000d4c5323131ff9683cfb3d30197c786c9043f1052d6c2d5293f19d6f36b911104",
        );
        let key = PublicKey::from_blob(&blob(ED25519, &point, None)).unwrap();
        let loosely = Signature::from_bytes(&signature);
        ed25519_dalek::Verifier::verify(&key.point, b"message", &loosely).unwrap();
        assert!(!key.verifies(b"message", &signature));
    }

    #[test]
    fn a_key_has_one_encoding() {
        let point = hex::<32>("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        for good in [
            blob(ED25519, &point, None),
            blob(SECURITY_KEY, &point, Some(b"ssh:")),
        ] {
            assert_eq!(PublicKey::from_blob(&good).unwrap().to_blob(), good);
        }
        let software = PublicKey::from_blob(&blob(ED25519, &point, None)).unwrap();
        let hardware = PublicKey::from_blob(&blob(SECURITY_KEY, &point, Some(b"ssh:"))).unwrap();
        let elsewhere = PublicKey::from_blob(&blob(SECURITY_KEY, &point, Some(b"ssh:x"))).unwrap();
        assert!(software != hardware && hardware != elsewhere);
        let mut trailing = blob(ED25519, &point, None);
        trailing.push(0);
        for (bad, expected) in [
            (trailing, KeyError::Trailing),
            (blob(ED25519, &point, Some(b"ssh:")), KeyError::Trailing),
            (blob(ED25519, &point[1..], None), KeyError::Point),
            (
                blob(SECURITY_KEY, &point, None),
                KeyError::Truncated(Truncated),
            ),
            (blob(SECURITY_KEY, &point, Some(b"")), KeyError::Application),
            (
                blob(SECURITY_KEY, &point, Some(&[b'x'; 256])),
                KeyError::Application,
            ),
            (
                blob(SECURITY_KEY, &point, Some(b"ssh:\0")),
                KeyError::Application,
            ),
            (
                blob("ssh-ed25519\0", &point, None),
                KeyError::Type("ssh-ed25519\0".to_owned()),
            ),
            (
                blob("ssh-rsa", &point, None),
                KeyError::Type("ssh-rsa".to_owned()),
            ),
            (Vec::new(), KeyError::Truncated(Truncated)),
        ] {
            assert_eq!(PublicKey::from_blob(&bad).unwrap_err(), expected);
        }
    }

    #[test]
    fn weak_and_unreduced_points_are_refused() {
        let mut one = [0; 32];
        one[0] = 1;
        // p + 1, another encoding of the neutral element; p + 3 is one of a point of full order.
        let mut unreduced = [0xff; 32];
        unreduced[0] = 0xee;
        unreduced[31] = 0x7f;
        let mut large = unreduced;
        large[0] = 0xf0;
        for (point, expected) in [
            (one, KeyError::Weak),
            ([0; 32], KeyError::Weak),
            (unreduced, KeyError::Point),
            (large, KeyError::Point),
        ] {
            assert_eq!(
                PublicKey::from_blob(&blob(ED25519, &point, None)).unwrap_err(),
                expected
            );
        }
    }
}
