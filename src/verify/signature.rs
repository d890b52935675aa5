//! RK02: who vouches for a lock, or for a module's sums.

use std::path::{Path, PathBuf};

use super::Setting;
use super::findings::Findings;
use crate::project::{Look, Project};
use crate::signature::{
    AllowedSigners, Namespace, Principal, Revoked, SignatureError, Timestamp, verify,
};
use crate::types::{Code, Level, ProjectPath};

/// Whom signatures are believed. It comes from a file that the caller names, never from what is verified.
#[derive(Debug)]
pub struct Trust {
    /// The file of allowed signers.
    pub file: PathBuf,
    pub signers: AllowedSigners,
    pub revoked: Revoked,
    /// Who must have signed; anybody who may if `None`.
    pub principal: Option<Principal>,
    pub now: Timestamp,
}

/// Judges the signature of the file `signed` beside it. Returns who signed, if that counts.
pub(super) fn check(
    project: &Project,
    signed: &str,
    namespace: Namespace,
    setting: &Setting,
    findings: &mut Findings,
) -> Option<String> {
    let name = format!("{signed}.sig");
    let path = ProjectPath::existing(&name).ok()?;
    let trust = setting
        .trust
        .filter(|trust| !lies_inside(trust, project.path(), &name, findings));
    match (project.look(&path), trust) {
        (Look::Absent, _) => {
            let level = match setting.trust {
                None => Level::Info,
                Some(_) => Level::Warning,
            };
            let finding = findings
                .about(Code::Unsigned, level, &name)
                .expected("a signature")
                .actual("nothing");
            findings.add_fixed_here(finding, "lock --overwrite --sign KEY");
            None
        }
        (Look::File { .. }, None) => {
            let finding = findings
                .about(Code::SignatureNotChecked, Level::Info, &name)
                .expected("a file of allowed signers: `--trust FILE`")
                .actual("a signature that says nothing yet");
            findings.add(finding);
            None
        }
        (Look::File { .. }, Some(trust)) => {
            judge(project, signed, &path, namespace, trust, findings)
        }
        (Look::Directory, _) => not_a_file(&name, "a directory", findings),
        (Look::Other(what), _) => not_a_file(&name, what, findings),
    }
}

fn judge(
    project: &Project,
    signed: &str,
    path: &ProjectPath,
    namespace: Namespace,
    trust: &Trust,
    findings: &mut Findings,
) -> Option<String> {
    let signature = match project.bytes(path) {
        Ok(bytes) => bytes?,
        Err(problem) => return not_a_file(path.as_str(), &problem.message, findings),
    };
    // A file that is not there has a finding of its own.
    let message = project.bytes(&ProjectPath::existing(signed).ok()?).ok()??;
    let grounds = crate::signature::Trust {
        signers: &trust.signers,
        revoked: &trust.revoked,
        principal: trust.principal.as_ref(),
        now: trust.now,
    };
    let error = match verify(&message, &signature, namespace, &grounds) {
        Ok(signer) => return Some(format!("{} ({})", signer.principal, signer.fingerprint)),
        Err(error) => error,
    };
    let finding = findings
        .about(code(&error), Level::Finding, path.as_str())
        .expected(format!("a signature for {namespace} by an allowed signer"))
        .actual(error.to_string());
    findings.add_fixed_here(finding, "lock --overwrite --sign KEY");
    None
}

fn code(error: &SignatureError) -> Code {
    match error {
        SignatureError::Malformed(_)
        | SignatureError::Bad { .. }
        | SignatureError::UserAbsent { .. } => Code::BadSignature,
        SignatureError::WrongNamespace { .. } => Code::WrongNamespace,
        SignatureError::Revoked { .. } => Code::RevokedSigner,
        SignatureError::UnknownKey { .. }
        | SignatureError::WrongPrincipal { .. }
        | SignatureError::NamespaceNotAllowed { .. } => Code::UntrustedSigner,
        SignatureError::NotYetValid { .. } | SignatureError::Expired { .. } => {
            Code::SignerNotValidNow
        }
    }
}

fn not_a_file(path: &str, what: &str, findings: &mut Findings) -> Option<String> {
    let finding = findings
        .about(Code::BadSignature, Level::Finding, path)
        .expected("a regular file")
        .actual(what)
        .fix_path("git restore --");
    findings.add(finding);
    None
}

/// Whoever can change what is verified could change a trust file that lies in it.
fn lies_inside(trust: &Trust, root: &Path, name: &str, findings: &mut Findings) -> bool {
    let (Ok(file), Ok(root)) = (trust.file.canonicalize(), root.canonicalize()) else {
        return false;
    };
    let checkout = root
        .ancestors()
        .find(|directory| directory.join(".git").exists())
        .unwrap_or(&root);
    if !file.starts_with(checkout) {
        return false;
    }
    let finding = findings
        .about(Code::TrustInside, Level::Unchecked, name)
        .expected("a trust file outside the checkout")
        .actual(crate::types::shown(&trust.file));
    findings.add(finding);
    true
}
