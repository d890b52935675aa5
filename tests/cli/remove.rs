//! `remove` is the inverse of `add`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::fixture::{Fixture, repository};

/// Every application of the corpus, with the package that gets the layer; those that are refused, and those that lose what
/// RapidKit Core generated, left out.
fn corpus() -> Vec<(PathBuf, Option<String>)> {
    let folders = |path: &Path| {
        let entries = std::fs::read_dir(path).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.into_iter().filter(|path| path.is_dir())
    };
    let frameworks = folders(&repository().join("tests/fixtures"));
    let all = frameworks.flat_map(|framework| folders(&framework));
    all.filter_map(|path| {
        let text = std::fs::read_to_string(path.join("fixture.toml")).unwrap();
        let described: toml_edit::DocumentMut = text.parse().unwrap();
        let package = described
            .get("package")
            .map(|name| name.as_str().unwrap().to_owned());
        let is_plain = ["unsure", "adopt"]
            .iter()
            .all(|key| described.get(key).is_none());
        is_plain.then_some((path, package))
    })
    .collect()
}

#[test]
fn what_was_added_is_removed_to_the_byte() {
    let corpus = corpus();
    let outside = |tree: BTreeMap<PathBuf, _>| {
        // Git's own files change as it looks.
        let tree = tree.into_iter();
        tree.filter(|(path, _)| !path.starts_with(".git"))
            .collect::<Vec<_>>()
    };
    corpus
        .par_iter()
        .enumerate()
        .for_each(|(at, (path, package))| {
            let project = Fixture::copy_of(path);
            project.git(&["init", "-q"]);
            project.git(&["add", "-A", "-f"]);
            project.git(&["commit", "-q", "-m", "as it was"]);
            let before = project.tree();
            let mut add = vec!["add", "--yes"];
            if let Some(package) = package {
                add.extend(["--package", package]);
            }
            let is_as_before = || {
                let status = project.git(&["status", "--porcelain"]);
                assert_eq!(status, "", "{}", path.display());
                assert!(
                    outside(project.tree()) == outside(before.clone()),
                    "{}",
                    path.display()
                );
            };
            project.run(&add).ok();
            let added = project.tree();
            assert!(added != before);
            project.run(&["remove", "--yes"]).ok();
            is_as_before();

            // The ways from the version before take twice as long.
            let module = repository().join("tests/modules/1.0.0");
            let module = module.to_str().unwrap();
            add.extend(["--module", module]);
            // That version refuses this one.
            if path.ends_with("sqlx-08") {
                return;
            }
            // That version had no profile for RapidKit Core's projects.
            match if path.ends_with("rapidkit-core") {
                0
            } else {
                at % 3
            } {
                0 => {
                    project.run(&add).ok();
                    assert!(outside(project.tree()) != outside(added.clone()));
                    project.run(&["upgrade", "--yes"]).ok();
                    assert!(
                        outside(project.tree()) == outside(added),
                        "{}: an upgrade gives something else than add",
                        path.display()
                    );
                    project.run(&["remove", "--yes"]).ok();
                    is_as_before();
                }
                1 => {
                    project.run(&add).ok();
                    let edited = edit(&project, &before);
                    project
                        .run(&["lock", "--overwrite", "--module", module])
                        .ok();
                    project.run(&["upgrade", "--yes"]).ok();
                    project.run(&["verify-all", "--release"]).ok();
                    project.run(&["remove", "--yes", "--discard-edits"]).ok();
                    assert!(
                        outside(project.tree()) == outside(edited),
                        "{}: with edits",
                        path.display()
                    );
                }
                _ => {}
            }
        });
    let count = corpus.len();
    println!("add and remove: {count} of {count} applications as they were");
    assert!(count > 100, "{count}");
}

#[test]
fn directories_that_were_there_stay() {
    for name in ["axum/plain", "actix/plain", "fastapi/plain", "nestjs/plain"] {
        let project = Fixture::copy_of(&repository().join("tests/fixtures").join(name));
        let without = project.tree();
        project.run(&["add", "--yes"]).ok();
        let is_new =
            |path: &&PathBuf| project.path().join(path).is_dir() && !without.contains_key(*path);
        let new: Vec<PathBuf> = project.tree().keys().filter(is_new).cloned().collect();
        project.run(&["remove", "--yes"]).ok();
        assert!(project.tree() == without, "{name}");
        for directory in new.iter().filter(|path| !path.starts_with(".rapidkit")) {
            std::fs::create_dir_all(project.path().join(directory)).unwrap();
            let before = project.tree();
            project.run(&["add", "--yes"]).ok();
            project.run(&["verify-all", "--release"]).ok();
            project.run(&["lock", "--overwrite"]).ok();
            project.run(&["remove", "--yes"]).ok();
            assert!(project.tree() == before, "{name}: {}", directory.display());
        }
    }
}

