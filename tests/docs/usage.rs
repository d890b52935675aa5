//! The pages that lead from an empty application to a tested query, done step by step; then, in the application that
//! usage.md made, the snippets and logs of the other pages.

use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use rapidkit_pg::postgres::{Options, Server, free_port};
use rustix::process::Signal;
use serde_json::Value;

use crate::page::{Block, Part, page};
use crate::session::Session;
use crate::shape::differences;
use crate::snippets::has;
use crate::support::process::Process;
use crate::support::throwaway;

/// Where the pages say that PostgreSQL is.
const SERVER: &str = "localhost:5432";

/// A page, and what its framework makes of Ctrl-C.
struct Walk {
    page: &'static str,
    /// Where the page says that the application is.
    port: &'static str,
    /// The signal is raised again, once everything is closed.
    is_raised_again: bool,
}

const USAGE: Walk = Walk {
    page: "docs/usage.md",
    port: "3000",
    is_raised_again: false,
};

/// The application of the page, and what it needs.
pub struct Shop {
    walk: Walk,
    folder: tempfile::TempDir,
    pub session: Session,
    pub server: Server,
    pub port: u16,
}

#[test]
fn the_usage_page_works_as_written_and_so_do_the_snippets() {
    let shop = Shop::new(USAGE);
    shop.walk();
    crate::snippets::health_payloads(&shop);
    crate::snippets::refused_start(&shop);
    crate::snippets::logs(&shop);
    crate::snippets::compile(&shop);
    crate::snippets::wired_by_hand(&shop);
}

#[test]
fn the_actix_page_works_as_written() {
    Shop::new(Walk {
        page: "docs/actix.md",
        port: "8080",
        is_raised_again: false,
    })
    .walk();
}

#[test]
fn the_fastapi_page_works_as_written() {
    Shop::new(Walk {
        page: "docs/fastapi.md",
        port: "8000",
        is_raised_again: false,
    })
    .walk();
}

#[test]
fn the_nestjs_page_works_as_written() {
    Shop::new(Walk {
        page: "docs/nestjs.md",
        port: "3000",
        is_raised_again: true,
    })
    .walk();
}

impl Shop {
    fn new(walk: Walk) -> Self {
        let options = Options::default().login("postgres", "postgres");
        let server = Server::start(&throwaway::installation().unwrap(), &options, &|_| {})
            .unwrap_or_else(|problem| panic!("{problem}"));
        let folder = tempfile::tempdir().unwrap();
        let shop = Self {
            walk,
            session: Session::new(folder.path()),
            folder,
            server,
            port: free_port().unwrap_or_else(|problem| panic!("{problem}")),
        };
        for name in ["shop", "shop_test"] {
            shop.sql("postgres", &format!("CREATE DATABASE {name}"));
        }
        // Where a starter reads it, this is what the page's port stands for.
        shop.session
            .ok(&"the port", &format!("export PORT={}", shop.port));
        shop
    }

