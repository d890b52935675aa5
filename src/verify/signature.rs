//! RK02: who vouches for a lock, or for a module's sums.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Setting;
use super::findings::Findings;
use crate::git;
use crate::project::{Look, Project};
use crate::signature::{
    AllowedSigners, Namespace, Principal, Revoked, SignatureError, Timestamp, verify,
};
use crate::types::{Code, Level, ProjectPath};

/// Whom signatures are believed. It comes from files that the caller names, never from what is verified.
#[derive(Debug)]
pub struct Trust {
    /// The file of allowed signers, and that of revoked keys.
    pub files: Vec<PathBuf>,
    /// The directories that are verified, with all below them.
    pub starts: Vec<PathBuf>,
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

/// Whoever can change what is verified could change a trust file that lies in it, or a link there that leads to one.
fn lies_inside(trust: &Trust, root: &Path, name: &str, findings: &mut Findings) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let verified: Vec<PathBuf> = trust
        .starts
        .iter()
        .map(|start| real(start))
        .chain([real(root)])
        .chain(git::repositories(root))
        .collect();
    let is_inside = |place: &PathBuf| verified.iter().any(|verified| place.starts_with(verified));
    let inside = trust
        .files
        .iter()
        .find(|file| places(file).iter().any(is_inside));
    let Some(file) = inside else {
        return false;
    };
    let finding = findings
        .about(Code::TrustInside, Level::Unchecked, name)
        .expected("trust from outside of all that is verified, and of the checkouts it lies in")
        .actual(crate::types::shown(file));
    findings.add(finding);
    true
}

/// Where a path leads, and each link on the way there.
fn places(path: &Path) -> Vec<PathBuf> {
    let mut places = Vec::new();
    let mut at = PathBuf::new();
    let mut rest: Vec<OsString> = reversed(&std::path::absolute(path).unwrap_or_default());
    while let Some(name) = rest.pop() {
        if name == ".." {
            at.pop();
            continue;
        }
        at.push(name);
        if let Ok(target) = at.read_link() {
            places.push(at.clone());
            at.pop();
            rest.extend(reversed(&target));
        }
        // More than any system follows.
        if places.len() > 64 {
            break;
        }
    }
    places.push(at);
    places
}

fn reversed(path: &Path) -> Vec<OsString> {
    let names = path.components().rev();
    names.map(|name| name.as_os_str().to_owned()).collect()
}