/// Adds a line of the user's to every file that was edited or generated; what should be left when the layer is gone.
fn edit(
    project: &Fixture,
    before: &BTreeMap<PathBuf, Option<Vec<u8>>>,
) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut left = before.clone();
    let mut edits = 0;
    for (path, now) in project.tree() {
        let mark = match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.starts_with(".rapidkit") || path.starts_with(".git") => continue,
            Some("rs" | "ts") => "// Mine.",
            Some("py" | "toml" | "txt") => "# Mine.",
            _ => continue,
        };
        // At the end of the user's files, below the first line of generated ones: versions may differ in their last.
        let is_generated = !before.contains_key(&path);
        let mine = |bytes: &[u8]| {
            let end = if bytes.contains(&b'\r') { "\r\n" } else { "\n" };
            let first = bytes.iter().position(|byte| *byte == b'\n');
            let at = first.filter(|_| is_generated);
            let (above, below) = bytes.split_at(at.map_or(bytes.len(), |at| at + 1));
            [above, mark.as_bytes(), end.as_bytes(), below].concat()
        };
        let Some(now) = now.filter(|now| now.ends_with(b"\n")) else {
            continue;
        };
        let was = before.get(&path).cloned().flatten();
        if was.as_ref() == Some(&now) {
            continue;
        }
        project.write(path.to_str().unwrap(), mine(&now));
        edits += 1;
        if let Some(was) = was {
            left.insert(path, Some(mine(&was)));
        }
    }
    assert!(edits > 10, "only {edits} files were edited");
    left
}

#[test]
fn what_was_edited_stays() {
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    project.replace(
        "src/db_postgres/health.rs",
        "from_millis(1500)",
        "from_millis(900)",
    );
    project.replace(".env.example", "# DB_ECHO=false\n", "DB_ECHO=true\n");
    project.replace("src/main.rs", "fn main", "// Mine.\nfn main");
    let edited = project.tree();
    let ran = project.run(&["remove", "--yes"]).ok();
    for part in [
        "stays: src/db_postgres/health.rs: you edited it",
        "stays: .env.example: ",
        "install as after an edit of yours",
    ] {
        assert!(ran.out.contains(part), "{part} in {}", ran.out);
    }
    let left: Vec<_> = project.tree().into_keys().collect();
    let left: Vec<_> = left
        .iter()
        .filter_map(|path| path.to_str())
        .filter(|path| path.contains('.'))
        .collect();
    assert_eq!(
        left,
        [
            ".env.example",
            "Cargo.toml",
            "src/db_postgres/health.rs",
            "src/main.rs"
        ]
    );
    assert!(project.read("src/main.rs").contains("// Mine.\nfn main"));

    let other = Fixture::empty();
    for (path, bytes) in edited {
        if let Some(bytes) = bytes {
            other.write(path.to_str().unwrap(), bytes);
        }
    }
    other.run(&["remove", "--yes", "--discard-edits"]).ok();
    let untouched = Fixture::axum();
    other.replace("src/main.rs", "// Mine.\n", "");
    assert!(other.tree() == untouched.tree());
}

#[test]
fn code_that_uses_it_is_named_first() {
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    // Of a directory of tools below it would be a mark; the project itself is looked into.
    project.write("pyvenv.cfg", "");
    project.write(
        "src/orders.rs",
        "// db_postgres\nuse crate::db_postgres::Database;\n",
    );
    project.replace(
        "src/main.rs",
        "db_postgres::init()",
        "crate::db_postgres::init()",
    );
    project.refuses(
        &["remove", "--yes"],
        1,
        &[
            "src/orders.rs:2: use crate::db_postgres::Database;",
            "src/main.rs:",
            "nothing was written",
        ],
    );
}

#[test]
fn a_package_that_other_code_uses_stays() {
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    project.write("src/orders.rs", "pub type Row = sqlx::postgres::PgRow;\n");
    let ran = project.run(&["remove", "--yes"]).ok();
    assert!(
        ran.out
            .contains("stays: the package sqlx: src/orders.rs:1 uses it"),
        "{}",
        ran.out
    );
    let manifest = project.read("Cargo.toml");
    assert!(
        manifest.contains("sqlx = ") && !manifest.contains("humantime"),
        "{manifest}"
    );
}

