//! A started program: its output in a file, its whole process group gone in the end.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// A started program.
#[derive(Debug)]
pub struct Process {
    child: Child,
    output: PathBuf,
    status: Option<ExitStatus>,
}

impl Process {
    /// Starts it as the leader of its own process group; standard output and error go to `output`.
    pub fn start(command: &mut Command, output: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(output)?;
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("could not start {}", command.get_program().display()))?;
        reaper(&format!("+{}", child.id()));
        Ok(Self {
            child,
            output: output.to_owned(),
            status: None,
        })
    }

    /// Its peak resident size so far in KiB, as Linux tells it; 0 elsewhere.
    pub fn peak_memory(&self) -> u64 {
        self.figure("VmHWM:")
    }

    /// Its resident size in KiB, as Linux tells it; 0 elsewhere.
    pub fn memory(&self) -> u64 {
        self.figure("VmRSS:")
    }

    fn figure(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
            .unwrap_or(0)
    }

    /// Everything it printed so far.
    pub fn printed(&self) -> String {
        let bytes = std::fs::read(&self.output).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
            if self.status.is_some() {
                reaper(&format!("-{}", self.child.id()));
            }
        }
        self.status
    }

    /// Waits for its end.
    pub fn wait(&mut self, bound: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + bound;
        loop {
            match self.ended() {
                Some(status) => return Some(status),
                None if Instant::now() > until => return None,
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// Sends a signal to the program itself.
    pub fn signal(&self, signal: Signal) {
        if self.status.is_none() {
            let _ = kill_process(Pid::from_child(&self.child), signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_none() {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            self.wait(Duration::from_secs(5));
        }
    }
}

/// Ends the started programs when this one is killed: a shell at the other end of a pipe.
const REAPER: &str = r#"
trap '' HUP INT QUIT TERM PIPE
alive=' '
while IFS= read -r line; do
    pid=${line#?}
    case $line in
    +*) alive="$alive$pid " ;;
    -*) alive="${alive%% "$pid" *} ${alive#* "$pid" }" ;;
    esac
done
for pid in $alive; do kill -KILL "-$pid"; done
"#;

fn reaper(line: &str) {
    static PIPE: OnceLock<Option<Mutex<ChildStdin>>> = OnceLock::new();
    let pipe = PIPE.get_or_init(|| {
        Command::new("/bin/sh")
            .args(["-c", REAPER])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .ok()?
            .stdin
            .map(Mutex::new)
    });
    if let Some(pipe) = pipe {
        let mut pipe = pipe.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let _ = writeln!(pipe, "{line}");
    }
}
