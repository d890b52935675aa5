use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rapidkit_pg::postgres::{Installation, Options, Server};

use super::expect::eventually;
use super::row::{Scene, Through};
use crate::support::app::{App, HEALTH, Running};
use crate::support::bouncer::Bouncer;
use crate::support::certificates::Certificates;
use crate::support::http::{Answer, Client, Transcript};
use crate::support::proxy::{Mode, Proxy};

/// Part of the password of every server; it may occur in nothing that an application says.
pub const CANARY: &str = "c4naryS3cret";
const PASSWORD: &str = "p@c4naryS3cret/w:1%";
/// The same as it stands in a URL.
pub const ENCODED: &str = "p%40c4naryS3cret%2Fw%3A1%25";
/// The user of every server.
pub const USER: &str = "probe_user";
/// The database of every server.
pub const DATABASE: &str = "probe_database";

/// Settings of an application.
pub type Settings = Vec<(String, String)>;

/// A server, what stands before it, and the application of one group.
pub struct Stage {
    pub app: App,
    pub scene: Scene,
    pub server: Server,
    pub proxy: Option<Proxy>,
    pub bouncer: Option<Bouncer>,
    pub certificates: Option<Certificates>,
    pub transcript: Transcript,
    folder: PathBuf,
    running: Option<Running>,
    starts: u32,
}

/// A client's connection as the server sees it.
#[derive(Debug, Clone)]
pub struct Backend {
    pub pid: i32,
    pub state: String,
    pub application_name: String,
}

impl Stage {
    /// Puts up the server and what the scene asks for. Logs of applications go to
    /// `folder/app-N.log`.
    pub fn set(
        app: &App,
        scene: Scene,
        installation: &Installation,
        folder: &Path,
    ) -> Result<Self> {
        let mut options = Options::default()
            .login(USER, PASSWORD)
            .max_connections(80)
            .temporary(std::env::temp_dir())
            .setting("log_statement", "all")
            .setting("log_disconnections", "on")
            // From here on the server tells of a client that left without a word.
            .setting("log_min_messages", "debug1")
            .setting("log_line_prefix", "%m [%p] ")
            .setting("deadlock_timeout", "100ms");
        let mut certificates = None;
        if scene.tls {
            let made = Certificates::make(folder)?;
            options = options
                .setting("ssl", "on")
                .file("server.crt", made.read("server.crt")?)
                .file("server.key", made.read("server.key")?);
            certificates = Some(made);
        }
        let server = Server::start(installation, &options, &|_| {})
            .map_err(|problem| anyhow::anyhow!("{problem}: {}", problem.notes.join("; ")))?;
        let mut admin = connect(&server, "postgres")?;
        admin.batch_execute(&format!("CREATE DATABASE {DATABASE}"))?;
        connect(&server, DATABASE)?.batch_execute(TABLES)?;
        let proxy = match scene.through {
            Through::Proxy => Some(Proxy::start(server.port())?),
            _ => None,
        };
        let bouncer = match scene.through {
            Through::Bouncer => Some(Bouncer::start(&server, folder)?),
            _ => None,
        };
        Ok(Self {
            app: app.clone(),
            scene,
            server,
            proxy,
            bouncer,
            certificates,
            transcript: Transcript::default(),
            folder: folder.to_owned(),
            running: None,
            starts: 0,
        })
    }

    /// Undoes what a row did to server, proxy and application.
    pub fn restore(&mut self) -> Result<()> {
        if let Some(proxy) = &self.proxy {
            proxy.set(Mode::Pass);
        }
        self.server.resume();
        self.server
            .start_again()
            .map_err(|problem| anyhow::anyhow!("{problem}"))?;
        if !self.scene.started {
            return Ok(());
        }
        if self
            .running
            .as_mut()
            .is_some_and(|app| app.process.ended().is_some())
        {
            self.running = None;
        }
        if self.running.is_none() || self.settle().is_err() {
            self.restart(&[])?;
            self.settle()?;
        }
        Ok(())
    }

