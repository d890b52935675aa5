//! PgBouncer in transaction mode, as strict as its defaults are.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use postgres::SimpleQueryMessage;
use rapidkit_pg::postgres::{Server, free_port};
use rustix::process::Signal;

use super::process::Process;

/// A running PgBouncer.
#[derive(Debug)]
pub struct Bouncer {
    port: u16,
    folder: PathBuf,
    /// The server's user may ask it for figures.
    console: postgres::Config,
    process: Process,
}

impl Bouncer {
    /// Puts one in front of a server. Its files go to `folder`.
    pub fn start(server: &Server, folder: &Path) -> Result<Self> {
        let port = free_port()?;
        let users = folder.join("users.txt");
        let quoted = |text: &str| text.replace('"', "\"\"");
        fs::write(
            &users,
            format!(
                "\"{}\" \"{}\"\n",
                quoted(server.user()),
                quoted(server.password())
            ),
        )?;
        // PgBouncer's own defaults otherwise, `ignore_startup_parameters` above all, but for the 15 s
        // for which it refuses clients once it has found the server down. From 1.21 on
        // it can follow prepared statements, which is to be off; before, it does not know the word.
        let prepared = if version()? >= (1, 21) {
            "max_prepared_statements = 0\n"
        } else {
            ""
        };
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\n\
             pool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 200\n\
             server_login_retry = 0.2\nstats_users = {}\n{prepared}",
            server.port(),
            users.display(),
            server.user(),
        );
        let file = folder.join("pgbouncer.ini");
        fs::write(&file, settings)?;
        for path in [&users, &file] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o644))?;
        }
        let mut console = postgres::Config::new();
        console
            .host("127.0.0.1")
            .port(port)
            .dbname("pgbouncer")
            .user(server.user())
            .password(server.password());
        Ok(Self {
            port,
            folder: folder.to_owned(),
            console,
            process: listening(folder, port)?,
        })
    }

    /// Kills it; whoever was connected is not told why.
    pub fn kill(&mut self) {
        self.process.signal(Signal::KILL);
        self.process.wait(Duration::from_secs(5));
    }

    /// Starts the killed one again on its port.
    pub fn start_again(&mut self) -> Result<()> {
        self.process = listening(&self.folder, self.port)?;
        Ok(())
    }

    /// How many clients are connected to this database.
    pub fn clients(&self, database: &str) -> Result<usize> {
        let mut console = self.console.connect(postgres::NoTls)?;
        let rows = console.simple_query("SHOW CLIENTS")?;
        let is_its = |row: &postgres::SimpleQueryRow| row.get("database") == Some(database);
        Ok(rows
            .iter()
            .filter(|row| matches!(row, SimpleQueryMessage::Row(row) if is_its(row)))
            .count())
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it logged.
    pub fn log(&self) -> String {
        self.process.printed()
    }
}

/// Starts it and waits until it listens.
fn listening(folder: &Path, port: u16) -> Result<Process> {
    let mut command = Command::new(program());
    command.current_dir(folder);
    if rustix::process::geteuid().is_root() {
        command.args(["-u", "nobody"]); // it refuses to run as root
    }
    command.arg(folder.join("pgbouncer.ini"));
    let mut process = Process::start(&mut command, &folder.join("pgbouncer.log"))?;
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(process);
        }
        ensure!(
            process.ended().is_none(),
            "pgbouncer ended at once:\n{}",
            process.printed()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    anyhow::bail!("pgbouncer does not listen:\n{}", process.printed())
}

/// Debian puts it where only root's `PATH` looks.
fn program() -> &'static str {
    if Path::new("/usr/sbin/pgbouncer").is_file() {
        "/usr/sbin/pgbouncer"
    } else {
        "pgbouncer"
    }
}

fn version() -> Result<(u32, u32)> {
    let said = Command::new(program()).arg("--version").output()?.stdout;
    let said = String::from_utf8_lossy(&said);
    let mut numbers = said
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .split('.')
        .map_while(|part| part.parse().ok());
    Ok((numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)))
}
