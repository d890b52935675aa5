//! Whether the tests would notice if a check of the verifier were gone: `cargo test --test mutations [-- ID…]`.
//!
//! Every check of `tests/trust/mutations.json` is put behind a switch in a copy of this repository, which is built once.
//! Then each is switched off in turn and the fast tests run, `trust`, `signature` and its unit tests, until one fails.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "it makes a copy of the repository and prints its figures"
)]

mod list;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use list::Mutation;

/// The file in the copy that says which check is off.
const SWITCH: &str = "mutation";

const SWITCHES: &str = "\
use std::sync::LazyLock;

pub fn is_on(id: &str) -> bool {
    static NOW: LazyLock<String> = LazyLock::new(|| {
        std::fs::read_to_string(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/mutation\")).unwrap_or_default()
    });
    *NOW == id
}
";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let all = list::read(repository)?;
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("mutations");
    let copy = target.join("repository");
    copied(repository, &copy, &all)?;
    let tests = Tests::build(&copy, &target.join("target"))?;
    if let Some(test) = tests.first_failure("", "")? {
        bail!("{test} fails with every check on");
    }
    let chosen: Vec<&Mutation> = all
        .iter()
        .filter(|mutation| asked.is_empty() || asked.contains(&mutation.id))
        .collect();
    ensure!(!chosen.is_empty(), "no mutation of that name");
    let (mut noticed, mut explained, mut survived) = (0, 0, 0);
    for mutation in &chosen {
        let start = Instant::now();
        let failure = tests.first_failure(&mutation.id, &mutation.file)?;
        let took = start.elapsed();
        let (id, off) = (&mutation.id, &mutation.off);
        match (failure, &mutation.survives) {
            (Some(test), None) => {
                noticed += 1;
                println!("noticed   {id:<32} {took:>6.1?} by {test}: {off}");
            }
            (None, Some(why)) => {
                explained += 1;
                println!("explained {id:<32} {took:>6.1?} {off}: {why}");
            }
            (Some(test), Some(_)) => {
                survived += 1;
                println!(
                    "NOTICED   {id:<32} {took:>6.1?} by {test}, though it is said to survive: {off}"
                );
            }
            (None, None) => {
                survived += 1;
                println!("SURVIVED  {id:<32} {took:>6.1?} {off}");
            }
        }
    }
    println!(
        "\nnoticed {noticed} of {}, {explained} explained",
        chosen.len()
    );
    Ok(survived == 0)
}

/// Makes `copy` what the repository is, all checks behind switches. Files that stay the same are not written, so that
/// Cargo builds little the second time; those that are in the repository no longer go.
fn copied(repository: &Path, copy: &Path, mutations: &[Mutation]) -> Result<()> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(repository)
        .output()?;
    ensure!(
        listed.status.success(),
        "git cannot list the repository's files"
    );
    let switched = list::switched(repository, mutations)?;
    let listed = String::from_utf8(listed.stdout)?;
    let listed: BTreeSet<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    for entry in walkdir::WalkDir::new(copy).into_iter().flatten() {
        let path = entry
            .path()
            .strip_prefix(copy)?
            .to_str()
            .unwrap_or_default();
        if entry.file_type().is_file() && !listed.contains(path) && path != "src/mutation.rs" {
            std::fs::remove_file(entry.path())?;
        }
    }
    for path in listed {
        let Ok(bytes) = std::fs::read(repository.join(path)) else {
            continue; // deleted, and not committed yet
        };
        let mut bytes = switched
            .get(path)
            .map_or(bytes, |text| text.clone().into_bytes());
        if path == "src/lib.rs" {
            bytes.extend(b"mod mutation;\n");
        }
        write(&copy.join(path), &bytes)?;
    }
    write(&copy.join("src/mutation.rs"), SWITCHES.as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    std::fs::create_dir_all(path.parent().context("a file has a folder")?)?;
    Ok(std::fs::write(path, bytes)?)
}

/// The tests whose names begin as those that are about a file of the verifier.
fn near(file: &str) -> &'static str {
    let name = file.rsplit('/').next().unwrap_or_default();
    match name {
        _ if file.starts_with("src/verify/vet/") => "vet::",
        "baseline.rs" => "baseline::",
        "core.rs" | "mod.rs" => "core::",
        "find.rs" => "find::",
        "module_root.rs" => "mutants::tampering_with_a_module",
        "signature.rs" => "signatures::",
        "relock.rs" => "lock::",
        "vendor.rs" | "extra.rs" => "mutants::tampering_with_the_vendor",
        "accepted.rs" | "blocks.rs" | "facts.rs" | "transaction.rs" => {
            "mutants::tampering_with_the_project"
        }
        _ => "mutants::tampering_with_the_lock",
    }
}

/// The built tests.
struct Tests {
    copy: PathBuf,
    unit: PathBuf,
    trust: PathBuf,
    signature: PathBuf,
}

/// A test that takes longer has noticed: something waits for ever.
const LONGEST: Duration = Duration::from_secs(600);

impl Tests {
    fn build(copy: &Path, target: &Path) -> Result<Self> {
        let built = Command::new(env!("CARGO"))
            .args(["test", "--release", "--no-run", "--message-format=json"])
            .args(["--lib", "--test", "trust", "--test", "signature"])
            .arg("--target-dir")
            .arg(target)
            .current_dir(copy)
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(built.status.success(), "the copy does not build");
        let executable = |name: &str| {
            String::from_utf8_lossy(&built.stdout)
                .lines()
                .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
                .filter(|message| message["target"]["name"] == name)
                .find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
                .with_context(|| format!("no test `{name}`"))
        };
        Ok(Self {
            copy: copy.to_owned(),
            unit: executable("rapidkit_pg")?,
            trust: executable("trust")?,
            signature: executable("signature")?,
        })
    }

    /// The name of the first test that fails with this check off. Those that are near its file are asked first.
    fn first_failure(&self, id: &str, file: &str) -> Result<Option<String>> {
        std::fs::write(self.copy.join(SWITCH), id)?;
        let asked: &[(&Path, &str)] = if file.starts_with("src/signature/") {
            &[
                (&self.unit, "signature::"),
                (&self.signature, ""),
                (&self.trust, ""),
            ]
        } else {
            &[
                (&self.trust, near(file)),
                (&self.trust, ""),
                (&self.signature, ""),
            ]
        };
        for (program, filter) in asked {
            if let Some(test) = self.failure(program, filter)? {
                return Ok(Some(test));
            }
        }
        Ok(None)
    }

    fn failure(&self, program: &Path, filter: &str) -> Result<Option<String>> {
        let mut child = Command::new(program)
            // The list has no place in a copy that it was applied to.
            .args([filter, "--skip", "mutations::"])
            .current_dir(&self.copy)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = BufReader::new(child.stdout.take().context("it is piped")?);
        let (send, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(std::io::Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let start = Instant::now();
        loop {
            let left = LONGEST.saturating_sub(start.elapsed());
            match lines.recv_timeout(left) {
                Ok(line) => {
                    let failed = line
                        .strip_prefix("test ")
                        .and_then(|line| line.strip_suffix(" ... FAILED"));
                    if let Some(test) = failed {
                        child.kill()?;
                        child.wait()?;
                        return Ok(Some(test.to_owned()));
                    }
                }
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                    child.kill()?;
                    child.wait()?;
                    return Ok(Some("taking for ever".to_owned()));
                }
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = child.wait()?;
        Ok((!status.success()).then(|| format!("ending with {status}")))
    }
}
