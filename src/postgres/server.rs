//! One running throwaway server.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::account::Account;
use super::children::children;
use super::folder::Folder;
use super::guard::Guard;
use super::{Installation, Options, Progress, free_port, run};
use crate::types::Problem;

/// A start takes about 0.1 s; a loaded machine may need more.
const START: Duration = Duration::from_secs(60);
/// The server itself kills what does not end within 5 s of an immediate stop.
const STOP: Duration = Duration::from_secs(30);
/// Variables of the caller's shell that would change what the server does.
const FOREIGN: [&str; 6] = [
    "PGDATA",
    "PGPORT",
    "PGHOST",
    "PGDATESTYLE",
    "PGCLIENTENCODING",
    "PGTZ",
];

/// How a server is stopped, as in `pg_ctl -m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// Waits for the clients to leave.
    Smart,
    /// Ends the clients' sessions with an error.
    Fast,
    /// As a crash: nothing is written, the next start recovers.
    Immediate,
}

/// A server that was left running by [`Server::leave_running`].
#[derive(Debug, Clone)]
pub struct LeftRunning {
    /// Its process.
    pub pid: i32,
    /// Its folder, with `data`, `run` (the socket) and `log`.
    pub folder: PathBuf,
    /// A shell command that stops it and removes the folder.
    pub stop_command: String,
}

/// One running throwaway server, on a loopback port and a Unix socket, gone when dropped; also when
/// this process ends without dropping it.
#[derive(Debug)]
pub struct Server {
    installation: Installation,
    account: Account,
    folder: Folder,
    guard: Guard,
    postmaster: Option<Child>,
    port: u16,
    user: String,
    password: String,
    left: bool,
}

impl Server {
    /// Makes a cluster in a temporary folder and starts it: about 0.6 s.
    ///
    /// # Errors
    /// If it does not come up; the problem carries the last lines of the server's log.
    pub fn start(
        installation: &Installation,
        options: &Options,
        progress: Progress<'_>,
    ) -> Result<Self, Problem> {
        let account = Account::choose()?;
        let folder = Folder::create(&options.temporary, &account)?;
        let guard = match Guard::start(folder.root()) {
            Ok(guard) => guard,
            Err(problem) => {
                folder.remove();
                return Err(problem);
            }
        };
        // From here on dropping `server` undoes everything.
        let mut server = Self {
            installation: installation.clone(),
            account,
            folder,
            guard,
            postmaster: None,
            port: free_port()?,
            user: options.user.clone(),
            password: options.password.clone(),
            left: false,
        };
        progress(&format!(
            "starting PostgreSQL {} from {}",
            installation.version(),
            installation.bin_dir().display()
        ));
        server.make_reachable()?;
        server.initialise(options)?;
        server.spawn_anywhere()?;
        Ok(server)
    }

    /// As root the server runs as another user, who may not be able to enter root's cache: a
    /// packaged build is then copied into the server's own folder.
    fn make_reachable(&mut self) -> Result<(), Problem> {
        let bin = self.installation.bin_dir();
        let Some(stop) = self.account.stopped_at(&bin.join("postgres")) else {
            return Ok(());
        };
        let Account::Other { name, .. } = &self.account else {
            return Ok(());
        };
        let Some((package, inside)) = self.installation.package() else {
            return Err(Problem::input(format!(
                "user {name}, who is to run PostgreSQL, may not enter {}",
                stop.display()
            ))
            .note("PostgreSQL does not run as root")
            .help(format!(
                "`chmod o+x {}`, or run this as another user",
                stop.display()
            )));
        };
        let copy = self.folder.root().join("package");
        copy_tree(package, &copy)
            .map_err(|error| Problem::input(format!("{}: {error}", copy.display())))?;
        self.installation = Installation::open(&copy.join(inside), self.installation.source())?;
        Ok(())
    }

