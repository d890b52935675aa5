//! Projects of RapidKit Core's, and what that tool generated for PostgreSQL in them.

use sha2::{Digest, Sha256};

use crate::fixture::{Fixture, repository};

const LAYER: &str = "src/modules/free/database/db_postgres";
const FACADE: &str = "src/modules/free/database/db_postgres/postgres.py";
const RECORD: &str = ".rapidkit/file-hashes.json";
const LOCK: &str = ".rapidkit/rapidkit-pg.lock.yaml";

/// An application of the corpus.
fn application(name: &str) -> Fixture {
    let project = Fixture::copy_of(&repository().join("tests/fixtures").join(name));
    std::fs::remove_file(project.path().join("fixture.toml")).unwrap();
    project
}

fn adopted() -> Fixture {
    application("fastapi/rapidkit-core-adopted")
}

/// Makes `text` what RapidKit Core has generated at `path`.
fn generated(project: &Fixture, path: &str, text: &str) {
    let hash: String = Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    project.write(path, text);
    project.write(&format!(".rapidkit/snapshots/{hash}"), text);
    let mut record: serde_json::Value = serde_json::from_str(&project.read(RECORD)).unwrap();
    record["files"][path] =
        serde_json::json!({ "hash": hash, "module": "db_postgres", "version": "0.1.34" });
    project.write(RECORD, record.to_string());
}

#[test]
fn the_profile_is_chosen_by_itself() {
    let project = application("fastapi/rapidkit-core");
    project.run(&["add", "--yes"]).ok();
    assert!(project.read(LOCK).contains("profile: \"rapidkit\""));
    for path in [FACADE, "src/health/postgres.py"] {
        assert!(project.path().join(path).is_file(), "{path}");
    }
    project.run(&["verify-all", "--release"]).ok();

    let other = application("fastapi/rapidkit-core");
    other.refuses(
        &["add", "--yes", "--profile", "standard"],
        1,
        &["it is not certain which application is served"],
    );
    std::fs::remove_dir_all(other.path().join("src/health")).unwrap();
    other.run(&["add", "--yes", "--profile", "standard"]).ok();
    assert!(other.read(LOCK).contains("profile: \"standard\""));
    assert!(other.path().join("src/db_postgres/app.py").is_file());
    assert!(!other.path().join(LAYER).exists());
    other.run(&["verify-all", "--release"]).ok();

    Fixture::axum().refuses(
        &["add", "--yes", "--profile", "rapidkit"],
        2,
        &["no profile `rapidkit` for axum", "there are: standard"],
    );
}

#[test]
fn without_adopt_it_is_refused() {
    let expected = [
        "RapidKit Core's db_postgres is here",
        "`rapidkit-pg add --adopt`",
    ];
    for arguments in [
        &["add", "--yes"][..],
        &["add", "--yes", "--no-wire"],
        &["add", "--yes", "--profile", "standard"],
    ] {
        adopted().refuses(arguments, 1, &expected);
    }
    adopted().refuses(
        &["add", "--yes", "--adopt", "--profile", "standard"],
        2,
        &["only the profile `rapidkit`"],
    );
}

#[test]
fn what_is_as_generated_is_taken_over_and_nothing_else() {
    let project = adopted();
    let mine = project.write(&format!("{LAYER}/queries.py"), "ALL = 'SELECT 1'\n");
    generated(&project, &format!("{LAYER}/types.py"), "X = 1\n");
    let before = project.tree();
    project.run(&["add", "--yes", "--adopt"]).ok();
    project.run(&["verify-all", "--release"]).ok();

    assert!(!project.path().join(LAYER).join("types.py").exists());
    assert_eq!(std::fs::read_to_string(mine).unwrap(), "ALL = 'SELECT 1'\n");
    let after = project.tree();
    let mut changed: Vec<&str> = before
        .iter()
        .filter(|(path, bytes)| after.get(*path) != Some(*bytes))
        .filter_map(|(path, _)| path.to_str())
        .collect();
    changed.sort_unstable();
    assert_eq!(
        changed,
        [
            ".env",
            ".env.example",
            "config/database/postgres.yaml",
            "pyproject.toml",
            "src/health/postgres.py",
            "src/main.py",
            &format!("{LAYER}/__init__.py"),
            FACADE,
            &format!("{LAYER}/types.py"),
            "tests/modules/integration/database/test_postgres_integration.py",
        ]
    );

    project.run(&["add", "--yes", "--adopt"]).ok();
    assert!(project.tree() == after, "a second run changes something");
}