    /// Waits until the application is healthy and nothing is in use.
    fn settle(&self) -> Result<()> {
        let client = self.client()?.silently();
        eventually(Duration::from_secs(8), || {
            let health = client.get(HEALTH)?;
            health.is(200)?.has("/status", "ok")?;
            Ok(())
        })?;
        // The check's own connection goes back when its answer was sent.
        std::thread::sleep(Duration::from_millis(100));
        Ok(())
    }

    /// Starts the group's application anew, with more settings.
    pub fn restart(&mut self, more: &[(&str, &str)]) -> Result<()> {
        self.running = None;
        let mut settings = vec![("DATABASE_URL".to_owned(), self.url())];
        settings.extend(owned(self.scene.settings));
        settings.extend(owned(more));
        let mut running = self.start(&settings)?;
        running.ready()?;
        self.running = Some(running);
        Ok(())
    }

    /// Starts another application with these settings alone. It may not be serving yet.
    pub fn start(&mut self, settings: &[(String, String)]) -> Result<Running> {
        self.starts += 1;
        let output = self.folder.join(format!("app-{}.log", self.starts));
        self.app.start(settings, &output, &self.transcript)
    }

    /// Starts another application with these settings alone and waits until it serves.
    pub fn serve(&mut self, settings: &[(&str, &str)]) -> Result<Running> {
        let mut running = self.start(&owned(settings))?;
        running.ready()?;
        Ok(running)
    }

    /// The group's application.
    pub fn running(&mut self) -> Result<&mut Running> {
        self.running.as_mut().context("no application is started")
    }

    /// Takes the group's application out; the next row gets a new one.
    pub fn take(&mut self) -> Result<Running> {
        self.running.take().context("no application is started")
    }

    /// Asks the group's application.
    pub fn client(&self) -> Result<&Client> {
        let running = self.running.as_ref().context("no application is started")?;
        Ok(&running.client)
    }

    pub fn get(&self, path: &str) -> Result<Answer> {
        self.client()?.get(path)
    }

    pub fn post(&self, path: &str) -> Result<Answer> {
        self.client()?.post(path)
    }

    pub fn health(&self) -> Result<Answer> {
        self.get(HEALTH)
    }

