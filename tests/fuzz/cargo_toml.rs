//! Dependencies put into a `Cargo.toml`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rapidkit_pg::edit::cargo::workspace::Manifest;
use rapidkit_pg::edit::cargo::{add_dependencies, count};
use rapidkit_pg::types::{Dependency, ProjectPath};

use crate::inputs::mutated_text;
use crate::run::{refused, run};

pub const WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b"\"",
    b"'",
    b"\"\"\"",
    b"=",
    b".",
    b",",
    b"[",
    b"]",
    b"[[",
    b"]]",
    b"{",
    b"}",
    b"#",
    b"\\",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"[dependencies]\n",
    b"[dev-dependencies]\n",
    b"[dependencies.tokio]\n",
    b"tokio = \"1\"\n",
    b"tokio.workspace = true\n",
    b"serde = { version = \"1\", optional = true }\n",
    b"features = [\n]\n",
    b"workspace = true",
    b"default-features = false",
    b"package = \"other\"",
    b"version = \"0\"",
    b"dependencies.x = 1\n",
    b"[target.'cfg(unix)'.dependencies]\n",
    b"true",
    b"1979-05-27",
];

const MANIFESTS: &[&str] = &[
    "[package]\nname = \"a\"\nversion = \"0.1.0\"\n",
    "[package]\nname = \"a\"\n\n[dependencies]\naxum = \"0.8\"\ntokio = { version = \"1\", features = [\"full\"] }\n",
    "[dependencies]\n# é\naxum = \"0.8\" # mine\ntokio = { version = \"1\", features = [\n    \"net\", # x\n    \"rt\",\n] }\nzip = \"1\"\n\n[profile.release]\nlto = true\n",
    "[dependencies]\r\nserde = \"1\"\r\ntokio = \"1\"\r\n\r\n[dev-dependencies]\r\n",
    "[dependencies.tokio]\nversion = \"1\"\nfeatures = [\"net\"]\n\n[dependencies.serde]\nversion = \"1\"\n",
    "[dependencies]\ntokio.version = \"1\"\ntokio.features = []\nserde.workspace = true\n\n[workspace.dependencies]\nserde = \"1\"\ntokio = { version = \"1\", default-features = false }\n",
    "\u{feff}[workspace]\n[workspace.dependencies]\nserde = { version = \"1\", features = [\"derive\"] }\n[dependencies]\nserde = { workspace = true }\n",
    "dependencies = { tokio = \"1\" }\n",
    "[target.'cfg(windows)'.dependencies]\ntokio = \"1\"\n[build-dependencies]\nserde = \"1\"\n",
];

fn wanted() -> Vec<Dependency> {
    let dependency =
        |name: &str, version: &str, features: &[&str], default_features, dev| Dependency {
            name: name.to_owned(),
            version: version.to_owned(),
            features: features.iter().map(|&name| name.to_owned()).collect(),
            default_features,
            dev,
        };
    vec![
        dependency("serde", "1", &["derive"], true, false),
        dependency(
            "sqlx",
            "0.9",
            &["postgres", "tls-rustls-ring"],
            false,
            false,
        ),
        dependency("tokio", "1", &["net", "time"], true, false),
        dependency("tower", ">=0.4, <0.6", &[], true, true),
    ]
}

#[test]
fn cargo_toml() {
    let strategy = (mutated_text(MANIFESTS, WORDS), 0..5usize);
    run("Cargo.toml", 3_000, strategy, |(text, first)| {
        let all = wanted();
        let dependencies = &all[*first % all.len()..];
        let Some((edited, blocks)) = add(text, dependencies) else {
            return false;
        };
        // Nothing of the user's is lost, and nothing is left to be added.
        assert!(is_kept(text, &edited), "{edited}");
        for block in &blocks {
            assert_eq!(count(&edited, block), 1, "{block:?} in {edited}");
        }
        assert!(
            add(&edited, dependencies).is_none(),
            "added twice: {edited}"
        );
        true
    });
}

fn add(
    text: &str,
    dependencies: &[Dependency],
) -> Option<(String, Vec<rapidkit_pg::types::Block>)> {
    let root = ProjectPath::root();
    let files: BTreeMap<ProjectPath, Arc<str>> = [(
        ProjectPath::existing("Cargo.toml").unwrap(),
        Arc::from(text),
    )]
    .into();
    let manifest = match Manifest::read(&files, &root) {
        Ok(manifest) => manifest?,
        Err(problem) => {
            refused(&problem);
            return None;
        }
    };
    match add_dependencies(&files, &manifest, dependencies) {
        Ok(edit) => edit.map(|edit| (edit.text, edit.blocks)),
        Err(problem) => {
            refused(&problem);
            assert!(!problem.message.contains("internal error"), "{problem:?}");
            None
        }
    }
}

/// Whether `edited` is `text` with something put in.
fn is_kept(text: &str, edited: &str) -> bool {
    let mut rest = edited.chars();
    text.chars().all(|wanted| rest.any(|c| c == wanted))
}
