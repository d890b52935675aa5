use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use super::envelope::{Envelope, EnvelopeError};
use super::namespace::Namespace;

/// The program that signs. Private keys, their passphrases, agents and security keys are its business alone.
#[derive(Debug, Clone)]
pub struct SshKeygen {
    program: OsString,
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    #[error("`{}` is not installed or not on the PATH", .program.display())]
    NotFound { program: OsString },
    #[error("cannot run `{}`", .program.display())]
    Start {
        program: OsString,
        #[source]
        source: io::Error,
    },
    #[error("cannot talk to `{}`", .program.display())]
    Talk {
        program: OsString,
        #[source]
        source: io::Error,
    },
    /// What it has to say, it said on standard error.
    #[error("`{}` did not sign ({status})", .program.display())]
    Failed {
        program: OsString,
        status: ExitStatus,
    },
    /// A key that is not Ed25519, or a program that is not OpenSSH's.
    #[error("`{}` made a signature that verification would not accept: {source}", .program.display())]
    Unusable {
        program: OsString,
        #[source]
        source: EnvelopeError,
    },
    #[error("`{}` made a signature that does not verify", .program.display())]
    Wrong { program: OsString },
}

impl Default for SshKeygen {
    fn default() -> Self {
        Self::at("ssh-keygen")
    }
}

impl SshKeygen {
    /// The program by its name or path.
    pub fn at(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
        }
    }

    /// The signature file over exactly `message`, made with the private key at `key`, or by the agent with the public key
    /// at `key`.
    ///
    /// The message goes in by standard input and the signature comes out by standard output: `ssh-keygen` writes nothing
    /// beside the file, asks nothing about replacing it, and there is no shell. Standard error stays the user's, because
    /// that is where it asks for a touch of the security key. What it made is held against what verification accepts.
    ///
    /// # Errors
    /// The program cannot be run, fails, or makes something that would not verify later.
    pub fn sign(
        &self,
        key: &Path,
        namespace: Namespace,
        message: &[u8],
    ) -> Result<String, SignError> {
        let program = || self.program.clone();
        let mut child = Command::new(&self.program)
            .args(["-Y", "sign", "-n", namespace.as_str(), "-f"])
            .arg(key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => SignError::NotFound { program: program() },
                _ => SignError::Start {
                    program: program(),
                    source,
                },
            })?;
        let written = child
            .stdin
            .take()
            .map_or(Ok(()), |mut stdin| stdin.write_all(message));
        let output = child.wait_with_output().map_err(|source| SignError::Talk {
            program: program(),
            source,
        })?;
        if !output.status.success() {
            return Err(SignError::Failed {
                program: program(),
                status: output.status,
            });
        }
        written.map_err(|source| SignError::Talk {
            program: program(),
            source,
        })?;
        let envelope = Envelope::parse(&output.stdout).map_err(|source| SignError::Unusable {
            program: program(),
            source,
        })?;
        if envelope.namespace != namespace.as_str()
            || !envelope.verifies(message, namespace.as_str())
        {
            return Err(SignError::Wrong { program: program() });
        }
        Ok(envelope.render())
    }
}
