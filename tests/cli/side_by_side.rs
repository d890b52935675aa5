//! Applications of two frameworks in one repository: each has answers, a record and a verdict of its own.

use crate::applications::{APP, MAIN, MODULE, PACKAGE, PYPROJECT};
use crate::fixture::Fixture;

#[test]
fn one_is_added_and_verified_without_the_other() {
    let project = Fixture::with(&[
        ("api/pyproject.toml", PYPROJECT),
        ("api/main.py", APP),
        ("web/package.json", PACKAGE),
        ("web/src/main.ts", MAIN),
        ("web/src/app.module.ts", MODULE),
    ]);
    let below = |folder: &str| {
        let mut tree = project.tree();
        tree.retain(|path, _| path.starts_with(folder));
        tree
    };
    let web = below("web");
    let add = |folder, size| {
        project
            .run(&["-C", folder, "add", "--yes", "--set", size])
            .ok()
    };
    add("api", "pool_size=3");
    assert!(below("web") == web, "adding to one wrote into the other");
    let api = below("api");
    add("web", "pool_size=5");
    assert!(below("api") == api, "adding to one wrote into the other");

    let record = |folder: &str| project.read(&format!("{folder}/.rapidkit/rapidkit-pg.lock.yaml"));
    assert!(
        record("api").contains("\"pool_size\": 3"),
        "{}",
        record("api")
    );
    assert!(
        record("web").contains("\"pool_size\": 5"),
        "{}",
        record("web")
    );
    let verified = project.run(&["verify-all", "--release"]).ok();
    assert!(verified.err.contains("2 projects") || verified.out.contains("2 projects"));

    project.replace(
        "web/src/db-postgres/postgres.config.ts",
        "import",
        "\nimport",
    );
    for (folder, code) in [("api", 0), ("web", 1), (".", 1)] {
        let ran = project.run(&["verify-all", "--release", folder]);
        assert_eq!(ran.code, Some(code), "{folder}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn what_cannot_be_read_leaves_an_application_that_is_named_alone() {
    let project = Fixture::with(&[
        ("package.json", PACKAGE),
        ("src/main.ts", MAIN),
        ("src/app.module.ts", MODULE),
    ]);
    // As PowerShell writes `pip freeze > requirements.txt`.
    project.write("tools/requirements.txt", b"\xff\xfef\0l\0a\0s\0k\0");
    let expected = [
        "not UTF-8",
        "tools/requirements.txt",
        "`--framework nestjs`",
    ];
    project.refuses(&["add", "--yes"], 2, &expected);
    project.run(&["add", "--yes", "--package", "."]).ok();
}
