//! A watcher that stops the server and removes its folder when this process ends in a way that runs
//! no destructor: `kill -9`, Ctrl-C, an abort.
//!
//! It is a shell that reads a pipe whose other end only this process holds. The kernel closes that
//! end when the process is gone, however it went. (Linux's parent-death signal would not do: it is
//! sent when the *thread* that started the child ends, is cleared when the user changes, removes no
//! folder, and other systems have none.)

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::types::Problem;

/// Lines in: the server's process id, an empty line once it is stopped, `leave` to stand down.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM PIPE
pid=
while IFS= read -r line; do
    if [ "$line" = leave ]; then exit 0; fi
    pid=$line
done
if [ -n "$pid" ]; then
    kill -QUIT "$pid"
    # A suspended child would be waited for; this file is Linux's list of them.
    kill -CONT "$pid" $(cat "/proc/$pid/task/$pid/children")
    n=0
    while kill -0 "$pid" && [ "$n" -lt 100 ]; do
        sleep 0.1 || sleep 1
        n=$((n + 1))
    done
    kill -KILL "$pid"
fi
rm -rf -- "$1"
"#;

/// The watcher of one server.
#[derive(Debug)]
pub(super) struct Guard {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Guard {
    /// Starts watching over a folder.
    pub(super) fn start(folder: &Path) -> Result<Self, Problem> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "rapidkit-pg-guard"])
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal goes to the whole group: the watcher must outlive it.
            .process_group(0)
            .spawn()
            .map_err(|error| Problem::input(format!("/bin/sh could not be started: {error}")))?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe })
    }

    /// The server runs as this process.
    pub(super) fn watch(&mut self, pid: i32) {
        self.tell(&pid.to_string());
    }

    /// No server runs.
    pub(super) fn idle(&mut self) {
        self.tell("");
    }

    /// The server and its folder are to stay.
    pub(super) fn leave(&mut self) {
        self.tell("leave");
    }

    fn tell(&mut self, line: &str) {
        if let Some(pipe) = &mut self.pipe {
            // The watcher may have been killed; the server's own destructor still does its work.
            let _ = writeln!(pipe, "{line}");
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.pipe = None;
        let _ = self.shell.wait();
    }
}