    /// Asks several things at once; the answers in the order of the questions.
    pub fn at_once(&self, questions: &[(&str, &str)]) -> Result<Vec<Answer>> {
        let client = self.client()?;
        std::thread::scope(|scope| {
            let asked: Vec<_> = questions
                .iter()
                .map(|(method, path)| {
                    scope.spawn(move || match *method {
                        "POST" => client.post(path),
                        _ => client.get(path),
                    })
                })
                .collect();
            asked
                .into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .map_err(|_| anyhow::anyhow!("a thread panicked"))?
                })
                .collect()
        })
    }

    /// The port that the application's URL names.
    pub fn port(&self) -> u16 {
        match (&self.proxy, &self.bouncer) {
            (Some(proxy), _) => proxy.port(),
            (_, Some(bouncer)) => bouncer.port(),
            _ => self.server.port(),
        }
    }

    /// The application's URL.
    pub fn url(&self) -> String {
        self.url_with(self.scene.parameters)
    }

    /// The application's URL with other parameters.
    pub fn url_with(&self, parameters: &str) -> String {
        let port = self.port();
        format!("postgres://{USER}:{ENCODED}@127.0.0.1:{port}/{DATABASE}?{parameters}")
    }

    pub fn proxy(&self) -> Result<&Proxy> {
        self.proxy.as_ref().context("the scene has no proxy")
    }

    /// A connection of the suite's own, straight to the server.
    pub fn sql(&self) -> Result<postgres::Client> {
        connect(&self.server, DATABASE)
    }

    /// One value of one row.
    pub fn value(&self, sql: &str) -> Result<i64> {
        Ok(self.sql()?.query_one(sql, &[])?.get(0))
    }

    /// Runs statements and records it.
    pub fn execute(&self, sql: &str) -> Result<()> {
        self.transcript.add(format!("SQL {sql}"));
        Ok(self.sql()?.batch_execute(sql)?)
    }

    /// The connections of everyone but the suite.
    pub fn backends(&self) -> Result<Vec<Backend>> {
        let rows = self.sql()?.query(
            "SELECT pid, coalesce(state, ''), application_name FROM pg_stat_activity \
             WHERE backend_type = 'client backend' AND application_name <> 'conformance' \
             AND pid <> pg_backend_pid() ORDER BY pid",
            &[],
        )?;
        Ok(rows
            .iter()
            .map(|row| Backend {
                pid: row.get(0),
                state: row.get(1),
                application_name: row.get(2),
            })
            .collect())
    }

    /// Expects nothing `idle in transaction` and nothing checked out, soon.
    pub fn all_returned(&self, bound: Duration) -> Result<()> {
        eventually(bound, || {
            let open: Vec<_> = self
                .backends()?
                .into_iter()
                .filter(|backend| backend.state != "idle")
                .collect();
            ensure!(
                open.is_empty(),
                "expected every connection idle, got {open:?}"
            );
            let health = self.health()?;
            health.is(200)?.has("/pool/checked_out", 0)?;
            Ok(())
        })
    }

    /// Ends every connection of the application, as an administrator would.
    pub fn kill_backends(&self) -> Result<()> {
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \
             backend_type = 'client backend' AND application_name <> 'conformance' \
             AND pid <> pg_backend_pid()",
        )
    }

    /// Runs something, and gives what the application logged meanwhile.
    pub fn logged(&mut self, act: impl FnOnce(&mut Self) -> Result<()>) -> Result<String> {
        let before = self.running()?.log().len();
        act(self)?;
        // What is logged after the answer, and what is written by another thread.
        std::thread::sleep(Duration::from_millis(250));
        let log = self.running()?.log();
        Ok(log.get(before..).unwrap_or_default().to_owned())
    }

    /// What the server logged so far.
    pub fn server_log(&self) -> String {
        let bytes = std::fs::read(self.server.log()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub fn stop_server(&mut self) -> Result<()> {
        self.transcript.add("the server is stopped");
        self.server
            .stop(rapidkit_pg::postgres::Shutdown::Fast)
            .map_err(|problem| anyhow::anyhow!("{problem}"))
    }

    pub fn start_server(&mut self) -> Result<()> {
        self.transcript.add("the server is started");
        self.server
            .start_again()
            .map_err(|problem| anyhow::anyhow!("{problem}"))
    }
}

/// `probe_slow` makes a COMMIT take 0.3 s, or fail where the id is an error's code.
const TABLES: &str = "
    CREATE TABLE probe_accounts (id int PRIMARY KEY, balance bigint NOT NULL);
    INSERT INTO probe_accounts SELECT id, 1000 FROM generate_series(1, 20) id;
    CREATE TABLE probe_rows (id int PRIMARY KEY);
    CREATE TABLE probe_slow (id int PRIMARY KEY);
    CREATE FUNCTION probe_wait() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF NEW.id > 10000 THEN
                RAISE EXCEPTION 'refused' USING ERRCODE = NEW.id::text;
            END IF;
            PERFORM pg_sleep(0.3);
            RETURN NULL;
        END $$;
    CREATE CONSTRAINT TRIGGER probe_wait AFTER INSERT ON probe_slow
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION probe_wait();
";

fn connect(server: &Server, database: &str) -> Result<postgres::Client> {
    postgres::Config::new()
        .host("127.0.0.1")
        .port(server.port())
        .user(server.user())
        .password(server.password())
        .dbname(database)
        .application_name("conformance")
        .connect_timeout(Duration::from_secs(5))
        .connect(postgres::NoTls)
        .context("the suite's own connection")
}

fn owned(settings: &[(&str, &str)]) -> Settings {
    settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
