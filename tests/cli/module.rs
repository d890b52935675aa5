//! `module.yaml`, `config/base.yaml`, `module.sums`: every inconsistency is an error at its place.

use crate::fixture::{Fixture, repository};

/// Edits module.yaml, records the result as `lock` would be asked to, and expects a refusal.
fn refused(from: &str, to: &str, expected: &[&str]) {
    let module = Fixture::module();
    module.replace("module.yaml", from, to);
    module.refuses(&["lock"], 2, expected);
}

#[test]
fn an_unknown_key() {
    refused(
        "license: MIT",
        "licence: MIT",
        &["module.yaml:6:1", "licence"],
    );
}

#[test]
fn a_doubled_key() {
    refused(
        "license: MIT",
        "license: MIT\nlicense: MIT",
        &["module.yaml:7:1", "duplicate"],
    );
}

#[test]
fn a_wrong_type() {
    refused(
        "version: 1.2.0",
        "version: [1]",
        &["module.yaml:4:", "string"],
    );
}

#[test]
fn a_version_that_is_none() {
    refused("version: 1.2.0", "version: 1.0", &["module.yaml:4:"]);
}

#[test]
fn a_missing_key() {
    refused("license: MIT\n", "", &["license"]);
}

#[test]
fn a_missing_page() {
    refused(
        "docs/usage.md",
        "docs/absent.md",
        &["`usage` is missing", "module.yaml:"],
    );
}

#[test]
fn a_missing_template() {
    refused(
        "template: templates/rust/src/db_postgres/pool.rs.j2",
        "template: templates/rust/src/db_postgres/pond.rs",
        &["pond.rs` is missing", "module.yaml:"],
    );
}

#[test]
fn a_template_that_no_variant_uses() {
    let module = Fixture::module();
    module.write("templates/left.over", "x");
    module.refuses(
        &["lock"],
        2,
        &["no variant uses this template", "templates/left.over"],
    );
}

#[test]
fn an_unsafe_output() {
    for (output, reason) in [
        ("../pool.rs", "`.` or `..`"),
        ("/etc/passwd", "empty segment"),
        ("src/con.rs", "device name"),
        (".git/hooks/pre-commit", ".git"),
        ("\"src/a b.rs\"", "A-Za-z0-9"),
        (".rapidkit/vendor/x", ".rapidkit"),
    ] {
        refused(
            "output: src/db_postgres/pool.rs",
            &format!("output: {output}"),
            &[reason, "module.yaml:"],
        );
    }
}

#[test]
fn an_output_that_is_there_twice_letter_case_aside() {
    refused(
        "output: src/db_postgres/pool.rs",
        "output: src/db_postgres/URL.rs",
        &["is there twice", "module.yaml:"],
    );
}

#[test]
fn a_kind_that_is_not_for_modules() {
    refused("kind: seed", "kind: vendor", &["`vendor`"]);
}

#[test]
fn a_module_for_another_rapidkit_pg() {
    refused(">=1.1.0, <2.0.0", ">=7", &["not made for rapidkit-pg"]);
}

#[test]
fn text_that_is_no_yaml() {
    let module = Fixture::module();
    module.write("module.yaml", "name: [");
    module.refuses(&["lock"], 2, &["module.yaml:1:"]);
    module.write("module.yaml", b"name: \xff");
    module.refuses(&["lock"], 2, &["not UTF-8"]);
}

#[test]
fn an_alias_bomb_ends_at_once() {
    let module = Fixture::module();
    let mut text = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, of) in ('b'..='z').zip('a'..) {
        text +=
            &format!("{name}: &{name} [*{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}]\n");
    }
    module.write("module.yaml", text);
    module.refuses(&["lock"], 2, &["module.yaml"]);
    module.write("module.yaml", "[".repeat(200_000));
    module.refuses(&["lock"], 2, &["module.yaml"]);
}

#[test]
fn a_template_bomb_ends_soon_and_is_named() {
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    for bomb in [
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{% for i in range(100000) %}// a line of text, many times over, which nobody reads\n{% endfor %}",
        "{% macro a(n) %}{% for i in range(9) %}{{ a(n) }}{% endfor %}{% endmacro %}{{ a(1) }}",
    ] {
        let module = Fixture::module();
        let pool = "templates/rust/src/db_postgres/pool.rs.j2";
        let text = module.read(pool);
        module.write(pool, format!("{bomb}{text}"));
        module.run(&["lock", "--overwrite", "--same-version"]).ok();
        let started = std::time::Instant::now();
        let vetted = module.run(&["vet"]);
        assert_eq!(vetted.code, Some(1), "{}", vetted.err);
        assert!(
            vetted.out.contains(&format!("RK1001] {pool}")),
            "{}",
            vetted.out
        );
        let directory = module.path().to_str().unwrap();
        let bare = Fixture::axum();
        bare.refuses(&["add", "--yes", "--module", directory], 2, &[pool, ":1"]);
        let verified = project.run(&["verify-all", "--module", directory]);
        assert_eq!(verified.code, Some(1), "{}", verified.err);
        assert!(
            verified
                .out
                .contains(&format!("cannot render the template {pool}")),
            "{}",
            verified.out
        );
        assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    }
}

