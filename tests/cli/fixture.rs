//! A project in a temporary folder and the command run in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The repository, which is the module.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder that is gone when dropped.
pub struct Fixture {
    folder: tempfile::TempDir,
}

/// What a run printed, and how it ended.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Fixture {
    /// An empty folder.
    pub fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A folder with these files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let fixture = Self::empty();
        for (path, text) in files {
            fixture.write(path, text);
        }
        fixture
    }

    /// The smallest Axum application.
    pub fn axum() -> Self {
        Self::with(&[("Cargo.toml", AXUM_MANIFEST), ("src/main.rs", AXUM_MAIN)])
    }

    /// A copy of the module in this repository, to be changed.
    pub fn module() -> Self {
        let fixture = Self::empty();
        for path in ["module.yaml", "module.sums", "config", "templates", "docs"] {
            copy(&repository().join(path), &fixture.path().join(path));
        }
        fixture
    }

    /// A copy of a directory.
    pub fn copy_of(directory: &Path) -> Self {
        let fixture = Self::empty();
        copy(directory, fixture.path());
        fixture
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// Replaces text that must occur.
    pub fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, text.replacen(from, to, 1));
    }

    /// Every file and directory below, links not followed: path → bytes, `None` for what is no file.
    pub fn tree(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        walkdir::WalkDir::new(self.path())
            .into_iter()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let bytes = entry
                    .file_type()
                    .is_file()
                    .then(|| std::fs::read(entry.path()).unwrap_or_default());
                (
                    entry.path().strip_prefix(self.path()).unwrap().to_owned(),
                    bytes,
                )
            })
            .collect()
    }

    /// The command, with no terminal, no colour and no settings from outside.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rapidkit-pg"));
        command
            .current_dir(self.path())
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs git here and returns what it prints.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.email=a@example.org", "-c", "user.name=a"])
            .args(arguments)
            .current_dir(self.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the command here.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Runs the command as a user without root's power to read and write everything.
    pub fn unprivileged(&self, arguments: &[&str]) -> Output {
        let command = self.command(arguments);
        let mut run = if rustix::process::getuid().is_root() {
            let binary = self.path().join(".binary");
            // By another process: a child that a test beside this one forks would hold the file open for writing.
            let copied = Command::new("cp")
                .arg(command.get_program())
                .arg(&binary)
                .status();
            assert!(copied.unwrap().success());
            let owned = Command::new("chown")
                .args(["-R", "nobody"])
                .arg(self.path())
                .status();
            assert!(owned.unwrap().success());
            let mut run = Command::new("setpriv");
            run.args(["--reuid", "nobody", "--clear-groups"])
                .arg(binary);
            run
        } else {
            Command::new(command.get_program())
        };
        run.args(command.get_args())
            .current_dir(self.path())
            .env_remove("CI")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs the command, which must refuse with `code`, say each of `expected`, and change nothing.
    pub fn refuses(&self, arguments: &[&str], code: i32, expected: &[&str]) -> Ran {
        let before = self.tree();
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(code), "{}{}", ran.out, ran.err);
        for text in expected {
            assert!(ran.err.contains(text), "expected {text:?} in:\n{}", ran.err);
        }
        assert!(self.tree() == before, "something was written");
        ran
    }
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts exit code 0.
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        let document =
            serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out));
        let schema =
            std::fs::read_to_string(repository().join("docs/schema/report.schema.json")).unwrap();
        let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        if let Err(error) = validator.validate(&document) {
            panic!("{error} at {}: {}", error.instance_path(), self.out);
        }
        document
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(
                entry.path(),
                to.join(entry.path().strip_prefix(from).unwrap())
                    .components()
                    .as_path(),
            )
            .unwrap();
        }
    }
}

pub const AXUM_MANIFEST: &str = "\
[package]
name = \"shop\"
version = \"0.1.0\"
edition = \"2024\"

[dependencies]
axum = \"0.8\"
tokio = { version = \"1\", features = [\"full\"] }
";

pub const AXUM_MAIN: &str = "\
use axum::{Router, routing::get};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new().route(\"/\", get(|| async { \"hello\" }));
    let listener = tokio::net::TcpListener::bind(\"127.0.0.1:3000\").await?;
    axum::serve(listener, app).await
}
";
