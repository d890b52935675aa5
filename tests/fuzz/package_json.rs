//! Packages put into a `package.json`.

use rapidkit_pg::edit::package_json::{add_dependencies, count};
use rapidkit_pg::types::{Dependency, FileEdit, ProjectPath};

use crate::inputs::mutated_text;
use crate::run::{refused, run};

const WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b"\"",
    b"\\",
    b"\\u0041",
    b",",
    b":",
    b"{",
    b"}",
    b"{}",
    b"[",
    b"]",
    b"// x\n",
    b"/* x */",
    b"null",
    b"1e999",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"\"pg\": \"^7.0.0\",",
    b"\"pg\": null,",
    b"\"\\u0070g\": \"8\",",
    b"\"dependencies\": {},",
    b"\"devDependencies\": {\"pg\": \"8\"},",
    b"\"dependencies\": null,",
    b"99999999999999999999",
    b"[[[[[[[[[[[[[[[[",
    b"]]]]]]]]]]]]]]]]",
];

const FILES: &[&str] = &[
    "{}",
    "{\n  \"name\": \"a\",\n  \"dependencies\": {\n    \"@nestjs/core\": \"^11.0.1\",\n    \"rxjs\": \"^7.8.1\"\n  },\n  \"devDependencies\": {\n    \"jest\": \"30\"\n  }\n}\n",
    "\u{feff}{\r\n\t\"scripts\": { \"é\": \"x \\\" }\" },\r\n\t\"dependencies\": {}\r\n}\r\n",
    "{\"dependencies\": {\"b\": \"1\", \"a\": \"1\"}, \"private\": true}",
    "{\n    \"devDependencies\": {\n        \"pg\": \"workspace:*\", \"@types/pg\": \"~8\"\n    },\n    \"x\": [[[]]]\n}\n",
    "{ \"dependencies\": { \"pg\": \"^9\" }\n}",
];

fn wanted() -> [Dependency; 3] {
    let dependency = |name: &str, version: &str, dev| Dependency {
        name: name.to_owned(),
        version: version.to_owned(),
        also: Some("^7.0.0".to_owned()),
        features: Vec::new(),
        default_features: true,
        dev,
    };
    [
        dependency("pg", "^8.16.0", false),
        dependency("reflect-metadata", "^0.2.2", false),
        dependency("@types/pg", "^8.15.0", true),
    ]
}

#[test]
fn package_json() {
    let strategy = (mutated_text(FILES, WORDS), 0..3usize);
    run("package.json", 2_000, strategy, |(text, first)| {
        let Some(edit) = add(text, *first) else {
            return false;
        };
        let (before, mut after) = (value(text), value(&edit.text));
        let mut raised = false;
        for block in &edit.blocks {
            assert_eq!(count(text, block), 0, "{block:?} in {text}");
            assert_eq!(count(&edit.text, block), 1, "{block:?} in {edit:?}");
            let (kind, name) = block.name.split_once(' ').unwrap();
            let field = match kind {
                "dev-dependency" => "devDependencies",
                _ => "dependencies",
            };
            let list = after[field].as_object_mut().unwrap();
            list.remove(name);
            // A range that began too early is another one now.
            if let Some(old) = before.get(field).and_then(|list| list.get(name)) {
                list.insert(name.to_owned(), old.clone());
                raised = true;
            }
            if list.is_empty() && before.get(field).is_none() {
                after.as_object_mut().unwrap().remove(field);
            }
        }
        // What is asked for in two fields is the user's, and no block says that it was put in.
        let edited = value(&edit.text);
        let is_twice = |wanted: &Dependency| {
            let fields = ["dependencies", "devDependencies", "optionalDependencies"];
            let has = |field: &&str| {
                edited
                    .get(field)
                    .is_some_and(|f| f.get(&wanted.name).is_some())
            };
            fields.iter().filter(|field| has(field)).count() > 1
        };
        if !wanted().iter().any(is_twice) {
            assert_eq!(before, after, "nothing else has changed");
        }
        let mut rest = edit.text.chars();
        let is_blank = |c: char| c.is_ascii_whitespace();
        assert!(
            raised
                || text
                    .chars()
                    .filter(|c| !is_blank(*c))
                    .all(|wanted| rest.any(|c| c == wanted)),
            "{}",
            edit.text
        );
        assert_eq!(add(&edit.text, *first), None, "added twice");
        true
    });
}

fn value(text: &str) -> serde_json::Value {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap()
}

fn add(text: &str, first: usize) -> Option<FileEdit> {
    let path = ProjectPath::existing("package.json").unwrap();
    add_dependencies(&path, text, &wanted()[first..]).unwrap_or_else(|problem| {
        refused(&problem);
        if let Some(at) = &problem.location {
            assert!(
                at.source.is_empty() || text.contains(&*at.source),
                "{problem:?}"
            );
        }
        None
    })
}
