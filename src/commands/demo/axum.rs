use super::application::Example;
use super::cargo;

/// The Axum application, before and after a developer has used the layer.
pub const EXAMPLE: Example = Example {
    files: &[
        ("Cargo.toml", include_str!("axum/Cargo.toml.txt")),
        ("src/main.rs", include_str!("axum/main.rs.txt")),
    ],
    handlers: ("src/accounts.rs", include_str!("axum/accounts.rs.txt")),
    edits: &[
        ("src/main.rs", "use axum::", "mod accounts;\n\nuse axum::"),
        (
            "src/main.rs",
            "get(|| async { \"hello\" }))",
            "get(|| async { \"hello\" }))\n        .merge(accounts::router())",
        ),
    ],
    stopped: Some(0),
    build: cargo::build,
};