    fn initialise(&self, options: &Options) -> Result<(), Problem> {
        let password = self.folder.root().join("password");
        self.write_private(&password, options.password.as_bytes())?;
        let mut initdb = self.command("initdb");
        initdb
            .arg("--pgdata")
            .arg(self.folder.data())
            .args(["--username", &options.user, "--pwfile"])
            .arg(&password)
            .args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"])
            .args(["--no-sync", "--no-instructions"]);
        let made = run::output(&mut initdb);
        let _ = fs::remove_file(&password);
        made?;
        for (name, contents) in &options.files {
            self.write_private(&self.folder.data().join(name), contents)?;
        }
        let mut settings = vec![
            ("listen_addresses", "127.0.0.1".to_owned()),
            (
                "unix_socket_directories",
                self.folder.run().display().to_string(),
            ),
            ("max_connections", options.max_connections.to_string()),
            // Nothing here outlives the machine.
            ("fsync", "off".to_owned()),
            ("synchronous_commit", "off".to_owned()),
            ("full_page_writes", "off".to_owned()),
            ("logging_collector", "off".to_owned()),
        ];
        settings.extend(
            options
                .settings
                .iter()
                .map(|(k, v)| (k.as_str(), v.clone())),
        );
        let text: String = settings
            .iter()
            .map(|(name, value)| format!("{name} = '{}'\n", value.replace('\'', "''")))
            .collect();
        self.write_private(
            &self.folder.data().join("postgresql.auto.conf"),
            text.as_bytes(),
        )
    }

