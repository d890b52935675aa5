//! The corpus in `tests/fixtures/fastapi`.

use super::FastApi;
use crate::frameworks::corpus::{Corpus, dependency, never_panics, plan_all};
use crate::types::Dependency;

fn corpus() -> Corpus {
    Corpus {
        framework: &FastApi,
        dependency: Dependency {
            features: vec!["asyncio".to_owned()],
            ..dependency("sqlalchemy", ">=2.0.36,<3")
        },
        steps: 2,
        generated: None,
        files: &[".py", "pyproject.toml", ".txt"],
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
