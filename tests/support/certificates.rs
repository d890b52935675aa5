//! Certificates for TLS, made by `openssl`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

/// An authority of our own, a server's certificate for `localhost` from it, and a stranger.
#[derive(Debug)]
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    pub fn make(folder: &Path) -> Result<Self> {
        let this = Self {
            folder: folder.to_owned(),
        };
        for name in ["authority", "stranger"] {
            this.openssl(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                 -subj /CN={name} -keyout {name}.key -out {name}.crt"
            ))?;
        }
        std::fs::write(
            folder.join("names"),
            "subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\n",
        )?;
        this.openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
             -keyout server.key -out server.csr",
        )?;
        this.openssl(
            "x509 -req -in server.csr -CA authority.crt -CAkey authority.key -CAcreateserial \
             -days 2 -extfile names -out server.crt",
        )?;
        Ok(this)
    }

    fn openssl(&self, line: &str) -> Result<()> {
        let done = Command::new("openssl")
            .args(line.split_whitespace())
            .current_dir(&self.folder)
            .output()?;
        let said = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "openssl {line}: {said}");
        Ok(())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        Ok(std::fs::read(self.path(name))?)
    }
}
