//! `add`, `list`, `info`, `status`: what is planned, written, and seen afterwards.

use std::path::PathBuf;
use std::process::Command;

use crate::fixture::{AXUM_MAIN, AXUM_MANIFEST, Fixture, repository};

#[test]
fn a_second_add_changes_nothing() {
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    let after = project.tree();
    let again = project.run(&["add", "--yes"]).ok();
    assert!(again.out.contains("nothing to do"), "{}", again.out);
    assert!(project.tree() == after);
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_would_be_done() {
    let project = Fixture::axum();
    let before = project.tree();
    let human = project.run(&["add", "--dry-run"]).ok();
    assert!(human.out.contains("edit  src/main.rs"), "{}", human.out);
    let diff = project.run(&["add", "--dry-run", "--diff"]).ok();
    assert!(diff.out.contains("+++ b/src/main.rs"), "{}", diff.out);
    let json = project
        .run(&["add", "--dry-run", "--format", "json"])
        .ok()
        .json();
    assert_eq!(json["schema"], 1);
    assert_eq!(json["applied"], false);
    assert_eq!(json["framework"], "axum");
    assert!(json["changes"].as_array().unwrap().iter().any(|change| {
        change["path"] == "src/main.rs" && change["action"] == "edit" && change["kind"] == "block"
    }));
    assert!(project.tree() == before, "something was written");
}

#[test]
fn status_names_what_was_edited_since() {
    let project = Fixture::axum();
    let empty = project.run(&["status"]).ok();
    assert!(empty.out.contains("no module here"));
    project.run(&["add", "--yes"]).ok();
    let state = |path: &str, name: Option<&str>| {
        let json = project.run(&["status", "--format", "json"]).ok().json();
        let files = json["modules"][0]["files"].as_array().unwrap().clone();
        let file = files.iter().find(|file| {
            file["path"] == path && file.get("block").and_then(|block| block.as_str()) == name
        });
        file.unwrap_or_else(|| panic!("{path} {name:?} not in {files:#?}"))["state"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let clean = project.run(&["status"]).ok();
    assert_eq!(clean.out.lines().count(), 1, "{}", clean.out);

    project.replace("src/db_postgres/pool.rs", "use ", "// mine\nuse ");
    assert_eq!(state("src/db_postgres/pool.rs", None), "edited");
    // A checkout may convert line ends: no edit.
    let crlf = project.read("src/db_postgres/url.rs").replace('\n', "\r\n");
    project.write("src/db_postgres/url.rs", crlf);
    assert_eq!(state("src/db_postgres/url.rs", None), "unchanged");
    std::fs::remove_file(project.path().join("src/db_postgres/error.rs")).unwrap();
    assert_eq!(state("src/db_postgres/error.rs", None), "missing");
    // Reformatting wired code is no edit; taking it out is.
    let main = project.read("src/main.rs");
    project.write(
        "src/main.rs",
        main.replace("db_postgres::close()", "db_postgres::\n  close( )"),
    );
    let blocks: Vec<_> =
        project.run(&["status", "--format", "json"]).ok().json()["modules"][0]["files"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|file| file["path"] == "src/main.rs")
            .map(|file| file["state"].as_str().unwrap().to_owned())
            .collect();
    assert!(
        blocks.len() >= 4 && blocks.iter().all(|state| state == "unchanged"),
        "{blocks:?}"
    );
    project.write("src/main.rs", AXUM_MAIN);
    assert_eq!(state("src/main.rs", Some("init")), "missing");
}

#[test]
fn several_packages_are_listed_and_one_can_be_named() {
    let member = |name: &str| AXUM_MANIFEST.replace("shop", name);
    let workspace = Fixture::with(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n",
        ),
        ("crates/api/Cargo.toml", &member("api")),
        ("crates/api/src/main.rs", AXUM_MAIN),
        ("crates/admin/Cargo.toml", &member("admin")),
        ("crates/admin/src/main.rs", AXUM_MAIN),
    ]);
    workspace.refuses(
        &["add", "--yes"],
        1,
        &[
            "api (crates/api, axum)",
            "admin (crates/admin, axum)",
            "--package",
        ],
    );
    workspace.refuses(
        &["add", "--yes", "-p", "shop"],
        2,
        &["no package `shop`", "crates/api"],
    );
    workspace.run(&["add", "--yes", "-p", "api"]).ok();
    assert!(
        workspace
            .path()
            .join("crates/api/src/db_postgres/mod.rs")
            .exists()
    );
    assert!(
        workspace
            .path()
            .join(".rapidkit/vendor/db_postgres/1.2.0/crates/api/src/db_postgres/mod.rs")
            .exists()
    );
    // Inside a member, that member is meant.
    workspace.run(&["-C", "crates/admin", "add", "--yes"]).ok();
    let lock = workspace.read(".rapidkit/rapidkit-pg.lock.yaml");
    assert!(lock.contains("target: \"crates/api\"") && lock.contains("target: \"crates/admin\""));
    assert!(!workspace.path().join("crates/admin/.rapidkit").exists());
    let after = workspace.tree();
    workspace.run(&["add", "--yes", "-p", "crates/api"]).ok();
    assert!(workspace.tree() == after);
}

/// Cargo's workspaces do not nest: that of an examples folder is a project beside the one above it.
#[test]
fn a_workspace_below_another_is_a_project_of_its_own() {
    let project = Fixture::with(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"library\"]\n"),
        (
            "library/Cargo.toml",
            "[package]\nname = \"library\"\nversion = \"0.1.0\"\n",
        ),
        ("library/src/lib.rs", ""),
        ("examples/Cargo.toml", "[workspace]\nmembers = [\"*\"]\n"),
        ("examples/shop/Cargo.toml", AXUM_MANIFEST),
        ("examples/shop/src/main.rs", AXUM_MAIN),
    ]);
    let shop = project.path().join("examples/shop");
    let shop = shop.to_str().unwrap();
    let before = project.read("Cargo.toml");
    project.run(&["-C", shop, "add", "--yes"]).ok();
    assert!(
        project
            .path()
            .join("examples/.rapidkit/rapidkit-pg.lock.yaml")
            .is_file()
    );
    assert_eq!(project.read("Cargo.toml"), before);
    assert_eq!(
        project.read("examples/Cargo.toml"),
        "[workspace]\nmembers = [\"*\"]\nexclude = [\".rapidkit\"]\n"
    );
    project.run(&["verify-all", "examples"]).ok();
}