    /// Where it runs, instead of where the page says.
    pub fn here(&self, text: &str) -> String {
        text.replace(SERVER, &format!("127.0.0.1:{}", self.server.port()))
            .replace(&format!(":{}", self.walk.port), &format!(":{}", self.port))
            .replace(
                &format!("--port {}", self.walk.port),
                &format!("--port {}", self.port),
            )
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The directory of the application.
    pub fn application(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    pub fn client(&self, database: &str) -> Client {
        Client::connect(&self.server.url(database), NoTls).unwrap()
    }

    pub fn sql(&self, database: &str, sql: &str) {
        self.client(database).batch_execute(sql).unwrap();
    }

    /// Starts a command line in the session and waits until it serves.
    pub fn serve(&self, script: &str, name: &str) -> Process {
        let log = self.folder.path().join(name);
        let mut process =
            Process::start(&mut self.session.command(&format!("exec {script}")), &log)
                .unwrap_or_else(|error| panic!("{script}: {error}"));
        let deadline = Instant::now() + Duration::from_secs(600); // it may be compiled first
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = process.ended();
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "{script}: does not serve ({ended:?}):\n{}",
                process.printed()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        process
    }

    /// Ctrl-C, after which it has to end in order. What it printed.
    pub fn stop(&self, mut process: Process) -> String {
        process.signal(Signal::INT);
        let status = process.wait(Duration::from_secs(20));
        let printed = process.printed();
        let in_order = status.is_some_and(|status| match self.walk.is_raised_again {
            true => status.signal() == Some(Signal::INT.as_raw()),
            false => status.success(),
        });
        assert!(
            in_order,
            "expected a stop in order, got {status:?}:\n{printed}"
        );
        printed
    }

    fn walk(&self) {
        let mut running: Option<Process> = None;
        let mut said = (String::new(), String::new());
        let mut logged = String::new();
        let mut steps = 0;
        let path = self.walk.page;
        for part in page(path).parts {
            let block = match part {
                Part::Note(note) if note == "stop" => {
                    logged = self.stop(running.take().expect("something to stop"));
                    continue;
                }
                Part::Note(note) => panic!("{path}: what is `{note}`?"),
                Part::Block(block) => block,
            };
            steps += 1;
            let text = self.here(&block.text);
            match block.kind().as_str() {
                "sh,outside" => {}
                "sh,walk" => said = self.session.ok(&block, &text),
                "sh,serve" => {
                    let started = self.serve(text.trim(), &format!("serve-{steps}.log"));
                    assert!(
                        running.replace(started).is_none(),
                        "{block}: one still runs"
                    );
                }
                "sql,walk" => {
                    self.sql("shop", &text);
                    self.sql("shop_test", &text);
                }
                "rust,file" | "python,file" | "ts,file" | "sql,file" | "ini,file" => {
                    self.write(&block, &text, false);
                }
                "rust,append" | "python,append" | "ts,append" => self.write(&block, &text, true),
                "text,logged" => {
                    for line in text.lines() {
                        let found = logged.lines().any(|logged| has(logged, line));
                        assert!(found, "{block}: no such line: {line}\n{logged}");
                    }
                }
                "rust,is" | "python,is" | "ts,is" => {
                    let path = self.session.directory().join(&block.value);
                    let found = std::fs::read_to_string(path).unwrap();
                    assert_eq!(found, text, "{block}: {} differs", block.value);
                }
                _ => answered(&block, &text, &said),
            }
        }
        assert!(running.is_none(), "{path} leaves the application running");
        assert!(steps > 15, "{path}: only {steps} steps");
    }

    /// A file of the application; its directory has to be there, as for a reader with an editor.
    fn write(&self, block: &Block, text: &str, append: bool) {
        let path = self.session.directory().join(&block.value);
        let before = match append {
            true => {
                std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{block}: {error}"))
            }
            false => String::new(),
        };
        std::fs::write(&path, before + text).unwrap_or_else(|error| panic!("{block}: {error}"));
    }
}

/// Holds what the last command printed against what the page says.
pub fn answered(block: &Block, text: &str, (out, err): &(String, String)) {
    match (block.kind().as_str(), block.value.as_str()) {
        ("json,answer", value) => {
            let documented: Value = serde_json::from_str(text).unwrap();
            let actual: Value = serde_json::from_str(out)
                .unwrap_or_else(|error| panic!("{block}: {error}: {out}{err}"));
            match value {
                "exact" => assert_eq!(actual, documented, "{block}"),
                _ => {
                    let differences = differences(&documented, &actual);
                    assert!(differences.is_empty(), "{block}: {differences:#?}\n{out}");
                }
            }
        }
        ("text,answer", _) => assert_eq!(out.trim(), text.trim(), "{block}"),
        ("text,contains", _) => {
            for line in text.lines() {
                assert!(
                    format!("{out}{err}").contains(line),
                    "{block}: nothing says {line:?}:\n{out}{err}"
                );
            }
        }
        (kind, _) => panic!("{block}: `{kind}` has no meaning here"),
    }
}
