//! From one version to the next, with the user's edits: `upgrade`, `reconfigure`, `diff`, `restore`.

use std::os::unix::fs::PermissionsExt as _;

use sha2::{Digest as _, Sha256};

use crate::fixture::{Fixture, repository};

const LOCK: &str = ".rapidkit/rapidkit-pg.lock.yaml";
const HEALTH: &str = "src/db_postgres/health.rs";
const BUDGET: &str = "const CHECK_WITHIN: Duration = Duration::from_millis(1500);";

/// This module as its next version: a constant has changed, a file has moved, a setting is new.
fn next() -> Fixture {
    let module = Fixture::module();
    let version = module.read("module.yaml");
    let version = version
        .lines()
        .find_map(|line| line.strip_prefix("version: "))
        .unwrap();
    let newer = "1.9.0";
    module.replace(
        "module.yaml",
        &format!("version: {version}"),
        &format!("version: {newer}"),
    );
    module.replace(
        "docs/changelog.md",
        "\n## ",
        &format!("\n## {newer} - 2030-01-01\n\n### Changed\n\n- The budget.\n\n## "),
    );
    module.replace(
        "templates/rust/src/db_postgres/health.rs",
        BUDGET,
        &BUDGET.replace("1500", "1200"),
    );
    module.replace(
        "templates/common/.env.example.j2",
        "# DB_ECHO=false\n",
        "# DB_ECHO=false\n# DB_NEW=1\n",
    );
    let text = module.read("module.yaml");
    let old = "          output: src/db_postgres/url.rs\n";
    let text = text.replace(old, &old.replace("url.rs", "address.rs"));
    let moves = "      moves:\n        - from: src/db_postgres/url.rs\n          to: src/db_postgres/address.rs\n      files:\n        - template: templates/rust/";
    module.write(
        "module.yaml",
        text.replace("      files:\n        - template: templates/rust/", moves),
    );
    module.run(&["lock", "--overwrite"]).ok();
    module
}

fn upgrade(project: &Fixture, module: &Fixture, more: &[&str]) -> crate::fixture::Ran {
    let to = module.path().to_str().unwrap();
    project.run(&[&["upgrade", "--yes", "--to", to], more].concat())
}

fn executable(project: &Fixture, path: &str) {
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path().join(path), mode).unwrap();
}

fn mode(project: &Fixture, path: &str) -> u32 {
    let metadata = std::fs::metadata(project.path().join(path)).unwrap();
    metadata.permissions().mode()
}

fn verify(project: &Fixture, module: &Fixture) -> crate::fixture::Ran {
    let directory = module.path().to_str().unwrap();
    project.run(&["verify-all", "--release", "--module", directory])
}

#[test]
fn status_says_that_a_later_version_is_there() {
    let project = Fixture::axum();
    let old = repository().join("tests/modules/1.0.0");
    let old = ["add", "--yes", "--module", old.to_str().unwrap()];
    project.run(&old).ok();
    let later = "`rapidkit-pg upgrade` brings ";
    assert!(project.run(&["status"]).ok().out.contains(later));
    let upgraded = project.run(&["upgrade", "--yes", "--format", "json"]).ok();
    let report: serde_json::Value = serde_json::from_str(&upgraded.out).unwrap();
    let changelog = report["changelog"].as_str().unwrap();
    assert!(changelog.starts_with("## "), "{changelog}");
    assert!(!changelog.contains("\n- NestJS: "), "{changelog}");
    assert!(!project.run(&["status"]).ok().out.contains(later));
}

#[test]
fn without_an_edit_an_upgrade_gives_what_add_gives() {
    let module = next();
    let directory = module.path().to_str().unwrap();
    let (project, other) = (Fixture::axum(), Fixture::axum());
    project.run(&["add", "--yes"]).ok();
    let ran = upgrade(&project, &module, &[]).ok();
    assert!(ran.out.contains("- The budget."), "{}", ran.out);
    other.run(&["add", "--yes", "--module", directory]).ok();
    assert!(project.tree() == other.tree());
    let tree = project.tree();
    upgrade(&project, &module, &[]).ok();
    assert!(project.tree() == tree, "a second upgrade changed something");
    verify(&project, &module).ok();
    project.refuses(&["upgrade", "--yes"], 1, &["--allow-downgrade"]);
    project.run(&["upgrade", "--yes", "--allow-downgrade"]).ok();
    let first = Fixture::axum();
    first.run(&["add", "--yes"]).ok();
    assert!(
        project.tree() == first.tree(),
        "a downgrade is the way back"
    );
}

