//! A shell that goes through a page: directory and variables are kept from one block to the next.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support;

/// A session in a folder.
#[derive(Debug)]
pub struct Session {
    state: tempfile::TempDir,
}

impl Session {
    /// Starts in `folder`, with the command that is being tested on `PATH` and no settings from outside.
    pub fn new(folder: &Path) -> Self {
        let state = tempfile::tempdir().unwrap();
        let directory = folder.canonicalize().unwrap();
        std::fs::write(state.path().join("directory"), directory.to_str().unwrap()).unwrap();
        for name in ["variables", "functions"] {
            std::fs::write(state.path().join(name), "").unwrap();
        }
        Self { state }
    }

    /// The current directory.
    pub fn directory(&self) -> PathBuf {
        let directory = std::fs::read_to_string(self.state.path().join("directory")).unwrap();
        PathBuf::from(directory.trim_end())
    }

    /// A shell that will execute `script`.
    pub fn command(&self, script: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_rapidkit-pg"));
        let mut path = vec![program.parent().unwrap().to_owned()];
        path.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        let mut command = Command::new("bash");
        support::cargo::share(&mut command)
            .args(["-euo", "pipefail", "-c"])
            .arg(format!(
                "cd \"$(cat \"$STATE/directory\")\"\n. \"$STATE/variables\"\n. \"$STATE/functions\"\n{script}"
            ))
            .env("STATE", self.state.path())
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("CARGO_TERM_COLOR", "never")
            .env("NO_COLOR", "1")
            .stdin(std::process::Stdio::null());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let of_the_layer = text.starts_with("DB_") || text.starts_with("RAPIDKIT_DB_");
            let urls = ["DATABASE_URL", "POSTGRES_URL", "TEST_DATABASE_URL"];
            let of_the_command = ["CI", "RAPIDKIT_TRUST", "RAPIDKIT_REVOKED"].contains(&&*text);
            if of_the_layer || of_the_command || urls.contains(&&*text) || text == "RUST_LOG" {
                command.env_remove(&name);
            }
        }
        command
    }

    /// Executes `script`, keeping the directory and the variables it leaves.
    pub fn run(&self, script: &str) -> Output {
        let keep = "trap 'pwd > \"$STATE/directory\"; export -p > \"$STATE/variables\"' EXIT";
        self.command(&format!("{keep}\n{script}")).output().unwrap()
    }

    /// Executes `script`, which must succeed. What it printed: standard output, then standard error.
    pub fn ok(&self, what: &dyn std::fmt::Display, script: &str) -> (String, String) {
        let output = self.run(script);
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success(),
            "{what}: {}\n$ {script}\n{out}{err}",
            output.status
        );
        (out, err)
    }
}
