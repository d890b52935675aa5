//! The corpus in `tests/fixtures/axum`.

use super::Axum;
use crate::frameworks::rust::corpus::{never_panics, plan_all};

#[test]
fn the_corpus_is_wired_or_refused_as_it_says() {
    plan_all(&Axum, |name, report| insta::assert_snapshot!(name, report));
}

#[test]
fn no_source_makes_it_panic() {
    never_panics(&Axum);
}
