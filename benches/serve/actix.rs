use std::path::Path;

use crate::cargo::{POOL_OF_TEN, Sources, programs, side};
use crate::side::Side;

const SOURCES: Sources = Sources {
    manifest: include_str!("actix/Cargo.toml.txt"),
    generated: include_str!("actix/generated.rs.txt"),
    accounts: include_str!("actix/accounts.rs.txt"),
    handwritten: include_str!("actix/handwritten.rs.txt"),
};

pub fn sides(work: &Path) -> Vec<Side> {
    let [generated, handwritten] = programs(work, &SOURCES);
    vec![
        side("generated", &generated, POOL_OF_TEN, None),
        side(
            "hand-written, a pool per worker",
            &handwritten,
            &[],
            Some(0),
        ),
        side(
            "hand-written, one shared pool",
            &handwritten,
            &[("SHARED", "1")],
            Some(0),
        ),
    ]
}
