//! All applications with what is around them, from start to end.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use rapidkit_pg::postgres::{Options, Server, Shutdown};

use crate::bank;
use crate::clients::{CLIENTS, Orders, pay};
use crate::faults::FAULTS;
use crate::figures::Figures;
use crate::ledger::Ledger;
use crate::site::{Site, Through};
use crate::support::app::App;
use crate::support::bouncer::Bouncer;
use crate::support::chance::Chance;
use crate::support::throwaway;
use crate::timeline::{Event, RECOVERY};
use crate::watcher::{Seen, watch};

/// From the end of a fault to the next one.
const CALM: Duration = Duration::from_secs(4);

/// What the applications stand on.
#[derive(Debug)]
pub struct Surroundings {
    pub server: Server,
    pub bouncer: Bouncer,
}

/// Everything.
#[derive(Debug)]
pub struct Scene {
    around: Surroundings,
    sites: Vec<Site>,
    beginning: Instant,
    /// What each application's clients were told, and what its watcher has seen.
    outcomes: Vec<(Ledger, Seen)>,
    _folder: tempfile::TempDir,
}

impl Surroundings {
    /// A connection of our own, straight to the server.
    fn sql(&self, database: &str) -> Result<postgres::Client> {
        let url = format!("{}?application_name=soak", self.server.url(database));
        postgres::Client::connect(&url, postgres::NoTls).context("our own connection")
    }

    pub fn restart(&mut self, mode: Shutdown, down: Duration) -> Result<()> {
        let said = |problem| anyhow!("{problem}");
        self.server.stop(mode).map_err(said)?;
        std::thread::sleep(down);
        self.server.start_again().map_err(said)
    }

    /// Ends about half of all sessions but our own.
    pub fn kill_backends(&self) -> Result<()> {
        self.sql("postgres")?.batch_execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE backend_type = 'client backend' AND application_name <> 'soak' AND random() < 0.5",
        )?;
        Ok(())
    }

    /// How many connections an application has: those to PgBouncer, where it is behind that.
    fn connections(&self, site: &Site) -> Result<usize> {
        match site.through {
            Through::Bouncer => self.bouncer.clients(&site.database),
            Through::Server => {
                let sql = "SELECT count(*) FROM pg_stat_activity \
                           WHERE datname = $1 AND application_name <> 'soak'";
                let row = self.sql("postgres")?.query_one(sql, &[&site.database])?;
                Ok(usize::try_from(row.get::<_, i64>(0))?)
            }
        }
    }
}

