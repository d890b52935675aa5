//! `vet`: what is wrong with a module, in a table; and `vet --bump`.

use crate::fixture::{Fixture, Ran};

const POOL: &str = "templates/rust/src/db_postgres/pool.rs.j2";
const SUITE: &str = "tests/conformance/run";
const SETTINGS: &str = "templates/rust/src/db_postgres/settings.rs.j2";
const HOOKS: [&str; 5] = [
    "RAPIDKIT_DB_POSTGRES_POOL_PRE_PING",
    "RAPIDKIT_DB_POSTGRES_ECHO_POOL",
    "RAPIDKIT_DB_POSTGRES_STATEMENT_TIMEOUT",
    "RAPIDKIT_DB_POSTGRES_SLOW_QUERY_THRESHOLD",
    "RAPIDKIT_DB_POSTGRES_LOG_HEALTH_CHECKS",
];

/// This repository's module with a few words on every page.
fn module() -> Fixture {
    let module = Fixture::module();
    for page in [
        "overview",
        "usage",
        "migration",
        "monitoring",
        "troubleshooting",
        "api-reference",
    ] {
        module.write(&format!("docs/{page}.md"), format!("# {page}\n\nWords.\n"));
    }
    module.write(
        "docs/advanced.md",
        format!("# Advanced\n\n{}\n", HOOKS.join("\n")),
    );
    module.write(
        "docs/changelog.md",
        "# Changelog\n\n## 1.2.0 - Unreleased\n\n- All of it.\n",
    );
    module.run(&["lock", "--overwrite", "--same-version"]);
    module
}

fn vetted(module: &Fixture) -> (Ran, Vec<(String, String)>) {
    let ran = module.run(&["vet", "--format", "json"]);
    let report = ran.json();
    assert_eq!(report["command"], "vet");
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut found: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (text(&finding["code"]), text(&finding["path"])))
        .collect();
    found.dedup();
    (ran, found)
}

/// Takes a word out of every page.
fn forget(module: &Fixture, word: &str) {
    for entry in std::fs::read_dir(module.path().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace(word, "")).unwrap();
        }
    }
}

