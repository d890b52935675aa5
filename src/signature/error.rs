use super::envelope::EnvelopeError;
use super::key::Fingerprint;
use super::namespace::Namespace;
use super::principal::{PatternList, Principal};
use super::revoked::RevokedBy;
use super::signers::SkipReason;
use super::time::{Timestamp, ValidityDate};

/// Why a signature does not count. Each carries what a report says about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The file is no signature in its canonical form, or one by a key of another type.
    #[error("the signature file cannot be accepted: {0}")]
    Malformed(#[from] EnvelopeError),
    /// A signature for something else: a tag, a mail, a module where a lock is.
    #[error("the signature by {fingerprint} is for `{}`, not for `{expected}`", .found.escape_debug())]
    WrongNamespace {
        expected: Namespace,
        found: String,
        fingerprint: Fingerprint,
    },
    /// Other content, or a signature that is none.
    #[error("the signature is not one by {fingerprint} over this content")]
    Bad { fingerprint: Fingerprint },
    /// The security key says that nobody touched it.
    #[error("the security key {fingerprint} signed without being touched")]
    UserAbsent { fingerprint: Fingerprint },
    #[error("the key {fingerprint} is revoked: {by}")]
    Revoked {
        fingerprint: Fingerprint,
        by: RevokedBy,
    },
    /// No line of the allowed signers lets the key sign.
    #[error("the key {fingerprint} is not among the allowed signers{}", skipped_line(.skipped.as_ref()))]
    UnknownKey {
        fingerprint: Fingerprint,
        /// A line that has the key and was left out.
        skipped: Option<(usize, SkipReason)>,
    },
    #[error(
        "the key {fingerprint} signs for `{allowed}`, not for `{expected}` (line {line} of the allowed signers)"
    )]
    WrongPrincipal {
        fingerprint: Fingerprint,
        expected: Principal,
        allowed: PatternList,
        line: usize,
    },
    /// The allowed signers let the key sign, but only for other purposes.
    #[error(
        "the key {fingerprint} of `{principals}` may sign for `{allowed}`, not for `{namespace}` (line {line} of the allowed signers)"
    )]
    NamespaceNotAllowed {
        fingerprint: Fingerprint,
        principals: PatternList,
        namespace: Namespace,
        allowed: PatternList,
        line: usize,
    },
    #[error(
        "the key {fingerprint} of `{principals}` is valid only after {valid_after}; it is {now} (line {line} of the allowed signers)"
    )]
    NotYetValid {
        fingerprint: Fingerprint,
        principals: PatternList,
        valid_after: ValidityDate,
        now: Timestamp,
        line: usize,
    },
    #[error(
        "the key {fingerprint} of `{principals}` was valid only before {valid_before}; it is {now} (line {line} of the allowed signers)"
    )]
    Expired {
        fingerprint: Fingerprint,
        principals: PatternList,
        valid_before: ValidityDate,
        now: Timestamp,
        line: usize,
    },
}

fn skipped_line(skipped: Option<&(usize, SkipReason)>) -> String {
    skipped.map_or_else(String::new, |(line, reason)| {
        format!("; line {line} has it, but is skipped: {reason}")
    })
}