    /// A file that only the server's user can read.
    fn write_private(&self, path: &Path, contents: &[u8]) -> Result<(), Problem> {
        fs::write(path, contents)
            .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o600)))
            .and_then(|()| self.account.own(path))
            .map_err(|error| Problem::input(format!("{}: {error}", path.display())))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.installation.bin_dir().join(program));
        command
            .env("LC_ALL", "C")
            .current_dir(self.folder.root())
            // Ctrl-C in a terminal goes to the whole group; stopping is ours to do.
            .process_group(0);
        for name in FOREIGN {
            command.env_remove(name);
        }
        self.account.apply(&mut command);
        command
    }

    /// Between finding a port free and taking it another process may take it.
    fn spawn_anywhere(&mut self) -> Result<(), Problem> {
        for _ in 0..4 {
            match self.spawn() {
                Err(problem)
                    if problem
                        .notes
                        .iter()
                        .any(|note| note.contains("could not bind")) =>
                {
                    self.port = free_port()?;
                }
                result => return result,
            }
        }
        self.spawn()
    }

    fn spawn(&mut self) -> Result<(), Problem> {
        let log = self.log();
        let say = |error: std::io::Error| Problem::input(format!("{}: {error}", log.display()));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(say)?;
        let errors = file.try_clone().map_err(say)?;
        let earlier = file.metadata().map_err(say)?.len();
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(self.folder.data())
            .args(["-p", &self.port.to_string()])
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors);
        let child = command
            .spawn()
            .map_err(|error| Problem::input(format!("postgres could not be started: {error}")))?;
        let pid = Pid::from_child(&child).as_raw_nonzero().get();
        self.guard.watch(pid);
        self.postmaster = Some(child);
        let until = Instant::now() + START;
        loop {
            if self.is_ready(pid) {
                return Ok(());
            }
            let ended = self.reap();
            if ended.is_none() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(10));
                continue;
            }
            let how = ended.map_or("is not ready after 60 s".to_owned(), |status| {
                format!("ended at once ({status})")
            });
            let mut problem = Problem::input(format!("the PostgreSQL server {how}"));
            let said = fs::read(&log).unwrap_or_default();
            let since = said
                .get(usize::try_from(earlier).unwrap_or(0)..)
                .unwrap_or(&[]);
            for line in run::last_lines(&String::from_utf8_lossy(since), 12) {
                problem = problem.note(line);
            }
            return Err(problem);
        }
    }

    /// The last line of the server's pid file says `ready` once it takes connections.
    fn is_ready(&self, pid: i32) -> bool {
        let text =
            fs::read_to_string(self.folder.data().join("postmaster.pid")).unwrap_or_default();
        let mut lines = text.lines();
        lines.next() == Some(&pid.to_string()) && lines.nth(6).map(str::trim) == Some("ready")
    }

    /// How the server ended, if it did.
    fn reap(&mut self) -> Option<ExitStatus> {
        let status = self.postmaster.as_mut()?.try_wait().ok()??;
        self.postmaster = None;
        self.guard.idle();
        Some(status)
    }

    /// Stops the server; the data and the port stay for [`Server::start_again`].
    ///
    /// # Errors
    /// If it does not end within 30 s.
    pub fn stop(&mut self, mode: Shutdown) -> Result<(), Problem> {
        let Some(pid) = self.pid() else {
            return Ok(());
        };
        self.resume();
        let signal = match mode {
            Shutdown::Smart => Signal::TERM,
            Shutdown::Fast => Signal::INT,
            Shutdown::Immediate => Signal::QUIT,
        };
        let _ = kill_process(pid, signal);
        if self.wait(STOP) {
            return Ok(());
        }
        Err(Problem::input(format!(
            "the PostgreSQL server (process {}) has not stopped after 30 s",
            pid.as_raw_nonzero()
        )))
    }

    /// Starts the stopped server again on the same port with the same data. Does nothing if it runs.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start_again(&mut self) -> Result<(), Problem> {
        match self.pid() {
            Some(_) => Ok(()),
            None => self.spawn(),
        }
    }

    /// Freezes the server with all its processes: it still accepts connections, by its kernel, and
    /// answers nothing.
    pub fn suspend(&self) {
        self.signal_all(Signal::STOP);
    }

    /// Ends [`Server::suspend`].
    pub fn resume(&self) {
        self.signal_all(Signal::CONT);
    }

    fn signal_all(&self, signal: Signal) {
        let Some(pid) = self.postmaster.as_ref().map(Pid::from_child) else {
            return;
        };
        // The parent first, so that it starts no child meanwhile.
        let _ = kill_process(pid, signal);
        for child in children(pid) {
            let _ = kill_process(child, signal);
        }
    }

    /// Whether its process runs (it may be suspended).
    pub fn is_running(&mut self) -> bool {
        self.pid().is_some()
    }

    fn pid(&mut self) -> Option<Pid> {
        self.reap();
        self.postmaster.as_ref().map(Pid::from_child)
    }

    fn wait(&mut self, bound: Duration) -> bool {
        let until = Instant::now() + bound;
        while self.pid().is_some() {
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// `postgres://user:password@127.0.0.1:port/database`, every part percent-encoded.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://{}:{}@127.0.0.1:{}/{}",
            encode(&self.user),
            encode(&self.password),
            self.port,
            encode(database)
        )
    }

    /// The TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The superuser's password.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The folder of the Unix socket.
    pub fn socket_dir(&self) -> PathBuf {
        self.folder.run()
    }

    /// The file that the server logs to.
    pub fn log(&self) -> PathBuf {
        self.folder.log()
    }

    /// The programs it was started with.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    #[cfg(test)]
    pub(super) fn folder_for_tests(&self) -> PathBuf {
        self.folder.root().to_owned()
    }

    #[cfg(test)]
    pub(super) fn process_for_tests(&self) -> u32 {
        self.postmaster.as_ref().map_or(0, Child::id)
    }

    /// Leaves the server running after this process.
    ///
    /// # Errors
    /// If it does not run.
    pub fn leave_running(mut self) -> Result<LeftRunning, Problem> {
        let pid = self
            .pid()
            .ok_or_else(|| Problem::input("the PostgreSQL server does not run"))?
            .as_raw_nonzero()
            .get();
        self.guard.leave();
        self.left = true;
        let folder = self.folder.root().to_owned();
        Ok(LeftRunning {
            pid,
            stop_command: format!("kill -INT {pid}; sleep 1; rm -rf {}", folder.display()),
            folder,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.left {
            return;
        }
        if let Some(pid) = self.pid() {
            let _ = kill_process(pid, Signal::QUIT);
            self.resume();
            if !self.wait(Duration::from_secs(8)) {
                for child in children(pid) {
                    let _ = kill_process(child, Signal::KILL);
                }
                let _ = kill_process(pid, Signal::KILL);
                self.wait(Duration::from_secs(2));
            }
        }
        self.folder.remove();
    }
}

/// Percent-encodes everything but letters, digits and `-._~`.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let Ok(inside) = entry.path().strip_prefix(from) else {
            continue;
        };
        let target = to.join(inside);
        if entry.file_type().is_dir() {
            fs::create_dir(&target)?;
        } else if entry.file_type().is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_url_is_encoded() {
        assert_eq!(encode("p@ss/w:rd ü"), "p%40ss%2Fw%3Ard%20%C3%BC");
        assert_eq!(encode("plain-1._~"), "plain-1._~");
    }
}
