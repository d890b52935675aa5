use std::path::Path;

use crate::cargo::{POOL_OF_TEN, Sources, programs, side};
use crate::side::Side;

const SOURCES: Sources = Sources {
    manifest: include_str!("axum/Cargo.toml.txt"),
    generated: include_str!("axum/generated.rs.txt"),
    accounts: include_str!("axum/accounts.rs.txt"),
    handwritten: include_str!("axum/handwritten.rs.txt"),
};

pub fn sides(work: &Path) -> Vec<Side> {
    let [generated, handwritten] = programs(work, &SOURCES);
    vec![
        side("generated", &generated, POOL_OF_TEN, None),
        side("hand-written, no ping", &handwritten, &[], Some(0)),
        side(
            "hand-written, sqlx's default ping",
            &handwritten,
            &[("PING", "1")],
            Some(0),
        ),
    ]
}