#[test]
fn both_versions_are_told() {
    let project = Fixture::empty();
    let own = format!("rapidkit-pg {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(project.run(&["-V"]).ok().out, format!("{own}\n"));
    let manifest = std::fs::read_to_string(repository().join("module.yaml")).unwrap();
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("version: "))
        .unwrap();
    assert_eq!(
        project.run(&["--version"]).ok().out,
        format!("{own} (module free/database/db_postgres {version})\n")
    );
}

#[test]
fn a_default_that_its_own_prompt_refuses() {
    let module = Fixture::module();
    module.replace("config/base.yaml", "default: 10\n", "default: 100000\n");
    module.refuses(&["lock"], 2, &["config/base.yaml:", "whole number from"]);
}

#[test]
fn what_would_not_parse_is_not_written() {
    for (template, output) in [
        ("health.rs", "src/db_postgres/health.rs:"),
        ("pool.rs.j2", "src/db_postgres/pool.rs:"),
    ] {
        let module = Fixture::module();
        let template = format!("templates/rust/src/db_postgres/{template}");
        let text = module.read(&template);
        module.write(&template, text + "fn (\n");
        module.run(&["lock", "--overwrite", "--same-version"]).ok();
        let directory = module.path().to_str().unwrap();
        Fixture::axum().refuses(
            &["add", "--yes", "--module", directory],
            2,
            &["does not parse; nothing was written", output],
        );
    }
}

#[test]
fn drift_is_refused_with_both_ways_out() {
    let module = Fixture::module();
    let project = Fixture::axum();
    let path = module.path().to_str().unwrap();
    module.replace("templates/rust/src/db_postgres/pool.rs.j2", "use ", "use  ");
    project.refuses(
        &["add", "--yes", "--module", path],
        2,
        &[
            "still says version 1.2.0",
            "changed: templates/rust/src/db_postgres/pool.rs.j2",
            "--allow-drift",
            "lock --overwrite",
        ],
    );
    project
        .run(&["add", "--yes", "--module", path, "--allow-drift"])
        .ok();
    assert!(
        project
            .read(".rapidkit/rapidkit-pg.lock.yaml")
            .contains("\n    dev: true\n")
    );

    // What is said before it is asked for is no other thing.
    let ran = module.run(&["lock"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("--same-version"), "{}{}", ran.out, ran.err);
    module.refuses(
        &["lock", "--overwrite"],
        1,
        &["still says version 1.2.0", "--same-version"],
    );
    module.run(&["lock", "--overwrite", "--same-version"]).ok();
    Fixture::axum()
        .run(&["add", "--yes", "--module", path])
        .ok();
}

#[test]
fn a_bumped_version_is_recorded() {
    let module = Fixture::module();
    module.replace("module.yaml", "version: 1.2.0", "version: 1.2.1");
    let path = module.path().to_str().unwrap();
    Fixture::axum().refuses(
        &["add", "--yes", "--module", path],
        2,
        &["module.sums is of version 1.2.0"],
    );
    assert_eq!(module.run(&["lock", "--check"]).code, Some(1));
    module.run(&["lock", "--overwrite"]).ok();
    module.run(&["lock", "--check"]).ok();
    Fixture::axum()
        .run(&["add", "--yes", "--module", path])
        .ok();
}

#[test]
fn sha256sum_reads_module_sums() {
    let module = Fixture::module();
    let checked = std::process::Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet", "module.sums"])
        .current_dir(module.path())
        .output()
        .unwrap();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stdout)
    );
}

#[test]
fn a_link_in_a_module_is_refused() {
    let module = Fixture::module();
    std::os::unix::fs::symlink("/etc/passwd", module.path().join("templates/passwd")).unwrap();
    module.refuses(&["lock"], 2, &["neither a file nor a directory"]);
}

#[test]
fn this_repository_is_a_module_whose_sums_are_current() {
    let ran = Fixture::empty().run(&["-C", repository().to_str().unwrap(), "lock", "--check"]);
    assert_eq!(
        ran.code,
        Some(0),
        "run `cargo run -- lock --overwrite --same-version`:\n{}",
        ran.out
    );
}

#[test]
fn the_committed_json_schemas_are_those_of_the_types() {
    let reports = [rapidkit_pg::commands::schema()];
    for (path, text) in rapidkit_pg::module::schemas().into_iter().chain(reports) {
        let committed = std::fs::read_to_string(repository().join(path)).unwrap_or_default();
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(repository().join(path), &text).unwrap();
        } else {
            assert!(
                committed == text,
                "{path} is stale: UPDATE_SCHEMAS=1 cargo test --test cli schemas"
            );
        }
    }
}
