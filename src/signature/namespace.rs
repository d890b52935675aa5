use std::fmt;

/// What a signature is for. A signature made for one purpose is worth nothing for the other.
///
/// An SSHSIG namespace (OpenSSH `PROTOCOL.sshsig`, section 2) is part of the signed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Namespace {
    /// A project's lock.
    Lock,
    /// A module's `module.sums`.
    Module,
}

impl Namespace {
    /// The namespace as it is signed, and as `ssh-keygen -n` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lock => "rapidkit-lock-v1",
            Self::Module => "rapidkit-module-v1",
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