#[test]
fn edits_that_cannot_be_merged_are_listed() {
    let project = adopted();
    project.replace(
        FACADE,
        "    async with AsyncSessionLocal() as session:\n",
        "    async with AsyncSessionLocal() as session:  # mine\n",
    );
    generated(&project, &format!("{LAYER}/types.py"), "X = 1\n");
    project.write(&format!("{LAYER}/types.py"), "X = 2\n");
    project.write(&format!("{LAYER}/pool.py"), "SIZE = 1\n");
    project.write("src/health/postgres.py", "");
    project.refuses(
        &["add", "--yes", "--adopt"],
        1,
        &[
            "nothing was written",
            &format!("{FACADE}:21-22: you edited this"),
            &format!("{LAYER}/types.py: you edited it, and nothing takes its place"),
            &format!("{LAYER}/pool.py: "),
        ],
    );
    // Moved away, it is a file of the user's as any other.
    let project = adopted();
    project.write(FACADE, project.read(FACADE) + "# mine\n");
    project.write("src/mine.py", project.read(FACADE));
    std::fs::remove_file(project.path().join(FACADE)).unwrap();
    project.refuses(&["add", "--yes"], 1, &["`rapidkit-pg add --adopt`"]);
    project.run(&["add", "--yes", "--adopt"]).ok();
    assert!(project.read("src/mine.py").ends_with("# mine\n"));
    assert!(!project.read(FACADE).contains("# mine"));
    project.run(&["verify-all", "--release"]).ok();
    // What nobody recorded could be anything.
    let project = adopted();
    project.write(FACADE, project.read(FACADE) + "# mine\n");
    std::fs::remove_dir_all(project.path().join(".rapidkit/snapshots")).unwrap();
    project.refuses(&["add", "--yes", "--adopt"], 1, &[FACADE]);

    let project = adopted();
    project.write(RECORD, "{");
    project.refuses(&["add", "--yes", "--adopt"], 2, &[RECORD]);
}

#[test]
fn edits_that_can_be_merged_come_along() {
    let other = adopted();
    other.run(&["add", "--yes", "--adopt"]).ok();
    let ours = other.read(FACADE);

    let project = adopted();
    let theirs = ours.replace("\"\"\"The base of", "\"\"\"The one base of");
    assert_ne!(theirs, ours);
    generated(&project, FACADE, &theirs);
    project.write(FACADE, theirs.clone() + "\n\nMINE = 1\n");
    project.run(&["add", "--yes", "--adopt"]).ok();
    // The fixture has an edit in its configuration.
    let configured = other.read("config/database/postgres.yaml");
    assert!(configured.contains("    size: 7\n    max_overflow: 20\n    recycle_seconds:"));
    assert!(!configured.contains("module:"));
    assert_eq!(project.read(FACADE), ours.clone() + "\n\nMINE = 1\n");
    project.run(&["verify-all", "--release"]).ok();
    project.run(&["restore", "--yes", "--pristine"]).ok();
    assert_eq!(project.read(FACADE), ours);

    // A merge that is no Python is none.
    let project = adopted();
    generated(&project, FACADE, &theirs);
    project.write(FACADE, theirs + "\n\nMINE = (\n");
    project.refuses(
        &["add", "--yes", "--adopt"],
        1,
        &[&format!(
            "{FACADE}: your edits do not go together with what replaces it"
        )],
    );
}

#[test]
fn settings_that_were_never_read_are_silenced() {
    let project = adopted();
    project.replace(
        ".env",
        "RAPIDKIT_DB_POSTGRES_POOL_SIZE=${RAPIDKIT_DB_POSTGRES_POOL_SIZE:-10}",
        "RAPIDKIT_DB_POSTGRES_POOL_SIZE=7\nTOKEN=hunter2",
    );
    let before = project.read(".env");
    let ran = project.run(&["add", "--yes", "--adopt", "--diff"]).ok();
    assert_eq!(
        project.read(".env"),
        before.replace(
            "\nRAPIDKIT_DB_POSTGRES_URL=",
            "\n# RAPIDKIT_DB_POSTGRES_URL="
        )
    );
    assert!(
        ran.out
            .contains(".env sets RAPIDKIT_DB_POSTGRES_POOL_SIZE, which"),
        "{}",
        ran.out
    );
    assert!(
        !(ran.out + &ran.err).contains("hunter2"),
        "what else is in .env is shown"
    );
}

