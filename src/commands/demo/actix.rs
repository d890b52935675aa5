use super::application::Example;
use super::cargo;

/// The Actix Web application, before and after a developer has used the layer.
pub const EXAMPLE: Example = Example {
    files: &[
        ("Cargo.toml", include_str!("actix/Cargo.toml.txt")),
        ("src/main.rs", include_str!("actix/main.rs.txt")),
    ],
    handlers: ("src/accounts.rs", include_str!("actix/accounts.rs.txt")),
    edits: &[
        (
            "src/main.rs",
            "use actix_web::",
            "mod accounts;\n\nuse actix_web::",
        ),
        (
            "src/main.rs",
            ".route(\"/\", ",
            ".configure(accounts::configure).route(\"/\", ",
        ),
    ],
    stopped: Some(0),
    build: cargo::build,
};
