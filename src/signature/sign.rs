use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
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
    #[error("cannot exchange files with `{}`", .program.display())]
    Files {
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
    /// There is no shell. `ssh-keygen` gets the message as a file in a private folder, so that it writes nothing into the
    /// project, asks nothing about replacing a signature, and keeps the terminal for what it does ask: with the message on
    /// standard input it could not read a passphrase or a PIN. What it made is held against what verification accepts.
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
        let files = |source| SignError::Files {
            program: program(),
            source,
        };
        let folder = tempfile::tempdir().map_err(files)?;
        let file = folder.path().join("message");
        File::create_new(&file)
            .and_then(|mut file| file.write_all(message))
            .map_err(files)?;
        let status = Command::new(&self.program)
            .args(["-q", "-Y", "sign", "-n", namespace.as_str(), "-f"])
            .arg(key)
            .arg(&file)
            .stdout(Stdio::null())
            .status()
            .map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => SignError::NotFound { program: program() },
                _ => SignError::Start {
                    program: program(),
                    source,
                },
            })?;
        if !status.success() {
            return Err(SignError::Failed {
                program: program(),
                status,
            });
        }
        let signature = fs::read(folder.path().join("message.sig")).map_err(files)?;
        let envelope = Envelope::parse(&signature).map_err(|source| SignError::Unusable {
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