impl Scene {
    /// Builds the applications, sets up server and PgBouncer, and starts every application twice.
    pub fn set(frameworks: &[String], module: Option<&str>) -> Result<Self> {
        let apps: Vec<App> = frameworks
            .iter()
            .map(|framework| App::read(&build(framework, module)?))
            .collect::<Result<_>>()?;
        // What was committed is to survive a crash of the server, though not of the machine. Proving a password takes an
        // unoptimised application longer than all else that recovery takes.
        let options = Options::default()
            .file("pg_hba.conf", "host all all 127.0.0.1/32 trust\n")
            .setting("synchronous_commit", "on")
            .setting("deadlock_timeout", "100ms");
        let installation = throwaway::installation()?;
        let server = Server::start(&installation, &options, &|_| {})
            .map_err(|problem| anyhow!("{problem}: {}", problem.notes.join("; ")))?;
        let folder = tempfile::Builder::new().prefix("soak-").tempdir()?;
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), readable)?;
        let bouncer = Bouncer::start(&server, folder.path())?;
        let around = Surroundings { server, bouncer };
        let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/generated/soak");
        let _ = std::fs::remove_dir_all(&logs);
        std::fs::create_dir_all(&logs)?;
        let beginning = Instant::now();
        let mut sites = Vec::new();
        for app in &apps {
            for (through, suffix) in [(Through::Server, ""), (Through::Bouncer, "_bouncer")] {
                let database = format!("{}{suffix}", app.name);
                around
                    .sql("postgres")?
                    .batch_execute(&format!("CREATE DATABASE {database}"))?;
                bank::open(&mut around.sql(&database)?)?;
                let mut url = around.server.url(&database);
                if through == Through::Bouncer {
                    let (from, to) = (around.server.port(), around.bouncer.port());
                    url = url.replace(&format!(":{from}/"), &format!(":{to}/"));
                }
                sites.push(Site::start(
                    app, through, &database, &url, &logs, beginning,
                )?);
            }
        }
        Ok(Self {
            around,
            sites,
            beginning,
            outcomes: Vec::new(),
            _folder: folder,
        })
    }

    /// Lets all clients pay for that long, one fault after the other happening meanwhile.
    pub fn load(&mut self, time: Duration) -> Result<()> {
        let orders = Orders::default();
        let Self { around, sites, .. } = self;
        let (happened, outcomes) = std::thread::scope(|scope| {
            let started: Vec<_> = sites
                .iter()
                .map(|site| {
                    let orders = &orders;
                    let clients: Vec<_> = (0..CLIENTS)
                        .map(|number| scope.spawn(move || pay(site, number, orders)))
                        .collect();
                    (clients, scope.spawn(move || watch(site, orders)))
                })
                .collect();
            let happened = faults(around, sites, &orders, self.beginning + time);
            orders.stop.store(true, Ordering::Relaxed);
            around.server.resume();
            let outcomes = started.into_iter().map(|(clients, watcher)| {
                let mut ledger = Ledger::default();
                for client in clients {
                    ledger.absorb(client.join().map_err(|_| anyhow!("a client panicked"))?);
                }
                let seen = watcher.join().map_err(|_| anyhow!("a watcher panicked"))?;
                Ok((ledger, seen))
            });
            (happened, outcomes.collect::<Result<Vec<_>>>())
        });
        happened?;
        self.outcomes = outcomes?;
        Ok(())
    }

    /// Ends the applications, and holds what is there against what was said.
    pub fn figures(mut self) -> Result<Vec<Figures>> {
        let mut figures = Vec::new();
        for (mut site, (ledger, seen)) in self.sites.drain(..).zip(self.outcomes) {
            let at_rest = eventually(|| {
                site.is_at_rest()?;
                let connections = self.around.connections(&site)?;
                ensure!(
                    connections <= crate::site::POOL,
                    "{connections} connections after the load"
                );
                Ok(connections)
            });
            let ended = site.end().and_then(|()| {
                eventually(|| {
                    let left = self.around.connections(&site)?;
                    ensure!(left == 0, "{left} connections after its end");
                    Ok(())
                })
            });
            let books = bank::audit(&mut self.around.sql(&site.database)?)?;
            let timeline = std::mem::take(&mut *site.timeline());
            figures.push(Figures {
                name: site.name.clone(),
                balance: ledger.against(&books),
                ledger,
                books,
                timeline,
                seen,
                at_rest,
                ended,
            });
        }
        Ok(figures)
    }
}

/// One after the other, until the time has come.
fn faults(
    around: &mut Surroundings,
    sites: &[Site],
    orders: &Orders,
    until: Instant,
) -> Result<()> {
    let beginning = Instant::now();
    let mut chance = Chance(1);
    std::thread::sleep(CALM);
    for fault in FAULTS.into_iter().cycle() {
        if Instant::now() > until {
            break;
        }
        let start = sites[0].now();
        fault
            .happen(around, sites, orders, &mut chance)
            .context(fault.name())?;
        let end = sites[0].now();
        std::thread::sleep(CALM);
        let event = Event { fault, start, end };
        for site in sites {
            site.timeline().judge(&event, site.now());
        }
        let seconds = beginning.elapsed().as_secs();
        eprintln!("{seconds:>5} s  {}", fault.name());
    }
    Ok(())
}

/// Repeats until it holds, as long as an application may need; else its last word.
fn eventually<T>(mut check: impl FnMut() -> Result<T>) -> Result<T> {
    let until = Instant::now() + *RECOVERY * 2;
    loop {
        match check() {
            Err(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(50)),
            result => return result,
        }
    }
}

/// Builds the application that serves the probes, optimised if this is; says where its description is.
fn build(framework: &str, module: Option<&str>) -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = Command::new("bash")
        .args(["tests/conformance/build", framework])
        .args((!cfg!(debug_assertions)).then_some("--release"))
        .args(module.iter().flat_map(|module| ["--module", module]))
        .current_dir(root)
        .stderr(std::process::Stdio::inherit())
        .output()?;
    ensure!(built.status.success(), "{framework} does not build");
    Ok(root.join(String::from_utf8(built.stdout)?.trim()))
}