#[test]
fn one_of_two_members_is_removed_and_the_other_stays() {
    let member =
        |name: &str| crate::fixture::AXUM_MANIFEST.replace("\"shop\"", &format!("\"{name}\""));
    let project = Fixture::with(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"api\", \"admin\"]\nresolver = \"3\"\n",
        ),
        ("api/Cargo.toml", &member("api")),
        ("api/src/main.rs", crate::fixture::AXUM_MAIN),
        ("admin/Cargo.toml", &member("admin")),
        ("admin/src/main.rs", crate::fixture::AXUM_MAIN),
    ]);
    let before = project.tree();
    project
        .run(&["add", "--yes", "--package", "api", "--set", "pool_size=3"])
        .ok();
    let one = project.tree();
    project.run(&["add", "--yes", "--package", "admin"]).ok();
    project.run(&["verify-all", "--release"]).ok();
    project.refuses(&["remove", "--yes"], 1, &["several packages", "--package"]);
    project.refuses(
        &["remove", "--yes", "--package", "nothing"],
        2,
        &["does not have"],
    );
    project.run(&["-C", "admin", "remove", "--yes"]).ok();
    assert!(project.tree() == one);
    project.run(&["verify-all", "--release"]).ok();
    project.run(&["remove", "--yes"]).ok();
    assert!(project.tree() == before);
}

#[test]
fn wiring_is_taken_out_wherever_it_has_come() {
    // What a person writes and where, what the file was, and what it is in the end.
    type Edit = fn(&str) -> String;
    let axum = crate::fixture::AXUM_MAIN;
    let python = "from fastapi import FastAPI\n\napp = FastAPI()\n";
    let cases: &[(&str, &str, Edit, &str)] = &[
        (
            "a module under ours",
            axum,
            |text| text.replace("mod db_postgres;\n\n", "mod db_postgres;\nmod mine;\n\n"),
            &axum.replacen("use axum", "mod mine;\n\nuse axum", 1),
        ),
        (
            "a line that was rewritten around ours",
            axum,
            |text| {
                text.replace("fallback_service(app)", "fallback_service(app.clone())")
                    .replace("#[tokio::main]", "#[tokio::main] // Mine.")
            },
            &axum
                .replace("#[tokio::main]", "#[tokio::main] // Mine.")
                .replace(
                    "    axum::serve(listener, app).await\n",
                    "    axum::serve(listener, app.clone())\n        .await\n",
                ),
        ),
        (
            "a function around ours",
            python,
            |text| {
                text.replace(
                    "db_postgres.init_app(app)\n",
                    "def setup():\n    db_postgres.init_app(app)\n\n\nsetup()\n",
                )
            },
            &(python.to_owned() + "def setup():\n    pass\n\n\nsetup()\n"),
        ),
        (
            "another name in our import, and a comment",
            python,
            |text| {
                text.replace("import db_postgres\n", "import db_postgres, config\n")
                    .replace("init_app(app)", "init_app(app)  # Mine.")
            },
            &(python.replacen("\n\napp", "\n\nfrom . import config\n\napp", 1) + "# Mine.\n"),
        ),
    ];
    for (what, before, edit, after) in cases {
        let (project, path) = match before.starts_with("from") {
            true => {
                let manifest = "[project]\nname = \"shop\"\nversion = \"0.1.0\"\ndependencies = [\"fastapi\"]\n";
                let files = [
                    ("pyproject.toml", manifest),
                    ("app/__init__.py", ""),
                    ("app/main.py", *before),
                ];
                (Fixture::with(&files), "app/main.py")
            }
            false => (Fixture::axum(), "src/main.rs"),
        };
        project.run(&["add", "--yes"]).ok();
        let edited = edit(&project.read(path));
        assert!(edited != project.read(path), "{what}: {edited}");
        project.write(path, edited);
        project.run(&["remove", "--yes"]).ok();
        assert_eq!(project.read(path), *after, "{what}");
    }
}

fn nestjs() -> Fixture {
    Fixture::copy_of(&repository().join("tests/fixtures/nestjs/plain"))
}