#[test]
fn what_a_workspace_excludes_is_a_project_of_its_own() {
    let project = Fixture::with(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"api\"]\nexclude = [\"tools/admin\"]\n",
        ),
        ("api/Cargo.toml", AXUM_MANIFEST),
        ("api/src/main.rs", AXUM_MAIN),
        ("tools/admin/Cargo.toml", AXUM_MANIFEST),
        ("tools/admin/src/main.rs", AXUM_MAIN),
        ("nested/Cargo.toml", "[workspace]\nmembers = [\"shop\"]\n"),
        ("nested/shop/Cargo.toml", AXUM_MANIFEST),
        ("nested/shop/src/main.rs", AXUM_MAIN),
    ]);
    for (folder, root) in [
        ("api", "."),
        ("tools/admin", "tools/admin"),
        ("nested/shop", "nested"),
    ] {
        project.run(&["-C", folder, "add", "--yes"]).ok();
        let lock = project
            .path()
            .join(root)
            .join(".rapidkit/rapidkit-pg.lock.yaml");
        assert!(lock.is_file(), "{folder}");
    }
    let verified = project.run(&["verify-all", "--release"]).ok();
    assert!(format!("{}{}", verified.out, verified.err).contains("3 projects"));
}

#[test]
fn no_wire_leaves_the_sources_alone() {
    let project = Fixture::axum();
    project.run(&["add", "--yes", "--no-wire"]).ok();
    assert_eq!(project.read("src/main.rs"), AXUM_MAIN);
    assert!(project.path().join("src/db_postgres/mod.rs").exists());
}

