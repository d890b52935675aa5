//! Generated applications against hand-written ones: one row by primary key, 32 connections, the same server, pools of 10.
//!
//! `cargo bench --bench serve [-- FRAMEWORK…]`. Needs `wrk`; FastAPI and NestJS need what their tests need. Rounds are
//! interleaved; medians are compared. `pgbench -S` on the same server is the limit, if it is there.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark sets up files and prints"
)]

mod actix;
mod axum;
mod cargo;
mod fastapi;
mod measure;
mod nestjs;
mod side;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::path::Path;

use rapidkit_pg::postgres::{Options, Server};

use measure::{Figure, limit, measure};
use side::Side;

const ROUNDS: usize = 5;

type Sides = fn(&Path) -> Vec<Side>;

const FRAMEWORKS: [(&str, Sides); 4] = [
    ("axum", axum::sides),
    ("actix", actix::sides),
    ("fastapi", fastapi::sides),
    ("nestjs", nestjs::sides),
];

fn main() {
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let installation =
        support::throwaway::installation().unwrap_or_else(|problem| panic!("{problem}"));
    let server = Server::start(&installation, &Options::default(), &|_| {})
        .unwrap_or_else(|problem| panic!("{problem}"));
    let url = server.url("postgres");
    postgres::Client::connect(&url, postgres::NoTls)
        .and_then(|mut client| {
            client.batch_execute(
                "CREATE TABLE accounts (id int PRIMARY KEY, balance bigint NOT NULL);
                 INSERT INTO accounts SELECT n, n FROM generate_series(1, 1000) n; ANALYZE",
            )
        })
        .expect("a table");
    for (name, sides) in FRAMEWORKS {
        if asked.is_empty() || asked.iter().any(|word| word == name) {
            let work = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("target/generated/bench")
                .join(name);
            println!("{name}");
            compare(&work, &sides(&work), &url);
        }
    }
    limit(&installation, &url);
}

fn compare(work: &Path, sides: &[Side], url: &str) {
    let mut figures: Vec<Vec<Figure>> = sides.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (side, figures) in sides.iter().zip(&mut figures) {
            figures.push(measure(work, side, url));
        }
    }
    let medians: Vec<Figure> = figures
        .into_iter()
        .map(|mut figures| {
            figures.sort_by(|a, b| a.rate.total_cmp(&b.rate));
            figures.swap_remove(ROUNDS / 2)
        })
        .collect();
    for (side, figure) in sides.iter().zip(&medians) {
        let Figure { rate, p99, memory } = figure;
        let ratio = side.peer_of.map_or(String::new(), |ours| {
            format!("   {:>5.2} x", medians[ours].rate / rate)
        });
        println!(
            "  {:<44} {rate:>8.0} requests/s   p99 {p99:>8}   {:>5.1} MiB{ratio}",
            side.name,
            *memory as f64 / 1024.0
        );
    }
}