#[test]
fn it_is_upgraded_and_removed_as_any_other() {
    let project = adopted();
    project.run(&["add", "--yes", "--adopt"]).ok();
    let module = Fixture::module();
    module.replace("module.yaml", "version: 1.2.0", "version: 1.3.0");
    module.replace(
        "docs/changelog.md",
        "## 1.2.0",
        "## 1.3.0\n\n- New.\n\n## 1.2.0",
    );
    module.replace(
        "templates/fastapi/db_postgres/postgres.py",
        "\"\"\"The base of",
        "\"\"\"The one base of",
    );
    module.run(&["lock", "--overwrite"]).ok();
    let to = module.path().to_str().unwrap();
    project.run(&["upgrade", "--yes", "--to", to]).ok();
    assert!(project.read(FACADE).contains("The one base of"));
    assert!(project.read(LOCK).contains("profile: \"rapidkit\""));
    project
        .run(&["verify-all", "--release", "--module", to])
        .ok();

    project.refuses(
        &["remove", "--yes"],
        1,
        &[
            "src/modules/__init__.py:3: ",
            "src/routing/notes.py:10: ",
            "tests/test_settings.py:20: ",
        ],
    );
    std::fs::remove_file(project.path().join("tests/test_settings.py")).unwrap();
    project.write(
        "src/routing/notes.py",
        "from src.health.postgres import health_check\n",
    );
    project.replace(
        "src/modules/__init__.py",
        "from src.modules.free.database import db_postgres as db_postgres\n",
        "",
    );
    project.refuses(&["remove", "--yes"], 1, &["src/routing/notes.py:1: "]);
    project.write("src/routing/notes.py", "");
    project.run(&["remove", "--yes"]).ok();
    for path in [LAYER, "src/health/postgres.py", LOCK] {
        assert!(!project.path().join(path).exists(), "{path}");
    }
    let untouched = adopted();
    for path in [
        "src/main.py",
        "src/health/__init__.py",
        RECORD,
        "registry.json",
    ] {
        assert_eq!(project.read(path), untouched.read(path), "{path}");
    }
}

#[test]
fn nestjs_is_taken_over_and_removed() {
    const TYPES: &str = "src/modules/free/database/db_postgres/pg.d.ts";
    let project = application("nestjs/rapidkit-core-adopted");
    project.refuses(
        &["add", "--yes"],
        1,
        &["RapidKit Core's db_postgres is here"],
    );
    project.run(&["add", "--yes", "--adopt"]).ok();
    project.run(&["verify-all", "--release"]).ok();
    // It would hide the driver's own types.
    assert!(!project.path().join(TYPES).exists());
    let added = project.tree();
    project.run(&["add", "--yes", "--adopt"]).ok();
    assert!(project.tree() == added, "a second run changes something");

    project.refuses(
        &["remove", "--yes"],
        1,
        &[
            "src/modules/index.ts:17: ",
            "src/modules/index.ts:20: ",
            "src/notes/notes.module.ts:3: ",
        ],
    );
    let plain = application("nestjs/rapidkit-core");
    for path in [
        "src/modules/index.ts",
        "src/notes/notes.module.ts",
        "src/notes/notes.controller.ts",
    ] {
        project.write(path, plain.read(path));
    }
    project.run(&["remove", "--yes"]).ok();
    for path in ["src/app.module.ts", "src/main.ts"] {
        assert_eq!(project.read(path), plain.read(path), "{path}");
    }

    let project = application("nestjs/rapidkit-core-adopted");
    project.replace(TYPES, "export class Pool", "// Mine.\n  export class Pool");
    project.refuses(
        &["add", "--yes", "--adopt"],
        1,
        &[&format!(
            "{TYPES}: you edited it, and nothing takes its place"
        )],
    );
}