#[test]
fn edits_come_along_and_are_not_accepted_by_the_way() {
    let module = next();
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    let crlf = project
        .read("src/db_postgres/pool.rs")
        .replace('\n', "\r\n");
    project.write("src/db_postgres/pool.rs", &crlf);
    project.replace(HEALTH, "\nimpl ", "\n/// Mine.\npub fn mine() {}\n\nimpl ");
    project.replace(
        "src/db_postgres/url.rs",
        "const ACCEPTED",
        "/// Mine.\nconst ACCEPTED",
    );
    project.replace(
        ".env.example",
        "# DB_POOL_TIMEOUT=30\n",
        "DB_POOL_TIMEOUT=7\n",
    );
    project.replace(
        "Cargo.toml",
        "sqlx = { version = \"0.9\"",
        "sqlx = { version = \"0.9.0\"",
    );
    project.replace("src/main.rs", "fn main", "// Mine.\nfn main");
    executable(&project, "src/db_postgres/url.rs");
    project.run(&["lock", "--overwrite"]).ok();
    project.replace("src/db_postgres/error.rs", "\n\n", "\n\n// Not accepted.\n");
    project.write(
        "src/mine.rs",
        "use crate::db_postgres::Error;\nuse crate::db_postgres::url::redact;\n",
    );
    let ran = upgrade(&project, &module, &[]).ok();
    let uses = |line: &&str| line.contains(" uses ");
    let uses: Vec<&str> = ran.out.lines().filter(uses).collect();
    assert_eq!(uses.len(), 1, "{}", ran.out);
    assert!(
        uses[0].contains("src/mine.rs:2 uses src/db_postgres/url.rs"),
        "{uses:?}"
    );
    std::fs::remove_file(project.path().join("src/mine.rs")).unwrap();
    let health = project.read(HEALTH);
    assert!(
        health.contains("pub fn mine") && health.contains("1200"),
        "{health}"
    );
    assert!(
        project
            .read("src/db_postgres/address.rs")
            .contains("/// Mine.")
    );
    assert!(!project.path().join("src/db_postgres/url.rs").exists());
    assert_eq!(mode(&project, "src/db_postgres/address.rs") & 0o111, 0o111);
    assert_eq!(project.read("src/db_postgres/pool.rs"), crlf);
    let env = project.read(".env.example");
    assert!(
        env.contains("\nDB_POOL_TIMEOUT=7\n") && env.contains("# DB_NEW=1\n"),
        "{env}"
    );
    assert!(
        project
            .read("Cargo.toml")
            .contains("sqlx = { version = \"0.9.0\"")
    );
    let ran = verify(&project, &module);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.out.matches("RK0601").count(), 1, "{}", ran.out);
    assert!(ran.out.contains("error.rs"), "{}", ran.out);
    project
        .run(&[
            "lock",
            "--overwrite",
            "--module",
            module.path().to_str().unwrap(),
        ])
        .ok();
    verify(&project, &module).ok();
}

#[test]
fn a_package_that_was_moved_is_still_ours() {
    let module = next();
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    project.replace("Cargo.toml", "humantime = \"2\"\n", "");
    let text = project
        .read("Cargo.toml")
        .replace("[dependencies]\n", "[dependencies]\nhumantime = \"2\"\n");
    let (first, rest) = text.split_once("thiserror").unwrap();
    project.write("Cargo.toml", format!("{first}\n# Mine.\nthiserror{rest}"));
    let records = |project: &Fixture| {
        let lock = project.read(".rapidkit/rapidkit-pg.lock.yaml");
        lock.matches("name: \"dependency ").count()
    };
    let before = records(&project);
    upgrade(&project, &module, &[]).ok();
    assert_eq!(records(&project), before);
    assert!(project.read("Cargo.toml").contains("# Mine."));
    verify(&project, &module).ok();
    project.run(&["remove", "--yes"]).ok();
    let left = project.read("Cargo.toml");
    assert_eq!(
        left.replace("\n# Mine.\n", ""),
        crate::fixture::AXUM_MANIFEST
    );
}

