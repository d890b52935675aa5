//! What other pages say, tried in the application of usage.md.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use rapidkit_pg::postgres::free_port;
use serde_json::Value;

use crate::page::{Block, blocks, page};
use crate::scratch::application;
use crate::session::Session;
use crate::shape::differences;
use crate::support::http::{Answer, Client, Transcript};
use crate::usage::Shop;

const HEALTH: &str = "/api/health/module/postgres";

fn ask(shop: &Shop, path: &str) -> Answer {
    let client = Client::new(shop.port, Transcript::default());
    client
        .get(path)
        .unwrap_or_else(|error| panic!("{path}: {error:?}"))
}

/// The payloads of monitoring.md.
pub fn health_payloads(shop: &Shop) {
    let nobody = free_port().unwrap_or_else(|problem| panic!("{problem}"));
    for block in blocks("json,health") {
        let (variable, status) = match block.value.as_str() {
            "refused" => (
                format!("DATABASE_URL=postgres://postgres:postgres@localhost:{nobody}/shop"),
                503,
            ),
            "plain" => ("RAPIDKIT_DB_POSTGRES_HEALTH_DETAILS=false".to_owned(), 200),
            other => panic!("{block}: when is `{other}`?"),
        };
        let process = shop.serve(&format!("env {variable} cargo run --quiet"), "health.log");
        let answer = ask(shop, HEALTH);
        shop.stop(process);
        let documented: Value = serde_json::from_str(&block.text).unwrap();
        let differences = differences(&documented, &answer.json());
        assert!(
            differences.is_empty(),
            "{block}: {differences:#?}\n{answer}"
        );
        assert_eq!(answer.status, status, "{block}");
        for key in ["status", "detail", "module"] {
            assert_eq!(answer.json()[key], documented[key], "{block}");
        }
    }
}

/// What troubleshooting.md says that a refused start prints.
pub fn refused_start(shop: &Shop) {
    for block in blocks("text,start") {
        let mut variables = String::new();
        for line in block.text.lines().filter(|line| line.starts_with("  ")) {
            let setting = line.split(": expected").next().unwrap();
            let _ = write!(variables, "{} ", setting.trim());
        }
        let output = shop
            .session
            .run(&format!("env {variables} cargo run --quiet"));
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{block}: it starts");
        assert!(
            printed.contains(&block.text),
            "{block}: it prints\n{printed}"
        );
    }
}

/// The lines of monitoring.md, made by the hooks that it describes.
pub fn logs(shop: &Shop) {
    let variables: String = blocks("env,runtime")
        .iter()
        .map(|block| block.text.trim().to_owned() + " ")
        .collect();
    let process = shop.serve(
        &format!(
            "env {variables} RAPIDKIT_DB_POSTGRES_ECHO_POOL=true RAPIDKIT_DB_POSTGRES_SLOW_QUERY_THRESHOLD=0.5 \
             RAPIDKIT_DB_POSTGRES_LOG_HEALTH_CHECKS=true RAPIDKIT_DB_POSTGRES_STATEMENT_TIMEOUT=1 DB_ECHO=true \
             cargo run --quiet"
        ),
        "hooks.log",
    );
    assert_eq!(ask(shop, HEALTH).status, 200);
    // The query waits for the lock: first longer than the threshold, then longer than the timeout.
    for (held, status) in [(700, 200), (1500, 500)] {
        let mut client = shop.client("shop");
        let mut lock = client.transaction().unwrap();
        lock.batch_execute("LOCK TABLE accounts").unwrap();
        let answer = std::thread::scope(|scope| {
            let asked = scope.spawn(|| ask(shop, "/accounts"));
            std::thread::sleep(Duration::from_millis(held));
            lock.rollback().unwrap();
            asked.join().unwrap()
        });
        assert_eq!(answer.status, status, "{answer}");
    }
    let log = shop.stop(process);
    for block in blocks("text,log") {
        for line in block.text.lines() {
            let found = log.lines().any(|logged| has(logged, line));
            assert!(found, "{block}: no such line: {line}\n{log}");
        }
    }
    let echoed = log
        .lines()
        .any(|line| line.contains("INFO sqlx::query") && line.contains("FROM accounts"));
    assert!(
        echoed,
        "monitoring.md: DB_ECHO=true logs no statement:\n{log}"
    );
}

