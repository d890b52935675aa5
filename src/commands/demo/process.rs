use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::types::Problem;

/// The application's own bound is 10 s; this is beyond it.
const STOP_WITHIN: Duration = Duration::from_secs(15);

/// A process in a group of its own, killed when dropped.
pub struct Running {
    child: Option<Child>,
}

impl Running {
    /// Starts a command with its output in `log`.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn spawn(mut command: Command, folder: &Path, log: &Path) -> Result<Self, Problem> {
        let name = command.get_program().to_string_lossy().into_owned();
        let fault =
            |error: std::io::Error| Problem::input(format!("cannot start `{name}`: {error}"));
        let out = File::create(log).map_err(fault)?;
        let child = command
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(out.try_clone().map_err(fault)?)
            .stderr(out)
            .process_group(0)
            .spawn()
            .map_err(fault)?;
        Ok(Self { child: Some(child) })
    }

    /// Waits until it ends; its exit code, `None` if a signal ended it.
    ///
    /// # Errors
    /// `interrupted` said so.
    pub fn wait(mut self, interrupted: &dyn Fn() -> bool) -> Result<Option<i32>, Problem> {
        loop {
            if let Some(code) = self.ended() {
                return Ok(code);
            }
            if interrupted() {
                return Err(Problem::interrupted());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.ended().is_none()
    }

    /// Asks it to stop, and waits.
    ///
    /// # Errors
    /// It does not end within 15 s.
    pub fn stop(mut self) -> Result<Option<i32>, Problem> {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + STOP_WITHIN;
        while Instant::now() < deadline {
            if let Some(code) = self.ended() {
                return Ok(code);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(Problem::decision("the application does not stop"))
    }

    /// Lets it run after this process; its process id.
    pub fn leave_running(mut self) -> u32 {
        self.child.take().map_or(0, |child| child.id())
    }

    fn ended(&mut self) -> Option<Option<i32>> {
        let status = self.child.as_mut()?.try_wait().ok()??;
        Some(status.code())
    }

    fn signal(&self, signal: Signal) {
        let pid = self
            .child
            .as_ref()
            .and_then(|child| Pid::from_raw(i32::try_from(child.id()).ok()?));
        if let Some(pid) = pid {
            // It may have ended meanwhile.
            let _ = kill_process_group(pid, signal);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.is_some() && self.is_running() {
            self.signal(Signal::KILL);
            if let Some(child) = &mut self.child {
                let _ = child.wait();
            }
        }
    }
}
