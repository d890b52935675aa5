use super::envelope::{Assertion, Envelope, HashAlgorithm};
use super::error::SignatureError;
use super::key::{Fingerprint, PublicKey};
use super::namespace::Namespace;
use super::principal::{PatternList, Principal};
use super::revoked::Revoked;
use super::signers::{AllowedSigners, Entry};
use super::time::{Timestamp, ValidityDate};

/// On what grounds signatures are judged. None of it ever comes from what is being verified.
#[derive(Debug, Clone, Copy)]
pub struct Trust<'a> {
    pub signers: &'a AllowedSigners,
    pub revoked: &'a Revoked,
    /// Who must have signed; any of the allowed signers if `None`.
    pub principal: Option<&'a Principal>,
    pub now: Timestamp,
}

/// Who made a signature that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// For whom it counts: whom [`Trust`] asked for, else somebody whom the line of the allowed signers names.
    /// `ssh-keygen -Y verify` says the same with it as `-I`.
    pub principal: Principal,
    /// All that the line says about principals.
    pub principals: PatternList,
    /// The line of the allowed signers, from 1.
    pub line: usize,
    pub fingerprint: Fingerprint,
    /// `ssh-ed25519`, or `sk-ssh-ed25519@openssh.com`.
    pub key_type: &'static str,
    pub hash: HashAlgorithm,
    /// When the key ends, so that a report can say so in time.
    pub valid_before: Option<ValidityDate>,
    /// What a security key says: its counter, and whether it asked for a PIN.
    pub assertion: Option<Assertion>,
}

/// Judges the signature file `signature` over exactly `message`. Pure: no clock, no files, no environment.
///
/// # Errors
/// Why it does not count; of several lines with the same key, the one that came nearest is reported.
pub fn verify(
    message: &[u8],
    signature: &[u8],
    namespace: Namespace,
    trust: &Trust<'_>,
) -> Result<Signer, SignatureError> {
    let envelope = Envelope::parse(signature)?;
    let fingerprint = envelope.key.fingerprint();
    if envelope.namespace != namespace.as_str() {
        return Err(SignatureError::WrongNamespace {
            expected: namespace,
            found: envelope.namespace,
            fingerprint,
        });
    }
    if !envelope.verifies(message, namespace.as_str()) {
        return Err(SignatureError::Bad { fingerprint });
    }
    if envelope
        .assertion
        .is_some_and(|assertion| !assertion.user_present())
    {
        return Err(SignatureError::UserAbsent { fingerprint });
    }
    if let Some(by) = trust.revoked.revokes(&envelope.key) {
        return Err(SignatureError::Revoked { fingerprint, by });
    }
    let (entry, principal) = authorise(&envelope.key, namespace, trust)?;
    Ok(Signer {
        principal,
        principals: entry.principals.clone(),
        line: entry.line,
        fingerprint,
        key_type: envelope.key.type_name(),
        hash: envelope.hash,
        valid_before: entry.valid_before.clone(),
        assertion: envelope.assertion,
    })
}

/// The first line that lets `key` sign here and now.
fn authorise<'a>(
    key: &PublicKey,
    namespace: Namespace,
    trust: &Trust<'a>,
) -> Result<(&'a Entry, Principal), SignatureError> {
    let mut nearest: Option<SignatureError> = None;
    for entry in trust.signers.entries() {
        if entry.key != *key {
            continue;
        }
        match admit(entry, namespace, trust) {
            Ok(principal) => return Ok((entry, principal)),
            Err(error) => {
                if nearest
                    .as_ref()
                    .is_none_or(|other| rank(other) < rank(&error))
                {
                    nearest = Some(error);
                }
            }
        }
    }
    Err(nearest.unwrap_or_else(|| SignatureError::UnknownKey {
        fingerprint: key.fingerprint(),
        skipped: trust
            .signers
            .skipped()
            .iter()
            .find(|skipped| skipped.key.as_deref() == Some(key))
            .map(|skipped| (skipped.line, skipped.reason.clone())),
    }))
}

/// How far a line came before it did not fit.
fn rank(error: &SignatureError) -> u8 {
    match error {
        SignatureError::NotYetValid { .. } | SignatureError::Expired { .. } => 3,
        SignatureError::NamespaceNotAllowed { .. } => 2,
        SignatureError::WrongPrincipal { .. } => 1,
        _ => 0,
    }
}

/// For whom a line with the right key lets it sign.
fn admit(
    entry: &Entry,
    namespace: Namespace,
    trust: &Trust<'_>,
) -> Result<Principal, SignatureError> {
    let fingerprint = entry.key.fingerprint();
    let principal = match trust.principal {
        None => entry.principals.somebody(),
        Some(expected) if entry.principals.allows(expected.as_str()) => Some(expected.clone()),
        Some(expected) => {
            return Err(SignatureError::WrongPrincipal {
                fingerprint,
                expected: expected.clone(),
                allowed: entry.principals.clone(),
                line: entry.line,
            });
        }
    };
    // A line that names nobody is refused when the file is read.
    let principal = principal.ok_or(SignatureError::UnknownKey {
        fingerprint,
        skipped: None,
    })?;
    if let Some(allowed) = &entry.namespaces
        && !allowed.allows(namespace.as_str())
    {
        return Err(SignatureError::NamespaceNotAllowed {
            fingerprint,
            principals: entry.principals.clone(),
            namespace,
            allowed: allowed.clone(),
            line: entry.line,
        });
    }
    if let Some(valid_after) = &entry.valid_after
        && trust.now < valid_after.instant()
    {
        return Err(SignatureError::NotYetValid {
            fingerprint,
            principals: entry.principals.clone(),
            valid_after: valid_after.clone(),
            now: trust.now,
            line: entry.line,
        });
    }
    if let Some(valid_before) = &entry.valid_before
        && (trust.now > valid_before.instant()
            || entry
                .valid_after
                .as_ref()
                .is_some_and(|after| valid_before.instant() <= after.instant()))
    {
        return Err(SignatureError::Expired {
            fingerprint,
            principals: entry.principals.clone(),
            valid_before: valid_before.clone(),
            now: trust.now,
            line: entry.line,
        });
    }
    Ok(principal)
}
