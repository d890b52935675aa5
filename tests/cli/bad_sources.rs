//! Manifests and sources of NestJS and FastAPI as people leave them: a clear error or done right, nothing lost.

use crate::applications::{APP, MAIN, MODULE, PACKAGE, PYPROJECT};
use crate::fixture::Fixture;

fn nestjs() -> Fixture {
    Fixture::with(&[
        ("package.json", PACKAGE),
        ("src/main.ts", MAIN),
        ("src/app.module.ts", MODULE),
    ])
}

fn fastapi() -> Fixture {
    Fixture::with(&[("pyproject.toml", PYPROJECT), ("main.py", APP)])
}

/// Words in their order, whatever stands between them.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// Whether all of `before` is still there, in its order.
fn keeps(before: &str, after: &str) -> bool {
    let mut after = words(after).into_iter();
    words(before)
        .into_iter()
        .all(|word| after.any(|other| other.trim_end_matches(',') == word.trim_end_matches(',')))
}

#[test]
fn a_package_json_that_is_none() {
    for (from, to, expected) in [
        ("\"name\": \"shop\",", "\"name\": \"shop\"", "no JSON"),
        ("\"^11.0.1\"\n", "\"^11.0.1\",\n", "no JSON"),
        ("{\n  \"name\"", "{ // the shop\n  \"name\"", "no JSON"),
        (
            "\"devDependencies\": {}",
            "\"name\": \"other\"",
            "`name` is there twice",
        ),
        (
            "\"@nestjs/common\"",
            "\"@nestjs/core\": \"^11.0.1\",\n    \"@nestjs/common\"",
            "`@nestjs/core` is there twice",
        ),
        (
            "\"devDependencies\": {}",
            "\"devDependencies\": []",
            "`devDependencies`",
        ),
        (
            "\"@nestjs/common\"",
            "\"pg\": 8,\n    \"@nestjs/common\"",
            "`pg` has no version",
        ),
    ] {
        let project = nestjs();
        project.replace("package.json", from, to);
        project.refuses(&["add", "--yes"], 2, &[expected]);
    }
    let project = nestjs();
    project.replace(
        "package.json",
        "\"devDependencies\": {}",
        "\"dependencies\": {}",
    );
    let said = ["`dependencies` is there twice", "package.json:7:3"];
    project.refuses(&["add", "--yes"], 2, &said);
    for text in ["", "[]", "null", "\"shop\"", "{\"a\":"] {
        let project = nestjs();
        project.write("package.json", text);
        let ran = project.refuses(&["add", "--yes"], 2, &[]);
        assert!(!ran.err.contains("panic"), "{}", ran.err);
    }
}

#[test]
fn a_package_json_indented_oddly() {
    let one_line = PACKAGE.replace('\n', "");
    let tabs = PACKAGE.replace("  ", "\t");
    let mixed = PACKAGE.replace("    \"@nestjs/core\"", "\t \"@nestjs/core\"");
    let flat: String = PACKAGE
        .lines()
        .map(|line| line.trim().to_owned() + "\r\n")
        .collect();
    for text in [
        one_line.clone(),
        tabs,
        mixed,
        flat,
        format!("\u{feff}{PACKAGE}"),
        PACKAGE.trim_end().to_owned(),
    ] {
        let project = nestjs();
        project.write("package.json", &text);
        project.run(&["add", "--yes"]).ok();
        let after = project.read("package.json");
        let bare = after.trim_start_matches('\u{feff}');
        let manifest: serde_json::Value = serde_json::from_str(bare).unwrap();
        assert!(manifest["dependencies"]["pg"].is_string(), "{after}");
        assert!(
            keeps(&text.replace('{', " { "), &after.replace('{', " { ")),
            "{after}"
        );
        assert_eq!(after.starts_with('\u{feff}'), text.starts_with('\u{feff}'));
        let is_crlf = |text: &str| text.matches('\n').count() == text.matches("\r\n").count();
        if text.contains('\n') {
            assert_eq!(is_crlf(&text), is_crlf(&after), "{after:?}");
        }
        assert_eq!(after.ends_with('\n'), text.ends_with('\n'), "{after:?}");
        project.run(&["verify-all", "--release"]).ok();
    }
}

#[test]
fn typescript_that_does_not_parse() {
    for (path, from, to) in [
        ("src/main.ts", "bootstrap() {", "bootstrap( {"),
        ("src/app.module.ts", "@Module({})", "@Module({)"),
    ] {
        let project = nestjs();
        project.replace(path, from, to);
        let ran = project.refuses(&["add", "--yes"], 1, &["does not parse", path]);
        assert!(ran.err.contains("--no-wire"), "{}", ran.err);
    }
    let project = nestjs();
    project.write("src/main.ts", [MAIN.as_bytes(), b"// caf\xe9\n"].concat());
    project.refuses(&["add", "--yes"], 2, &["not UTF-8", "src/main.ts"]);
}

#[test]
fn a_pyproject_that_is_none() {
    for (from, to, place) in [
        ("[project]", "[project", "pyproject.toml:1:"),
        (
            "version =",
            "name = \"other\"\nversion =",
            "pyproject.toml:3:",
        ),
        ("dependencies = [", "dependencies = [,", "pyproject.toml:5:"),
    ] {
        let project = fastapi();
        project.replace("pyproject.toml", from, to);
        project.refuses(&["add", "--yes"], 2, &[place]);
    }
}

#[test]
fn python_that_does_not_parse() {
    let project = fastapi();
    project.write("main.py", format!("{APP}\nprint \"started\"\n"));
    project.refuses(&["add", "--yes"], 1, &["main.py", "not Python 3"]);
    let project = fastapi();
    project.write("main.py", [APP.as_bytes(), b"# caf\xe9\n"].concat());
    project.refuses(&["add", "--yes"], 2, &["not UTF-8", "main.py"]);
}

#[test]
fn python_with_marks_and_line_ends_of_its_own() {
    let before = format!("\u{feff}{}", APP.replace('\n', "\r\n"));
    let project = fastapi();
    project.write("main.py", &before);
    project.run(&["add", "--yes"]).ok();
    let after = project.read("main.py");
    assert!(keeps(&before, &after), "{after}");
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
    assert!(after.starts_with('\u{feff}') && after.contains("init_app(app)"));
}
