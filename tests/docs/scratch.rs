//! Blocks that are executed in a project made for them.

use std::path::{Path, PathBuf};

use crate::page::{Block, blocks};
use crate::repository;
use crate::session::Session;

const MAIN: &str = "\
use axum::{Router, routing::get};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new().route(\"/\", get(|| async { \"hello\" }));
    let listener = tokio::net::TcpListener::bind(\"127.0.0.1:3000\").await?;
    axum::serve(listener, app).await
}
";

/// Writes the smallest Axum application.
pub fn application(folder: &Path, name: &str) {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\n\
         tokio = {{ version = \"1\", features = [\"full\"] }}\ntracing-subscriber = \"0.3\"\n"
    );
    std::fs::create_dir_all(folder.join("src")).unwrap();
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.join("src/main.rs"), MAIN).unwrap();
}

/// Copies the module, as it stands.
pub fn copy_module(folder: &Path) {
    for path in ["module.yaml", "module.sums", "config", "templates", "docs"] {
        copy(&repository().join(path), &folder.join(path));
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let below = entry.path().strip_prefix(from).unwrap();
        // Of a single file nothing is left, and to join that would make it a directory.
        let to = to.join(below).components().collect::<PathBuf>();
        if entry.file_type().is_file() {
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Makes the session's directory a git repository, with a name to commit under. `$HOME` must be set.
pub fn git(session: &Session) {
    session.ok(
        &"git",
        "git config --global init.defaultBranch main
         git config --global user.name release
         git config --global user.email release@example.org
         git init -q; printf '/target\\n' > .gitignore",
    );
}

/// Makes `editor`, which writes something into the empty entry of a changelog.
pub const EDITOR: &str =
    "printf '#!/bin/sh\nsed -i \"s/^- $/- Something./\" \"$1\"\n' > editor; chmod +x editor";

/// Each block in a folder of its own, which is `$HOME` too.
fn execute(blocks: &[Block], prepare: impl Fn(&Path)) {
    for block in blocks {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let session = Session::new(folder.path());
        session.ok(
            block,
            &format!(
                "export HOME=\"$PWD\" EDITOR=\"$PWD/editor\"\n{}",
                block.text
            ),
        );
    }
}

#[test]
fn commands_run_in_an_application() {
    execute(&blocks("sh,run"), |folder| application(folder, "shop"));
}

#[test]
fn commands_run_in_an_application_with_the_layer() {
    execute(&blocks("sh,added"), |folder| {
        application(folder, "shop");
        Session::new(folder).ok(&"add", "rapidkit-pg -q add --yes");
    });
}

#[test]
fn commands_run_in_a_workspace() {
    execute(&blocks("sh,workspace"), |folder| {
        for member in ["api", "admin", "worker"] {
            application(&folder.join("crates").join(member), member);
        }
        let workspace = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n";
        std::fs::write(folder.join("Cargo.toml"), workspace).unwrap();
    });
}

#[test]
fn commands_run_in_an_application_of_rapidkit_core() {
    for framework in ["fastapi", "nestjs"] {
        let fixtures = repository().join("tests/fixtures").join(framework);
        execute(&blocks("sh,core"), |folder| {
            copy(&fixtures.join("rapidkit-core-adopted"), folder);
        });
    }
}

#[test]
fn commands_run_in_a_module() {
    execute(&blocks("sh,module"), |folder| {
        copy_module(folder);
        let session = Session::new(folder);
        // What is being worked on need not be recorded yet.
        session.ok(&"lock", "rapidkit-pg lock --overwrite --same-version");
        session.ok(&"editor", EDITOR);
    });
}
