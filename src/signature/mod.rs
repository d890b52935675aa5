//! Detached SSH signatures (SSHSIG, Ed25519 only), who may make them, and which keys no longer count.
//!
//! Sources: OpenSSH `PROTOCOL.sshsig`, `PROTOCOL.u2f`, `PROTOCOL.krl`; ssh-keygen(1), ALLOWED SIGNERS; RFC 8032, RFC 8709.
//! Signing is left to `ssh-keygen -Y sign`; verifying happens here, is pure, and can be repeated by anyone with
//!
//! ```text
//! ssh-keygen -Y verify -f allowed_signers -I PRINCIPAL -n rapidkit-lock-v1 -s FILE.sig [-r REVOKED] < FILE
//! ```
//!
//! # What is accepted
//!
//! Nothing that this command refuses: `tests/signature/` holds both against each other. What the command accepts and this
//! does not, with the reason:
//!
//! | what | why |
//! |---|---|
//! | the signature file in another form: other line lengths, blanks in the base64, text after the footer, CRLF | one signature, one file: the envelope is rebuilt from key, namespace, hash and signature, and compared byte for byte, so that no bit of it can change unseen |
//! | version 0, a reserved field with content, a zero byte at the end of a name in the blob | the same; nothing signs these bytes |
//! | an Ed25519 scalar that was not reduced, a key or nonce of small order or in a second encoding | the same, for the signature and the key themselves (`verify_strict`) |
//! | keys other than `ssh-ed25519` and `sk-ssh-ed25519@openssh.com`, certificates | one algorithm to get right; lines with them are skipped, with a reason |
//! | a security key's signature without a touch | `ssh-keygen -Y verify` does not look at the flag, and there is no option in `allowed_signers` to waive it |
//! | a security key's flags that announce further data | no SSH signature has any; bytes that nobody reads could mean anything later |
//! | dates without `Z`, near their ends | they count in the strictest time zone, see [`ValidityDate`] |
//! | days that are in no calendar, blanks in dates, leap seconds, years before 1971 | `ssh-keygen` turns them into other dates; before 1970, into "for ever" |
//! | an `allowed_signers` file with a line that `ssh-keygen` passes over as malformed | a mistake in a file of trust must be seen |
//! | lines that allow nobody (`*,!*`), lines over 8 KiB, patterns over 1,022 bytes, principals over 254 bytes, files over 1 MiB (revoked keys: 4 MiB; signatures: 4 KiB) | bounded work |
//! | a list of revoked keys with other key types, CRLF or no byte at all; a KRL with certificates, extensions, signatures, flags, or a malformed key | what cannot be judged might be what revokes the key |

mod armour;
mod envelope;
mod error;
mod key;
mod keyline;
mod namespace;
mod principal;
mod revoked;
mod sign;
mod signers;
mod time;
mod verify;
mod wire;

pub use envelope::{Assertion, Envelope, EnvelopeError, HashAlgorithm};
pub use error::SignatureError;
pub use key::{Fingerprint, KeyError, PublicKey};
pub use namespace::Namespace;
pub use principal::{PatternList, PatternTooLong, Principal, PrincipalError};
pub use revoked::{Revoked, RevokedBy};
pub use sign::{SignError, SshKeygen};
pub use signers::{AllowedSigners, Entry, SkipReason, Skipped};
pub use time::{DateError, End, Timestamp, ValidityDate};
pub use verify::{Signer, Trust, verify};
pub use wire::Truncated;