#[test]
fn an_existing_env_example_is_kept() {
    let project = Fixture::axum();
    project.write(".env.example", "PORT=3000\r\n");
    project.run(&["add", "--yes"]).ok();
    let text = project.read(".env.example");
    assert!(
        text.starts_with("PORT=3000\r\n\r\n# >>> db_postgres\r\n"),
        "{text}"
    );
    assert!(
        text.replace("\r\n", "").find('\n').is_none(),
        "mixed line ends"
    );
}

#[test]
fn what_an_env_example_sets_already_is_not_set_again() {
    let project = Fixture::axum();
    let own = "DATABASE_URL=postgres://shop@localhost/shop\n";
    project.write(".env.example", own);
    project.run(&["add", "--yes"]).ok();
    let text = project.read(".env.example");
    let active = text
        .lines()
        .filter(|line| line.starts_with("DATABASE_URL="));
    assert_eq!(active.collect::<Vec<_>>(), [own.trim_end()]);
    project.run(&["verify-all", "--release"]).ok();
}

#[test]
fn install_runs_the_package_manager_and_says_what_is_left_if_it_fails() {
    let home = std::env::var_os("CARGO_HOME")
        .or_else(|| {
            Some(
                PathBuf::from(std::env::var_os("HOME")?)
                    .join(".cargo")
                    .into(),
            )
        })
        .unwrap();
    let rustup = std::env::var_os("RUSTUP_HOME")
        .or_else(|| {
            Some(
                PathBuf::from(std::env::var_os("HOME")?)
                    .join(".rustup")
                    .into(),
            )
        })
        .unwrap();
    let add = |project: &Fixture| {
        let mut command = project.command(&["add", "--yes", "--install"]);
        command.env("CARGO_HOME", &home).env("RUSTUP_HOME", &rustup);
        command.output().unwrap()
    };
    let project = Fixture::axum();
    let output = add(&project);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(project.read("Cargo.lock").contains("name = \"sqlx\""));

    let project = Fixture::axum();
    let manifest =
        AXUM_MANIFEST.to_owned() + "\n[build-dependencies]\nlost = { path = \"lost\" }\n";
    project.write("Cargo.toml", manifest);
    let output = add(&project);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("once that is mended: cargo fetch"), "{said}");
    project.run(&["verify-all", "--release"]).ok();
}

#[test]
fn what_git_ignores_is_named() {
    let project = Fixture::axum();
    let git = Command::new("git")
        .args(["init", "-q"])
        .current_dir(project.path())
        .status();
    assert!(git.unwrap().success());
    project.write(".gitignore", "target\n.rapid*\n");
    let added = project.run(&["add", "--yes"]).ok();
    assert!(
        added.out.contains("Git ignores .rapidkit/"),
        "{}",
        added.out
    );
    project.write(".gitignore", "target\n");
    std::fs::remove_dir_all(project.path().join(".rapidkit")).unwrap();
    std::fs::remove_dir_all(project.path().join("src/db_postgres")).unwrap();
    let added = project.run(&["add", "--yes"]).ok();
    assert!(!added.out.contains("Git ignores"), "{}", added.out);
}

#[test]
fn a_rust_version_that_is_too_low_is_named_where_it_is_said() {
    let project = Fixture::axum();
    project.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"api\"]\n[workspace.package]\nrust-version = \"1.80\"\n",
    );
    project.write(
        "api/Cargo.toml",
        AXUM_MANIFEST.replace("[package]\n", "[package]\nrust-version.workspace = true\n"),
    );
    project.write("api/src/main.rs", AXUM_MAIN);
    let added = project.run(&["add", "--yes"]).ok();
    assert!(
        added.out.contains("\nCargo.toml promises Rust 1.80"),
        "{}",
        added.out
    );
}

