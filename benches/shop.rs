//! The application that benchmarks put the layer into.

use std::path::Path;

/// Writes it into `folder`.
pub fn make(folder: &Path) {
    std::fs::create_dir_all(folder.join("src")).expect("a folder");
    std::fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\n\
         tokio = { version = \"1\", features = [\"full\"] }\n",
    )
    .expect("a manifest");
    std::fs::write(
        folder.join("src/main.rs"),
        "use axum::{Router, routing::get};\n\n#[tokio::main]\nasync fn main() {\n    let app = Router::new().route(\"/\", \
         get(|| async {}));\n    let listener = tokio::net::TcpListener::bind(\"127.0.0.1:3000\").await.unwrap();\n    \
         axum::serve(listener, app).await.unwrap();\n}\n",
    )
    .expect("a source");
}

/// The vendor tree of the layer, of the one version that is there.
#[allow(dead_code, reason = "not all benchmarks look into it")]
pub fn vendor(project: &Path) -> String {
    let versions = ".rapidkit/vendor/db_postgres";
    let mut found = std::fs::read_dir(project.join(versions)).expect("the vendor tree");
    let version = found.next().expect("a version").expect("an entry");
    format!(
        "{versions}/{}/src/db_postgres",
        version.file_name().display()
    )
}
