//! Turns bits of a file one by one and verifies after each.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use rapidkit_pg::module::Module;
use rapidkit_pg::plan::Templates;
use rapidkit_pg::signature::{AllowedSigners, Revoked};
use rapidkit_pg::verify::{Setting, Trust, verify};

/// How many turned bits were seen.
pub struct Flips {
    pub file: String,
    pub made: usize,
    pub seen: usize,
    /// Byte and bit of those that were not, or that made the verification panic.
    pub faults: Vec<String>,
}

impl Flips {
    /// Fails unless all were seen.
    #[allow(dead_code, reason = "for the tests")]
    pub fn assert(&self) {
        assert!(self.made > 0 && self.faults.is_empty(), "{self}");
    }
}

impl std::fmt::Display for Flips {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: seen {} of {}", self.file, self.seen, self.made)?;
        self.faults
            .iter()
            .take(20)
            .try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

/// Turns every `step`th bit of `file` in the project or module `root`, on two copies at once.
pub fn all(root: &Path, file: &str, step: usize, trust: Option<&Trust>) -> Flips {
    let module = Module::embedded().expect("the module in the binary");
    let templates = Templates::new(&module).expect("its templates");
    let setting = Setting {
        release: true,
        templates: &templates,
        trust,
        baseline: None,
    };
    let bytes = std::fs::read(root.join(file)).expect("the file");
    // On a tree that is not clean to begin with everything would be seen.
    let clean = verify(root, &[PathBuf::new()], &setting).expect("a verification");
    assert_eq!(clean.exit(), 0, "{:?}", clean.findings);
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let (made, faults) = std::thread::scope(|scope| {
        let work = || {
            let copied = copy(root);
            let (mut made, mut faults) = (0, Vec::new());
            loop {
                let bit = next.fetch_add(step, Ordering::Relaxed);
                if bit >= bytes.len() * 8 {
                    return (made, faults);
                }
                made += 1;
                faults.extend(one(&copied.path().join("x"), file, &bytes, bit, &setting));
            }
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .fold((0, Vec::new()), |(made, mut faults), thread| {
                let (more, found) = thread.join().expect("a worker");
                faults.extend(found);
                (made + more, faults)
            })
    });
    Flips {
        file: file.to_owned(),
        made,
        seen: made - faults.len(),
        faults,
    }
}

/// Signs the lock of `project` with a new key, made beside it, and trusts that key alone.
pub fn sign(binary: &str, project: &Path, folder: &Path) -> Trust {
    let key = folder.join("key");
    let run = |command: &mut Command| {
        let output = command.output().expect("it starts");
        assert!(output.status.success(), "{command:?}: {output:?}");
    };
    run(Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key));
    run(Command::new(binary)
        .args(["-q", "lock", "--overwrite", "--sign"])
        .arg(&key)
        .current_dir(project));
    let public = std::fs::read_to_string(key.with_extension("pub")).expect("a public key");
    let text = format!("release@example.org {public}");
    let file = folder.join("allowed_signers");
    std::fs::write(&file, &text).expect("written");
    Trust {
        files: vec![file],
        starts: vec![project.to_owned()],
        signers: AllowedSigners::parse("allowed_signers", &text).expect("a list"),
        revoked: Revoked::default(),
        principal: None,
        now: SystemTime::now().into(),
    }
}

fn one(root: &Path, file: &str, bytes: &[u8], bit: usize, setting: &Setting) -> Option<String> {
    let mut turned = bytes.to_vec();
    turned[bit / 8] ^= 1 << (bit % 8);
    let path = root.join(file);
    std::fs::write(&path, &turned).expect("written");
    let verified = catch_unwind(AssertUnwindSafe(|| {
        verify(root, &[PathBuf::new()], setting)
    }));
    let line = || {
        let start = bytes[..bit / 8]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let end = turned[start..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(turned.len(), |at| start + at);
        String::from_utf8_lossy(&turned[start..end.max(start)]).into_owned()
    };
    match verified {
        Ok(Ok(report)) if report.exit() == 0 => Some(format!(
            "accepted: byte {} bit {}: {}",
            bit / 8,
            bit % 8,
            line()
        )),
        Ok(_) => None,
        Err(_) => Some(format!(
            "panicked: byte {} bit {}: {}",
            bit / 8,
            bit % 8,
            line()
        )),
    }
}

fn copy(root: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let status = Command::new("cp")
        .arg("-a")
        .arg(root)
        .arg(folder.path().join("x"))
        .status();
    assert!(status.expect("cp").success());
    folder
}