/// Whether a line has `pattern`, where `…` stands for anything.
pub fn has(line: &str, pattern: &str) -> bool {
    let mut rest = line;
    pattern.split('…').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

/// All `rust,item` and `rust,test` blocks, and the `env` blocks, as modules of the application.
pub fn compile(shop: &Shop) {
    let root = shop.application();
    for block in blocks("sh,add") {
        shop.session.ok(&block, &block.text);
    }
    for block in page("docs/advanced.md").blocks() {
        if block.kind() != "sql,file" {
            continue;
        }
        let path = root.join(&block.value);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &block.text).unwrap();
    }
    let mut modules = BTreeMap::new();
    for block in [blocks("rust,item"), blocks("rust,test")].concat() {
        modules.insert(name(&block), block.text.clone());
    }
    modules.insert("settings".to_owned(), accepted(&blocks("env")));
    let folder = root.join("src/snippets");
    std::fs::create_dir_all(&folder).unwrap();
    let mut list = String::from("#![allow(dead_code, unused_imports)]\n");
    for (name, text) in &modules {
        std::fs::write(folder.join(format!("{name}.rs")), text).unwrap();
        let _ = writeln!(list, "#[cfg(test)]\nmod {name};");
    }
    std::fs::write(folder.join("mod.rs"), list).unwrap();
    let main = root.join("src/main.rs");
    let text = std::fs::read_to_string(&main).unwrap();
    let text = text.replacen(
        "mod transfers;",
        "#[cfg(test)]\nmod snippets;\nmod transfers;",
        1,
    );
    std::fs::write(&main, text).unwrap();
    let command = "cargo test -- --include-ignored";
    let (out, err) = shop.session.ok(&"the snippets", command);
    let ran = out.matches("test snippets::").count();
    assert!(ran > 1, "only {ran} tests of snippets ran:\n{out}{err}");
    assert!(modules.len() > 15, "only {} snippets", modules.len());
}

/// `docs/advanced.md`, line 12 → `advanced_12`
fn name(block: &Block) -> String {
    let page = block.page.rsplit('/').next().unwrap_or_default();
    let page = page
        .trim_end_matches(".md")
        .to_lowercase()
        .replace('-', "_");
    format!("{page}_{}", block.line)
}

/// A test that the layer accepts the lines.
fn accepted(blocks: &[Block]) -> String {
    let mut text = String::from("use crate::db_postgres::Settings;\n\n");
    for block in blocks {
        let _ = writeln!(text, "#[test]\nfn {}() {{", name(block));
        for line in block.text.lines() {
            let (variable, value) = line.split_once('=').expect("NAME=value");
            let _ = writeln!(
                text,
                "    let get = |name: &str| (name == {variable:?}).then(|| {value:?}.to_owned());\n\
                 \x20   let settings = Settings::from_vars(get).unwrap();\n\
                 \x20   assert!(settings.url.is_some());"
            );
        }
        text += "}\n\n";
    }
    text
}

/// The `main.rs` of advanced.md, after `add --no-wire`.
pub fn wired_by_hand(shop: &Shop) {
    let folder = shop.folder().join("by-hand");
    application(&folder, "byhand");
    let session = Session::new(&folder);
    for block in blocks("sh,nowire") {
        session.ok(&block, &block.text);
    }
    let block = page("docs/advanced.md")
        .blocks()
        .find(|block| block.kind() == "rust,nowire")
        .cloned()
        .expect("rust,nowire");
    std::fs::write(folder.join(&block.value), shop.here(&block.text)).unwrap();
    session.ok(&block, "cargo build --quiet");
    let script = format!(
        "cargo run --quiet --manifest-path {}/Cargo.toml",
        folder.display()
    );
    let process = shop.serve(&script, "by-hand.log");
    let health = ask(shop, HEALTH);
    shop.stop(process);
    assert_eq!(health.status, 200, "{block}: {health}");
}
