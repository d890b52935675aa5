//! The corpus in `tests/fixtures/axum`.

use super::Axum;
use crate::frameworks::corpus::{Corpus, dependency, never_panics, plan_all};
use crate::types::Dependency;

fn corpus() -> Corpus {
    Corpus {
        framework: &Axum,
        dependency: Dependency {
            features: ["macros", "net", "rt-multi-thread", "signal", "sync", "time"]
                .map(str::to_owned)
                .to_vec(),
            ..dependency("tokio", "1")
        },
        steps: 5,
        generated: Some((
            "src/db_postgres/mod.rs",
            "pub async fn f() { tokio::signal::ctrl_c().await; }\n",
        )),
        files: &[".rs", "Cargo.toml"],
    }
}

#[test]
fn the_corpus_is_wired_or_refused_as_it_says() {
    plan_all(&corpus(), |name, report| {
        insta::assert_snapshot!(name, report);
    });
}

#[test]
fn no_source_makes_it_panic() {
    never_panics(&corpus());
}