/// What is done to the module, the code, the path, and how. Sums are recorded again afterwards.
type Fault = (&'static str, &'static str, &'static str, fn(&Fixture));

#[rustfmt::skip]
const FAULTS: &[Fault] = &[
    ("a template that does not parse",      "RK1001", SETTINGS, |m| { let t = m.read(SETTINGS); m.write(SETTINGS, t + "{% if %}"); }),
    ("a filter that is not there",          "RK1001", SETTINGS, |m| { let t = m.read(SETTINGS); m.write(SETTINGS, t + "// {{ answers.pool_size | shout }}\n"); }),
    ("a value that no encoder has seen",    "RK1001", SETTINGS, |m| { let t = m.read(SETTINGS); m.write(SETTINGS, t + "// {{ module.name }}\n"); }),
    ("code that does not parse",            "RK1002", POOL,     |m| { let t = m.read(POOL); m.write(POOL, t + "fn ("); }),
    ("code that does not parse at an edge", "RK1002", SETTINGS, |m| { let t = m.read(SETTINGS); m.write(SETTINGS, t + "{% if answers.pool_size == 10000 %}fn ({% endif %}\n"); }),
    ("code that does not parse for Axum 0.7", "RK1002", "templates/axum/src/db_postgres/extract.rs.j2", |m| { let e = "templates/axum/src/db_postgres/extract.rs.j2"; let t = m.read(e); m.write(e, t + "{% if facts.axum == \"0.7\" %}fn ({% endif %}\n"); }),
    ("an undeclared variable",              "RK1003", SETTINGS, |m| { let t = m.read(SETTINGS); m.write(SETTINGS, t + "{% if answers.pool_size == 77 %}{{ answers.colour }}{% endif %}\n"); }),
    ("a fact that the framework has not",   "RK1003", SETTINGS, |m| { let t = m.read(SETTINGS); m.write(SETTINGS, t + "{% if answers.pool_size == 77 %}{{ facts.colour }}{% endif %}\n"); }),
    ("an answer that nothing reads",        "RK1004", "config/base.yaml", |m| m.replace("config/base.yaml", "prompts:\n", "prompts:\n  - name: colour\n    ask: Which?\n    help: None.\n    type: boolean\n    default: true\n")),
    ("no changelog entry",                  "RK1005", "docs/changelog.md", |m| m.replace("docs/changelog.md", "## 1.2.0", "## 0.9.0")),
    ("an empty page",                       "RK1006", "docs/usage.md", |m| { m.write("docs/usage.md", "# Usage\n"); }),
    ("a page that is not in the map",       "RK1006", "module.yaml", |m| m.replace("module.yaml", "  usage: docs/usage.md\n", "")),
    ("a page that is not there",            "RK0406", "module.yaml", |m| m.replace("module.yaml", "docs/usage.md", "docs/absent.md")),
    ("a hook that no page names",           "RK1007", "module.yaml", |m| forget(m, HOOKS[1])),
    ("a hook that no code reads",           "RK1008", "module.yaml", |m| { m.replace("module.yaml", HOOKS[1], "RAPIDKIT_DB_POSTGRES_ECHO_COLOUR"); let t = m.read("docs/usage.md"); m.write("docs/usage.md", t + "RAPIDKIT_DB_POSTGRES_ECHO_COLOUR\n"); }),
    ("a hook that only comments name",      "RK1008", "module.yaml", |m| {
        m.replace("module.yaml", HOOKS[1], "RAPIDKIT_DB_POSTGRES_ECHO_COLOUR");
        for (path, mark) in [("docs/usage.md", ""), (POOL, "//"), ("templates/fastapi/db_postgres/pool.py", "#"), ("templates/nestjs/src/db-postgres/postgres.pool.ts", "//")] {
            let t = m.read(path);
            m.write(path, format!("{t}\n{mark} RAPIDKIT_DB_POSTGRES_ECHO_COLOUR\n"));
        }
    }),
    ("a hook that only the changelog names", "RK1007", "module.yaml", |m| {
        forget(m, HOOKS[1]);
        let t = m.read("docs/changelog.md");
        m.write("docs/changelog.md", format!("{t}\n{}\n", HOOKS[1]));
    }),
    ("a password",                          "RK1009", POOL,     |m| { let t = m.read(POOL); m.write(POOL, t + "// postgres://app:Zx81kQ@db.internal/x\n"); }),
    ("a token on a page",                   "RK1009", "docs/usage.md", |m| { let t = m.read("docs/usage.md"); m.write("docs/usage.md", format!("{t}ghp_{}\n", "a".repeat(36))); }),
    ("a framework that there is not",       "RK1001", "module.yaml", |m| { m.replace("config/base.yaml", "dependencies:\n", "dependencies:\n  rocket: []\n"); m.replace("module.yaml", "  frameworks:\n", "  frameworks:\n    rocket: \">=0.5, <0.6\"\n"); m.replace("module.yaml", "  variants:\n", "  variants:\n    rocket:\n      files:\n        - template: templates/common/.env.example.j2\n          output: .env.example\n          kind: block\n"); }),
    ("a private key on a page",             "RK1009", "docs/usage.md", |m| { let t = m.read("docs/usage.md"); m.write("docs/usage.md", t + "-----BEGIN PRIVATE KEY-----\n"); }),
    ("an unknown key",                      "RK0406", "module.yaml", |m| m.replace("module.yaml", "license: MIT", "licence: MIT")),
];

#[test]
fn a_good_module_is_clean() {
    let module = module();
    let (ran, found) = vetted(&module);
    assert_eq!((ran.code, found), (Some(0), vec![]), "{}", ran.out);
}

#[test]
fn every_fault_is_seen_at_its_place() {
    for (what, code, path, make) in FAULTS {
        let module = module();
        make(&module);
        module.run(&["lock", "--overwrite", "--same-version"]);
        let before = module.tree();
        let (ran, found) = vetted(&module);
        let found: Vec<_> = found
            .iter()
            .map(|(code, path)| (code.as_str(), path.as_str()))
            // A module that cannot be read cannot be recorded either.
            .filter(|(found, _)| *code != "RK0406" || !matches!(*found, "RK0403" | "RK0402"))
            .collect();
        assert_eq!(
            (ran.code, found),
            (Some(1), vec![(*code, *path)]),
            "{what}: {}",
            ran.out
        );
        assert!(module.tree() == before, "{what}: vetting wrote something");
    }
}

#[test]
fn drift_is_seen() {
    let module = module();
    let text = module.read(POOL);
    module.write(POOL, text + "\n");
    assert_eq!(vetted(&module).1, [("RK0403".to_owned(), POOL.to_owned())]);
}

#[test]
fn a_directory_without_a_module_is_bad_input() {
    Fixture::empty().refuses(&["vet"], 2, &["no module here"]);
    Fixture::axum().refuses(&["vet", "--bump", "patch"], 2, &["module.yaml"]);
}

#[test]
fn bump_edits_the_version_and_nothing_else() {
    for (part, version) in [("patch", "1.2.1"), ("minor", "1.3.0"), ("major", "2.0.0")] {
        let module = module();
        module.replace(
            "module.yaml",
            "version: 1.2.0",
            "version:   '1.2.0'   # of what is generated",
        );
        module.run(&["lock", "--overwrite", "--same-version"]).ok();
        let (yaml, before) = (module.read("module.yaml"), module.tree());
        module.run(&["vet", "--bump", part]).ok();
        assert_eq!(
            module.read("module.yaml"),
            yaml.replacen("'1.2.0'", &format!("'{version}'"), 1)
        );
        let changelog = module.read("docs/changelog.md");
        assert!(
            changelog.starts_with(&format!(
                "# Changelog\n\n## {version} - Unreleased\n\n### Changed\n\n- \n\n## 1.2.0 - Unreleased\n"
            )),
            "{changelog}"
        );
        let changed = module
            .tree()
            .iter()
            .filter(|(path, bytes)| before.get(*path) != Some(bytes))
            .count();
        assert_eq!(changed, 2);
        assert!(!module.path().join(".rapidkit").exists());
        module.run(&["lock", "--overwrite"]).ok();
        // What changed nobody but the author can say.
        let missing = ("RK1005".to_owned(), "docs/changelog.md".to_owned());
        assert_eq!(vetted(&module).1, [missing]);
        module.replace("docs/changelog.md", "\n- \n", "\n- Something.\n");
        module.run(&["lock", "--overwrite"]).ok();
        assert_eq!(vetted(&module).1, []);
    }
}

/// What a suite says, how it ends, and what is made of it: level, a part of what is reported, and the exit code.
type Suite = (&'static str, i32, &'static str, &'static str, i32);

#[rustfmt::skip]
const SUITES: &[Suite] = &[
    ("all hold",                               0, "",          "",                       0),
    ("all hold but hook ECHO_POOL",            1, "finding",   "fails row.x: no line",   1),
    ("all hold, then it ends otherwise",       1, "unchecked", "exit status: 1",         2),
    ("all hold but hook ECHO_POOL",            0, "unchecked", "exit status: 0",         1),
    ("nothing",                                0, "unchecked", "it says nothing",        2),
    ("nothing",                                2, "unchecked", "exit status: 2",         2),
];

#[test]
fn a_suite_is_believed_only_if_it_speaks_of_every_hook() {
    for (says, code, level, actual, exit) in SUITES {
        let module = module();
        let lines: String = HOOKS
            .iter()
            .filter(|_| says.starts_with("all"))
            .map(
                |hook| match says.contains("but") && hook.ends_with("ECHO_POOL") {
                    true => format!("echo 'hook {hook} fails row.x: no line'\n"),
                    false => format!("echo 'hook {hook} holds'\n"),
                },
            )
            .collect();
        let arguments = "[ -d \"templates/$1\" ] && [ \"$2 $3 $4\" = \"--module $PWD --hooks\" ] \
                         && [ -x \"$RAPIDKIT_PG\" ] || exit 9\n";
        module.write(SUITE, format!("#!/bin/sh\n{arguments}{lines}exit {code}\n"));
        crate::project::make_executable(&module, SUITE);
        let ran = module.run(&["vet", "--deep", "--format", "json"]);
        let report = ran.json();
        let seen = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| {
                finding["code"] == "RK1010"
                    && finding["level"] == *level
                    && finding["actual"].as_str().unwrap().contains(actual)
            });
        assert_eq!(
            (seen, ran.code),
            (!level.is_empty(), Some(*exit)),
            "{says}, {code}: {}",
            ran.out
        );
        // Without being asked to, nothing of the module's is run.
        module.write(SUITE, "#!/bin/sh\ntouch ran\n");
        module.run(&["vet"]).ok();
        assert!(!module.path().join("ran").exists());
    }
}

#[test]
fn a_module_without_a_suite_could_not_be_checked() {
    let module = module();
    let ran = module.run(&["vet", "--deep", "--format", "json"]);
    let report = ran.json();
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["level"]),
        (&"RK1010".into(), &"unchecked".into())
    );
    assert_eq!(ran.code, Some(2));
    // A program that cannot be run is none.
    module.write(SUITE, "");
    assert_eq!(module.run(&["vet", "--deep"]).code, Some(2));
}

#[test]
fn every_code_of_vetting_is_in_the_table() {
    // What `--deep` sees has its own.
    for code in rapidkit_pg::types::Code::ALL
        .iter()
        .filter(|code| code.id().starts_with("RK10") && code.id() != "RK1010")
    {
        assert!(
            FAULTS.iter().any(|(_, seen, ..)| *seen == code.id()),
            "{}",
            code.id()
        );
    }
}