#[test]
fn a_nestjs_module_is_left_whole() {
    let module = "src/app.module.ts";
    for (list, left) in [
        ("[DatabasePostgresModule,]", "[]"),
        ("[\n    DatabasePostgresModule,\n  ]", "[\n  ]"),
        ("[A, DatabasePostgresModule]", "[A]"),
        (
            "[\n    A, // a\n    DatabasePostgresModule, // Mine.\n  ]",
            "[\n    A, // a\n    // Mine.\n  ]",
        ),
    ] {
        let project = nestjs();
        project.run(&["add", "--yes"]).ok();
        project.replace(module, "[DatabasePostgresModule]", list);
        project.run(&["remove", "--yes"]).ok();
        let text = project.read(module);
        assert!(text.contains(&format!("imports: {left},")), "{text}");
    }
    for (mine, theirs) in [
        (
            "@Module({",
            "@Module({\n  exports: [DatabasePostgresModule],",
        ),
        (
            "@Module({",
            "const ALL = { DatabasePostgresModule };\n\n@Module({",
        ),
    ] {
        let project = nestjs();
        project.run(&["add", "--yes"]).ok();
        project.replace(module, mine, theirs);
        let line = theirs
            .lines()
            .find(|line| line.contains("Postgres"))
            .unwrap();
        project.refuses(&["remove", "--yes"], 1, &[module, line.trim()]);
    }
    for part in [
        "if (process.env.CI) ",
        "if (process.env.CI)\n    ",
        "app && ",
    ] {
        let project = nestjs();
        project.run(&["add", "--yes"]).ok();
        let statement = "app.enableShutdownHooks();";
        project.replace("src/main.ts", statement, &format!("{part}{statement}"));
        let text = project.read("src/main.ts");
        let ran = project.run(&["remove", "--yes"]).ok();
        assert!(ran.out.contains("stays: src/main.ts"), "{}", ran.out);
        assert_eq!(project.read("src/main.ts"), text);
    }
}

#[test]
fn files_without_a_last_line_ending_are_as_before() {
    for (framework, files) in [
        ("axum", &["Cargo.toml", "src/main.rs"][..]),
        ("actix", &["Cargo.toml", "src/main.rs"]),
        ("fastapi", &["requirements.txt", "main.py"]),
        (
            "nestjs",
            &["package.json", "src/main.ts", "src/app.module.ts"],
        ),
    ] {
        let path = repository().join("tests/fixtures").join(framework);
        let project = Fixture::copy_of(&path.join("plain"));
        for file in files {
            let text = project.read(file);
            project.write(file, text.trim_end());
        }
        let before = project.tree();
        project.run(&["add", "--yes"]).ok();
        project
            .run(&["reconfigure", "--set", "pool_size=3", "--yes"])
            .ok();
        project.run(&["verify-all", "--release"]).ok();
        project.run(&["remove", "--yes"]).ok();
        assert!(project.tree() == before, "{framework}");
    }
}

#[test]
fn a_test_that_imports_the_first_test_is_named() {
    let shape = repository().join("tests/fixtures/fastapi/plain");
    let project = Fixture::copy_of(&shape);
    project.run(&["add", "--yes"]).ok();
    let import = "from test_db_postgres import database";
    project.write("tests/test_mine.py", format!("{import}\n"));
    let named = format!("tests/test_mine.py:1: {import}");
    project.refuses(&["remove", "--yes"], 1, &[&named]);
    // One that was edited stays.
    let first = project.read("tests/test_db_postgres.py");
    project.write("tests/test_db_postgres.py", first + "# Mine.\n");
    let ran = project.run(&["remove", "--yes"]);
    assert!(!ran.err.contains(&named), "{}", ran.err);
}

#[test]
fn a_package_in_a_version_of_yours_stays_and_is_named() {
    let project = Fixture::axum();
    let old = repository().join("tests/modules/1.0.0");
    let old = old.to_str().unwrap();
    project.run(&["add", "--yes", "--module", old]).ok();
    project.replace("Cargo.toml", "thiserror = \"2\"", "thiserror = \"2.0.3\"");
    project.run(&["lock", "--overwrite", "--module", old]).ok();
    project.run(&["upgrade", "--yes"]).ok();
    let removed = project.run(&["remove", "--yes"]).ok();
    let stays = "stays: Cargo.toml: `thiserror = \"2.0.3\"` has a version of yours";
    assert_eq!(removed.out.matches(stays).count(), 1, "{}", removed.out);
    assert!(project.read("Cargo.toml").contains("thiserror = \"2.0.3\""));
}
