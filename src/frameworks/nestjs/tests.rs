//! The corpus in `tests/fixtures/nestjs`.

use super::NestJs;
use crate::frameworks::corpus::{Corpus, dependency, never_panics, plan_all};

fn corpus() -> Corpus {
    Corpus {
        framework: &NestJs,
        dependency: dependency("pg", "^8.23.0"),
        steps: 3,
        generated: None,
        files: &[".ts", "package.json"],
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