#[test]
fn list_and_info_say_what_there_is() {
    let folder = Fixture::empty();
    let list = folder.run(&["list", "--format", "json"]).ok().json();
    assert_eq!(list["modules"][0]["slug"], "free/database/db_postgres");
    let info = folder.run(&["info", "--format", "json"]).ok().json();
    assert_eq!(info["hooks"].as_object().unwrap().len(), 5);
    assert_eq!(info["documentation"].as_object().unwrap().len(), 15);
    assert!(
        folder
            .run(&["info"])
            .ok()
            .out
            .contains("RAPIDKIT_DB_POSTGRES_POOL_PRE_PING")
    );
    folder.refuses(&["info", "mysql"], 2, &["no module `mysql`", "db_postgres"]);
}

#[test]
fn a_module_with_a_text_setting_encodes_it_everywhere() {
    let module = Fixture::module();
    module.replace(
        "config/base.yaml",
        "prompts:\n",
        "prompts:\n  - name: label\n    ask: Which label?\n    help: Shown.\n    type: string\n    default: x\n    max: 200\n",
    );
    module.write(
        "templates/rust/src/db_postgres/label.rs.j2",
        "pub const LABEL: &str = {{ answers.label | rust_string }};\n",
    );
    module.replace(
        "module.yaml",
        "    axum:\n      files:\n",
        "    axum:\n      files:\n        - template: templates/rust/src/db_postgres/label.rs.j2\n          output: src/db_postgres/label.rs\n",
    );
    let path = module.path().to_str().unwrap().to_owned();
    for hostile in [
        "\"; std::process::exit(1); \"",
        "\\",
        "{{ 7 * 7 }}",
        "${HOME} `id` $(id)",
        "'; DROP TABLE x; --",
    ] {
        let project = Fixture::axum();
        let setting = format!("label={hostile}");
        project
            .run(&[
                "add",
                "--yes",
                "--module",
                &path,
                "--allow-drift",
                "--set",
                &setting,
            ])
            .ok();
        let program = format!(
            "{}fn main() {{ print!(\"{{LABEL}}\"); }}\n",
            project.read("src/db_postgres/label.rs")
        );
        let source = project.write("label.rs", program);
        let built = std::process::Command::new("rustc")
            .arg(&source)
            .args(["--edition", "2021", "-o"])
            .arg(project.path().join("label"))
            .output()
            .unwrap();
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        let ran = std::process::Command::new(project.path().join("label"))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(ran.stdout).unwrap(), hostile);
    }
    for hostile in ["a\nb", "\u{1b}[31m", "\u{7}"] {
        let setting = format!("label={hostile}");
        Fixture::axum().refuses(
            &[
                "add",
                "--yes",
                "--module",
                &path,
                "--allow-drift",
                "--set",
                &setting,
            ],
            2,
            &["label: expected one line"],
        );
    }
    // Without an encoder nothing is rendered at all.
    module.write(
        "templates/rust/src/db_postgres/label.rs.j2",
        "pub const LABEL: &str = \"{{ answers.label }}\";\n",
    );
    Fixture::axum().refuses(
        &["add", "--yes", "--module", &path, "--allow-drift"],
        2,
        &["label.rs.j2:1:", "needs an encoder"],
    );
}

#[test]
fn below_src_the_lines_to_add_by_hand_name_the_package() {
    let shape = repository().join("tests/fixtures/fastapi/unsure-wrapped-in-src");
    let project = Fixture::copy_of(&shape);
    project.refuses(&["add", "--yes"], 1, &["from shop import db_postgres"]);
    project.run(&["add", "--yes", "--no-wire"]).ok();
    assert!(
        project
            .read("src/shop/db_postgres/__init__.py")
            .contains("init_app")
    );
}

#[test]
fn above_several_projects_they_are_named() {
    let folder = Fixture::empty();
    folder.write("backend/requirements.txt", "fastapi\n");
    folder.write("apps/web/package.json", "{}");
    folder.write("docs/index.md", "");
    folder.refuses(
        &["add", "--yes"],
        2,
        &["below it there are: apps/web, backend"],
    );
}