#[test]
fn a_conflict_writes_nothing_unless_it_is_asked_for() {
    let module = next();
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    project.replace(HEALTH, "from_millis(1500)", "from_millis(900)");
    project.replace(".env.example", "# DB_ECHO=false\n", "DB_ECHO=true\n");
    project.run(&["lock", "--overwrite"]).ok();
    let to = module.path().to_str().unwrap();
    project.refuses(
        &["upgrade", "--yes", "--to", to],
        1,
        &[
            "nothing was written",
            &format!("{HEALTH}:17: "),
            ".env.example:",
        ],
    );
    executable(&project, "src/db_postgres/url.rs");
    project.run(&["lock", "--overwrite"]).ok();
    let before = project.tree();
    let ran = upgrade(&project, &module, &["--write-conflicts"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let text = project.read(HEALTH);
    for part in [
        "<<<<<<< yours",
        "||||||| 1.",
        "900",
        "1500",
        "1200",
        ">>>>>>> 1.9.0",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let ran = verify(&project, &module);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("RK0803"), "{}", ran.out);
    assert!(project.run(&["status"]).ok().out.contains("waits"));
    for command in [
        &["remove", "--yes"][..],
        &["upgrade", "--yes"],
        &["lock", "--overwrite"],
    ] {
        project.refuses(command, 1, &["upgrade --continue", "--abort"]);
    }
    project.refuses(
        &["upgrade", "--yes", "--continue"],
        1,
        &["markers in: src/db_postgres/health.rs"],
    );
    project.run(&["upgrade", "--yes", "--abort"]).ok();
    assert!(project.tree() == before, "it is not as before");
    assert_eq!(mode(&project, "src/db_postgres/url.rs") & 0o111, 0o111);

    upgrade(&project, &module, &["--write-conflicts"]);
    let mine = project.read(HEALTH);
    let start = mine.find("<<<<<<<").unwrap();
    let end = mine.find(">>>>>>> 1.9.0\n").unwrap() + ">>>>>>> 1.9.0\n".len();
    project.write(
        HEALTH,
        mine[..start].to_owned() + &BUDGET.replace("1500", "800") + "\n" + &mine[end..],
    );
    let env = project.read(".env.example");
    let start = env.find("<<<<<<<").unwrap();
    let end = env.find(">>>>>>> 1.9.0\n").unwrap() + ">>>>>>> 1.9.0\n".len();
    project.write(
        ".env.example",
        env[..start].to_owned() + "DB_ECHO=true\n# DB_NEW=1\n" + &env[end..],
    );
    project.run(&["upgrade", "--yes", "--continue"]).ok();
    verify(&project, &module).ok();
    project.refuses(
        &["upgrade", "--yes", "--abort"],
        2,
        &["no upgrade is waiting"],
    );
}

#[test]
fn files_that_stand_in_the_way_or_are_gone_are_conflicts() {
    let module = next();
    let to = module.path().to_str().unwrap();
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    project.write("src/db_postgres/address.rs", "// mine\n");
    std::fs::remove_file(project.path().join(HEALTH)).unwrap();
    for more in [&[][..], &["--write-conflicts"]] {
        project.refuses(
            &[&["upgrade", "--yes", "--to", to], more].concat(),
            1,
            &["address.rs: a file of yours", "health.rs: you removed it"],
        );
    }
}

#[test]
fn answers_are_changed_later() {
    let (project, other) = (Fixture::axum(), Fixture::axum());
    project.run(&["add", "--yes"]).ok();
    project
        .run(&["reconfigure", "--yes", "--set", "pool_size=3"])
        .ok();
    other.run(&["add", "--yes", "--set", "pool_size=3"]).ok();
    assert!(project.tree() == other.tree());
    project.run(&["verify-all", "--release"]).ok();
    project.refuses(
        &["reconfigure", "--yes", "--set", "pool_size=x"],
        2,
        &["pool_size: expected"],
    );
    project.refuses(
        &["reconfigure", "--yes", "--set", "none=1"],
        2,
        &["no such setting"],
    );
}

#[test]
fn a_copy_that_was_tampered_with_is_no_base() {
    let module = next();
    let to = module.path().to_str().unwrap();
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    for file in ["src/db_postgres/health.rs", "wiring.patch"] {
        let path = format!(".rapidkit/vendor/db_postgres/{}/{file}", version(&project));
        let text = project.read(&path);
        project.write(&path, text.clone() + " ");
        for command in [
            &["upgrade", "--yes", "--to", to][..],
            &["remove", "--yes"],
            &["restore", "--yes"],
            &["lock", "--overwrite"],
        ] {
            project.refuses(command, 1, &[&path]);
        }
        project.write(&path, text);
    }
}

fn version(project: &Fixture) -> String {
    let text = project.read(".rapidkit/rapidkit-pg.lock.yaml");
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("version: \""));
    line.unwrap().trim_end_matches('"').to_owned()
}

#[test]
fn differences_are_shown() {
    let module = next();
    let to = module.path().to_str().unwrap();
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    let ran = project.run(&["diff", "--exit-code"]).ok();
    assert!(ran.out.contains("as it was generated"), "{}", ran.out);
    project.replace(HEALTH, "from_millis(1500)", "from_millis(900)");
    project.replace(
        "src/main.rs",
        "db_postgres::init()",
        "crate::db_postgres::init()",
    );
    let before = project.tree();
    let ran = project.run(&["diff", "--exit-code", "--to", to]);
    assert_eq!(ran.code, Some(1));
    for part in [
        "-const CHECK_WITHIN",
        "(900);",
        "not as it was put in: src/main.rs (init)",
        "upgrade to 1.9.0",
        "conflict: src/db_postgres/health.rs",
    ] {
        assert!(ran.out.contains(part), "{part} in {}", ran.out);
    }
    let report = project
        .run(&["diff", "--format", "json", "--to", to])
        .ok()
        .json();
    let module = &report["modules"][0];
    assert_eq!(module["yours"][0]["added"], 1);
    assert_eq!(module["upgrade"]["conflicts"][0], HEALTH);
    let stat = project.run(&["diff", "--stat"]).ok().out;
    assert!(
        stat.contains("+1    -1    src/db_postgres/health.rs"),
        "{stat}"
    );
    assert!(project.tree() == before, "diff wrote something");
}

#[test]
fn files_are_restored_to_what_was_accepted_or_rendered() {
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    let rendered = project.tree();
    project.replace(HEALTH, "from_millis(1500)", "from_millis(900)");
    project.replace(".env.example", "# DB_ECHO=false\n", "DB_ECHO=true\n");
    std::fs::remove_file(project.path().join("src/db_postgres/pool.rs")).unwrap();
    let ran = project
        .run(&["-C", "src", "restore", "--yes", "db_postgres/pool.rs"])
        .ok();
    assert!(
        ran.out.contains("create  src/db_postgres/pool.rs"),
        "{}",
        ran.out
    );
    assert!(project.read(HEALTH).contains("900"));
    executable(&project, HEALTH);
    let ran = project.run(&["restore", "--yes"]).ok();
    assert!(ran.out.contains("chmod a-x"), "{}", ran.out);
    assert!(project.tree() == rendered);
    let status = project.run(&["status"]).ok().out;
    assert!(
        status.contains(&format!("executable bit  {HEALTH}")),
        "{status}"
    );
    let diff = project.run(&["diff", "--exit-code", "--format", "json"]);
    assert_eq!(diff.code, Some(1));
    assert_eq!(diff.json()["modules"][0]["modes"][0], HEALTH);
    let plain = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(project.path().join(HEALTH), plain).unwrap();

    project.replace(".env.example", "# DB_ECHO=false\n", "DB_ECHO=true\n");
    project.run(&["lock", "--overwrite"]).ok();
    let stat = project.run(&["diff", "--stat"]).ok().out;
    assert!(stat.contains("+1    -1    .env.example"), "{stat}");
    project.run(&["restore", "--yes"]).ok();
    assert!(project.read(".env.example").contains("\nDB_ECHO=true\n"));
    project.run(&["restore", "--pristine", "--yes"]).ok();
    project.run(&["lock", "--overwrite"]).ok();
    assert!(project.tree() == rendered);

    project.replace(HEALTH, "from_millis(1500)", "from_millis(900)");
    project.run(&["lock", "--overwrite"]).ok();
    let accepted = project.read(HEALTH);
    project.replace(HEALTH, "900", "901");
    project.refuses(&["restore", "--yes"], 1, &[HEALTH, "--pristine"]);
    project.write(HEALTH, &accepted);
    project.git(&["init", "-q"]);
    project.git(&["add", "-A"]);
    project.git(&["commit", "-q", "-m", "accepted"]);
    project.replace(HEALTH, "900", "901");
    project.run(&["restore", "--yes", HEALTH]).ok();
    assert_eq!(project.read(HEALTH), accepted);
    project.run(&["restore", "--yes", "--pristine"]).ok();
    assert!(project.read(HEALTH).contains("1500"));
    project.refuses(
        &["restore", "--yes", "src/main.ts"],
        2,
        &["nothing of a module"],
    );
    Fixture::axum().refuses(&["restore", "--yes"], 2, &["the project has no module"]);
}

/// Makes a project look as if an older version had worded its wiring in another way.
fn reword(project: &Fixture, wording: &str, older: &str) {
    let hash = |text: String| -> String {
        let digest = Sha256::digest(text);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let patch = ".rapidkit/vendor/db_postgres/1.2.0/wiring.patch";
    let before = hash(project.read(patch));
    project.replace("src/main.rs", wording, older);
    project.replace(patch, wording, older);
    let quoted = |text: &str| text.replace('"', "\\\"");
    project.replace(LOCK, &quoted(wording), &quoted(older));
    project.replace(LOCK, &before, &hash(project.read(patch)));
}

#[test]
fn wiring_is_replaced_where_it_stands_now() {
    let module = next();
    let init = "    if let Err(error) = db_postgres::init() {\n        eprintln!(\"{error}\");\n        std::process::exit(1);\n    }\n";
    let older = init.replace("{error}\"", "old: {error}\"");
    for is_moved in [false, true] {
        let (project, other) = (Fixture::axum(), Fixture::axum());
        let before = project.read("src/main.rs");
        project.run(&["add", "--yes"]).ok();
        reword(
            &project,
            "eprintln!(\"{error}\")",
            "eprintln!(\"old: {error}\")",
        );
        project.run(&["verify-all"]).ok();
        if is_moved {
            project.replace("src/main.rs", &older, "");
            project.replace(
                "src/main.rs",
                "    let app",
                &(older.clone() + "    let app"),
            );
        }
        upgrade(&project, &module, &[]).ok();
        verify(&project, &module).ok();
        let directory = module.path().to_str().unwrap();
        other.run(&["add", "--yes", "--module", directory]).ok();
        if is_moved {
            other.replace("src/main.rs", init, "");
            other.replace(
                "src/main.rs",
                "    let app",
                &(init.to_owned() + "    let app"),
            );
        }
        assert_eq!(project.read("src/main.rs"), other.read("src/main.rs"));
        project
            .run(&["remove", "--yes", "--module", directory])
            .ok();
        assert_eq!(project.read("src/main.rs"), before);
    }
}

#[test]
fn what_a_person_wrote_into_our_block_is_never_ours() {
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    project.replace(".env.example", "# DB_ECHO=false", "DB_ECHO=true");
    project
        .run(&["reconfigure", "--set", "pool_size=3", "--yes"])
        .ok();
    let status = project.run(&["status"]).ok().out;
    assert!(status.contains("edited   .env.example"), "{status}");
    let ran = project.run(&["remove", "--yes"]).ok();
    assert!(ran.out.contains("stays: .env.example"), "{}", ran.out);
    assert!(project.read(".env.example").contains("DB_ECHO=true"));

    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    project.replace(".env.example", "# DB_POOL_SIZE=10", "DB_POOL_SIZE=4");
    project.run(&["lock", "--overwrite"]).ok();
    let arguments = [
        "reconfigure",
        "--set",
        "pool_size=3",
        "--yes",
        "--write-conflicts",
    ];
    let ran = project.run(&arguments);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.err.contains("Waiting"), "{}", ran.err);
    let marked = project.read(".env.example");
    assert!(marked.contains("with the new answers"), "{marked}");
    // A separator that is left is as good as a whole conflict.
    let is_end = |line: &&str| {
        !["<<<<<<<", "|||||||", ">>>>>>>"]
            .iter()
            .any(|m| line.starts_with(m))
    };
    let half: Vec<&str> = marked.lines().filter(is_end).collect();
    project.write(".env.example", half.join("\n") + "\n");
    let left = ["upgrade", "--continue", "--yes"];
    project.refuses(&left, 1, &["markers in: .env.example"]);
    let start = marked.find("<<<<<<<").unwrap();
    let end = marked.find(">>>>>>>").unwrap();
    let end = end + marked[end..].find('\n').unwrap() + 1;
    let resolved = marked[..start].to_owned() + "DB_POOL_SIZE=4\n" + &marked[end..];
    project.write(".env.example", resolved);
    project.run(&left).ok();
    project.run(&["verify-all", "--release"]).ok();
    let patch = project.read(".rapidkit/vendor/db_postgres/1.2.0/wiring.patch");
    assert!(
        !patch.contains("<<<<<<<") && !patch.contains("DB_POOL_SIZE=4"),
        "{patch}"
    );
    project.run(&["remove", "--yes", "--discard-edits"]).ok();
    assert!(!project.path().join(".env.example").exists());
}

#[test]
fn wiring_stays_where_the_user_calls_the_same_elsewhere() {
    for (framework, path, more) in [
        (
            "axum",
            "src/main.rs",
            "\n#[cfg(test)]\nmod tests {\n    fn app() -> axum::Router {\n        crate::db_postgres::init().unwrap();\n        crate::db_postgres::router()\n    }\n\n    async fn end() {\n        crate::db_postgres::close().await;\n    }\n}\n",
        ),
        (
            "actix",
            "src/main.rs",
            "\n#[cfg(test)]\nmod tests {\n    use actix_web::App;\n\n    fn app() {\n        crate::db_postgres::init().unwrap();\n        let _ = App::new().configure(crate::db_postgres::configure);\n    }\n\n    async fn end() {\n        crate::db_postgres::close().await;\n    }\n}\n",
        ),
        (
            "fastapi",
            "main.py",
            "\n\ndef other() -> FastAPI:\n    another = FastAPI()\n    db_postgres.init_app(another)\n    return another\n",
        ),
        (
            "nestjs",
            "src/main.ts",
            "\nexport function other(app: { enableShutdownHooks(): void }) {\n  app.enableShutdownHooks();\n}\n",
        ),
    ] {
        let fixtures = crate::fixture::repository().join("tests/fixtures");
        let project = Fixture::copy_of(&fixtures.join(framework).join("plain"));
        let old = crate::fixture::repository().join("tests/modules/1.0.0");
        project
            .run(&["add", "--yes", "--module", old.to_str().unwrap()])
            .ok();
        let text = project.read(path) + more;
        project.write(path, &text);
        project.run(&["upgrade", "--yes"]).ok();
        assert_eq!(project.read(path), text, "{framework}");
        project
            .run(&["reconfigure", "--set", "pool_size=3", "--yes"])
            .ok();
        assert_eq!(project.read(path), text, "{framework}");
    }
}

#[test]
fn an_edit_inside_the_wiring_stays_where_it_is() {
    let fixtures = crate::fixture::repository().join("tests/fixtures");
    let project = Fixture::copy_of(&fixtures.join("actix/plain"));
    let old = crate::fixture::repository().join("tests/modules/1.0.0");
    project
        .run(&["add", "--yes", "--module", old.to_str().unwrap()])
        .ok();
    let ours = ".configure(db_postgres::configure)";
    project.replace("src/main.rs", ours, &format!(".app_data(1){ours}"));
    let text = project.read("src/main.rs");
    project.run(&["upgrade", "--yes"]).ok();
    assert_eq!(project.read("src/main.rs"), text);
}
