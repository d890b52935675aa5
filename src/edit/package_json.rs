//! Dependencies in `package.json`, its format kept.

use std::ops::Range;

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::edit::splice::{Splice, indent, newline, spliced, step};
use crate::types::{Block, Dependency, FileEdit, Problem, ProjectPath};

/// The fields that npm, pnpm and yarn install from.
const FIELDS: [&str; 2] = ["dependencies", "devDependencies"];

/// The manifest with the dependencies added; those that are there in any version that may fit are left alone. A range
/// that begins too early, in the same major version, is raised: the lock file would keep what it has. `None` if nothing is
/// missing.
///
/// # Errors
/// No JSON, a key that is there twice, or a dependency in a version that cannot work.
pub fn add_dependencies(
    path: &ProjectPath,
    text: &str,
    dependencies: &[Dependency],
) -> Result<Option<FileEdit>, Problem> {
    let (mark, bare) = match text.strip_prefix('\u{feff}') {
        Some(bare) => ("\u{feff}", bare),
        None => ("", text),
    };
    let root = parse(path, bare)?;
    let mut wanted = Vec::new();
    for dependency in dependencies {
        match entry(&root, dependency) {
            Some((_, entry)) => {
                if let Some(range) = suiting(path, bare, entry, dependency)? {
                    wanted.push((dependency, range));
                }
            }
            None => wanted.push((dependency, dependency.version.clone())),
        }
    }
    let mut now = bare.to_owned();
    let mut blocks = Vec::new();
    for (dependency, version) in wanted {
        let root = parse(path, &now)?;
        let (field, splice) = match entry(&root, dependency) {
            Some((field, entry)) => {
                let span = span(&entry.value);
                let text = format!("\"{version}\"");
                (field, Splice { span, text })
            }
            None => {
                let field = FIELDS[usize::from(dependency.dev)];
                (field, insertion(&now, &root, field, dependency))
            }
        };
        let prefix = match field {
            "devDependencies" => "dev-",
            _ => "",
        };
        now = spliced(&now, &[splice]);
        blocks.push(Block {
            name: format!("{prefix}dependency {}", dependency.name),
            text: format!("\"{}\": \"{version}\"", dependency.name),
        });
    }
    parse(path, &now)?;
    let is_edited = !blocks.is_empty();
    // What the user asks for elsewhere too, and otherwise, is theirs.
    blocks.retain(|block| count(&now, block) == 1);
    Ok(is_edited.then(|| FileEdit {
        path: path.clone(),
        text: format!("{mark}{now}"),
        blocks,
    }))
}

/// A dependency as it is there, and the field that it stands in; one for tests may be in any.
fn entry<'r, 't>(
    root: &'r Object<'t>,
    dependency: &Dependency,
) -> Option<(&'static str, &'r ObjectProp<'t>)> {
    let fields: &'static [&'static str] = if dependency.dev {
        &FIELDS
    } else {
        &FIELDS[..1]
    };
    fields.iter().find_map(|field| {
        let entry = property(object_at(root, field)?, &dependency.name)?;
        Some((*field, entry))
    })
}

/// Whether a manifest can be edited: plain JSON, no key twice where it matters.
///
/// # Errors
/// It is not.
pub fn check(path: &ProjectPath, text: &str) -> Result<(), Problem> {
    parse(path, text).map(drop)
}

/// How often what a block of [`add_dependencies`] records is in a manifest: 0 or 1.
pub fn count(manifest: &str, block: &Block) -> usize {
    let manifest: Option<serde_json::Value> =
        serde_json::from_str(manifest.trim_start_matches('\u{feff}')).ok();
    let wanted: Option<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(&format!("{{{}}}", block.text)).ok();
    let (Some(manifest), Some(wanted)) = (manifest, wanted) else {
        return 0;
    };
    let field = field_of(block);
    // npm takes what another field says over it, and what is optional may be missing.
    let elsewhere = |name: &str, version: &serde_json::Value| {
        let other = |field: &&str| manifest[*field].get(name).is_some_and(|it| it != version);
        FIELDS.iter().any(other) || !manifest["optionalDependencies"][name].is_null()
    };
    let is_there = |(name, version): (&String, &serde_json::Value)| {
        manifest[field].get(name) == Some(version) && !elsewhere(name, version)
    };
    usize::from(!wanted.is_empty() && wanted.iter().all(is_there))
}

/// What a block would record if its dependency were put in as it stands now; `None` if that cannot be compared.
pub fn current(manifest: &str, block: &Block) -> Option<String> {
    let bare = manifest.trim_start_matches('\u{feff}');
    let manifest: serde_json::Value = serde_json::from_str(bare).ok()?;
    let recorded: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&format!("{{{}}}", block.text)).ok()?;
    let (name, _) = recorded.iter().next()?;
    let range = manifest[field_of(block)].get(name)?.as_str()?;
    let now = Block {
        text: format!("\"{name}\": {}", serde_json::json!(range)),
        ..block.clone()
    };
    (count(bare, &now) == 1).then_some(now.text)
}

fn field_of(block: &Block) -> &'static str {
    match block.name.starts_with("dev-") {
        true => "devDependencies",
        false => "dependencies",
    }
}

/// A manifest's object, checked: plain JSON, no key twice where it matters.
fn parse<'t>(path: &ProjectPath, text: &'t str) -> Result<Object<'t>, Problem> {
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        let line: usize = text
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1))
            .map(str::len)
            .sum();
        let at = (line + error.column().saturating_sub(1)).min(text.len());
        return Err(Problem::input(format!("{path} is no JSON")).at(
            path,
            text,
            at..at,
            error.to_string(),
        ));
    }
    let options = ParseOptions::default();
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options)
        .map_err(|error| Problem::input(format!("{path}: {error}")).in_file(path))?;
    let Some(Value::Object(root)) = parsed.value else {
        return Err(Problem::input("expected an object").in_file(path));
    };
    twice(path, text, &root)?;
    for field in FIELDS {
        match property(&root, field).map(|prop| &prop.value) {
            Some(Value::Object(object)) => twice(path, text, object)?,
            Some(other) => {
                return Err(Problem::input(format!("`{field}` is no object")).at(
                    path,
                    text,
                    span(other),
                    "expected packages and their versions",
                ));
            }
            None => {}
        }
    }
    Ok(root)
}

fn twice(path: &ProjectPath, text: &str, object: &Object) -> Result<(), Problem> {
    for (at, prop) in object.properties.iter().enumerate() {
        let name = prop.name.as_str();
        if object.properties[..at]
            .iter()
            .any(|other| other.name.as_str() == name)
        {
            return Err(Problem::input(format!("`{name}` is there twice"))
                .at(path, text, span(&prop.name), "for the second time")
                .note("tools read the last one and ignore the first"));
        }
    }
    Ok(())
}

fn span(node: &impl Ranged) -> Range<usize> {
    let range = node.range();
    range.start..range.end
}

fn property<'o, 't>(object: &'o Object<'t>, name: &str) -> Option<&'o ObjectProp<'t>> {
    object
        .properties
        .iter()
        .find(|prop| prop.name.as_str() == name)
}

fn object_at<'o, 't>(root: &'o Object<'t>, field: &str) -> Option<&'o Object<'t>> {
    match &property(root, field)?.value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// The range in place of that of an entry. `None`: the entry stays, since it begins no earlier than what is wanted, or
/// serves as well, or names no number at all.
fn suiting(
    path: &ProjectPath,
    text: &str,
    entry: &ObjectProp,
    dependency: &Dependency,
) -> Result<Option<String>, Problem> {
    let Value::StringLit(have) = &entry.value else {
        return Err(
            Problem::input(format!("`{}` has no version", dependency.name)).at(
                path,
                text,
                span(&entry.value),
                "expected a string",
            ),
        );
    };
    let range = have.value.trim();
    let (Some(have), Some(want)) = (lower(range), lower(&dependency.version)) else {
        return Ok(None);
    };
    let also = dependency.also.as_deref().and_then(lower);
    if have >= want || also.is_some_and(|also| have[0] == also[0] && have >= also) {
        return Ok(None);
    }
    let number = dependency.version.trim_start_matches('^');
    let is_open = range.starts_with('^') || have[1..] == [0, 0] && !range.contains(".0");
    if have[0] == want[0] && is_open {
        return Ok(Some(format!("^{number}")));
    }
    if have[0] == want[0] && range.starts_with(">=") && !range.contains(' ') {
        return Ok(Some(format!(">={number}")));
    }
    let (name, version) = (&dependency.name, &dependency.version);
    Err(
        Problem::input(format!("`{name}` is too old for the generated code"))
            .at(
                path,
                text,
                span(&entry.value),
                format!("expected {version}"),
            )
            .help(format!("upgrade it first: `\"{name}\": \"{version}\"`")),
    )
}

/// The first number of a version range: 8 of `^8.23.0`.
pub fn major(range: &str) -> Option<u64> {
    Some(lower(range)?[0])
}

/// The numbers that a range begins with; 0 where it says none.
pub fn lower(range: &str) -> Option<[u64; 3]> {
    let mut numbers = range
        .trim_start_matches(['^', '~', '>', '=', 'v', ' '])
        .split('.')
        .map(|part| {
            let end = part.find(|c: char| !c.is_ascii_digit());
            part[..end.unwrap_or(part.len())].parse().ok()
        });
    let first = numbers.next()??;
    let mut next = || numbers.next().flatten().unwrap_or(0);
    Some([first, next(), next()])
}

/// Where a dependency goes: in order if the others are, else behind the last.
fn insertion(text: &str, root: &Object, field: &str, dependency: &Dependency) -> Splice {
    let entry = format!("\"{}\": \"{}\"", dependency.name, dependency.version);
    let newline = newline(text);
    let step = root
        .properties
        .first()
        .map(|prop| indent(text, span(prop).start))
        .filter(|indent| !indent.is_empty())
        .unwrap_or(step(text));
    let Some(object) = object_at(root, field) else {
        let entry = format!("\"{field}\": {{{newline}{step}{step}{entry}{newline}{step}}}");
        return match root.properties.last() {
            Some(last) => Splice::insert(span(last).end, format!(",{newline}{step}{entry}")),
            None => Splice {
                span: span(root),
                text: format!("{{{newline}{step}{entry}{newline}}}"),
            },
        };
    };
    let Some(last) = object.properties.last() else {
        return Splice {
            span: span(object),
            text: format!("{{{newline}{step}{step}{entry}{newline}{step}}}"),
        };
    };
    let names: Vec<&str> = object
        .properties
        .iter()
        .map(|prop| prop.name.as_str())
        .collect();
    let behind = match names.is_sorted() {
        true => object
            .properties
            .iter()
            .find(|prop| prop.name.as_str() > dependency.name.as_str()),
        false => None,
    };
    // On one line with the others, if they are on one line.
    let between = |at: usize| match text[span(object).start..at].contains('\n') {
        true => format!("{newline}{}", indent(text, at)),
        false => " ".to_owned(),
    };
    match behind {
        Some(next) => {
            let at = span(next).start;
            Splice::insert(at, format!("{entry},{}", between(at)))
        }
        None => {
            let at = span(last);
            Splice::insert(at.end, format!(",{}{entry}", between(at.start)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(name: &str, dev: bool) -> Dependency {
        Dependency {
            name: name.to_owned(),
            version: "^8.0.0".to_owned(),
            also: None,
            features: Vec::new(),
            default_features: true,
            dev,
        }
    }

    fn add(text: &str, name: &str, dev: bool) -> Result<String, String> {
        let path = ProjectPath::existing("package.json").unwrap();
        add_dependencies(&path, text, &[dependency(name, dev)])
            .map(|edit| {
                let edit = edit.map(|edit| {
                    assert_eq!(count(&edit.text, &edit.blocks[0]), 1);
                    assert_eq!(count(text, &edit.blocks[0]), 0);
                    edit.text
                });
                edit.unwrap_or_else(|| "as it was".to_owned())
            })
            .map_err(|problem| problem.message)
    }

    #[test]
    fn the_format_is_kept() {
        let tabs = "{\n\t\"dependencies\": {\n\t\t\"a\": \"1\",\n\t\t\"z\": \"1\"\n\t}\n}\n";
        assert_eq!(
            add(tabs, "pg", false).unwrap(),
            "{\n\t\"dependencies\": {\n\t\t\"a\": \"1\",\n\t\t\"pg\": \"^8.0.0\",\n\t\t\"z\": \"1\"\n\t}\n}\n"
        );
        assert_eq!(
            add(tabs, "zz", true).unwrap(),
            "{\n\t\"dependencies\": {\n\t\t\"a\": \"1\",\n\t\t\"z\": \"1\"\n\t},\n\t\"devDependencies\": {\n\t\t\"zz\": \"^8.0.0\"\n\t}\n}\n"
        );
        assert_eq!(
            add(
                "{\"dependencies\": {\"b\": \"1\", \"a\": \"1\"}}",
                "pg",
                false
            )
            .unwrap(),
            "{\"dependencies\": {\"b\": \"1\", \"a\": \"1\", \"pg\": \"^8.0.0\"}}"
        );
        assert_eq!(
            add(
                "\u{feff}{\r\n    \"name\": \"x\",\r\n    \"dependencies\": {}\r\n}\r\n",
                "pg",
                false
            )
            .unwrap(),
            "\u{feff}{\r\n    \"name\": \"x\",\r\n    \"dependencies\": {\r\n        \"pg\": \"^8.0.0\"\r\n    }\r\n}\r\n"
        );
    }

    #[test]
    fn an_older_version_may_serve_as_well() {
        let path = ProjectPath::existing("package.json").unwrap();
        let wanted = Dependency {
            also: Some("^7.0.0".to_owned()),
            ..dependency("pg", false)
        };
        let with = |version: u64| format!("{{\"dependencies\": {{\"pg\": \"{version}.1.0\"}}}}");
        let added =
            |version| add_dependencies(&path, &with(version), std::slice::from_ref(&wanted));
        assert_eq!(added(7).unwrap(), None);
        assert!(added(6).unwrap_err().message.contains("too old"));
        let wanted = Dependency {
            version: "^8.23.0".to_owned(),
            also: Some("^8.21.0".to_owned()),
            ..dependency("pg", false)
        };
        let added = |range: &str| {
            let text = format!("{{\"dependencies\": {{\"pg\": \"{range}\"}}}}");
            add_dependencies(&path, &text, std::slice::from_ref(&wanted)).unwrap()
        };
        assert_eq!(added("^8.21.1"), None);
        assert!(added("^8.20.0").unwrap().text.contains("^8.23.0"));
    }

    #[test]
    fn a_range_that_begins_too_early_is_raised() {
        let path = ProjectPath::existing("package.json").unwrap();
        let wanted = Dependency {
            version: "^8.23.0".to_owned(),
            ..dependency("pg", false)
        };
        let with =
            |range: &str| format!("{{\"dependencies\": {{\"pg\": \"{range}\", \"z\": \"1\"}}}}");
        let added = |range| add_dependencies(&path, &with(range), std::slice::from_ref(&wanted));
        for (range, raised) in [
            ("^8.11.3", "^8.23.0"),
            (">=8.11", ">=8.23.0"),
            ("8", "^8.23.0"),
            ("8.x", "^8.23.0"),
        ] {
            let edit = added(range).unwrap().unwrap();
            assert_eq!(edit.text, with(raised));
            assert_eq!(count(&edit.text, &edit.blocks[0]), 1);
        }
        // Where a type package is among what the application needs to run, it stays there.
        let types = Dependency {
            dev: true,
            ..wanted.clone()
        };
        let text = with("^8.11.3");
        let edit = add_dependencies(&path, &text, &[types]).unwrap().unwrap();
        assert_eq!(count(&edit.text, &edit.blocks[0]), 1);
        for range in ["^8.23.0", "8.23.1", "^9.0.0", "*", "catalog:"] {
            assert_eq!(added(range).unwrap(), None, "{range}");
        }
        for range in ["8.0.0", "8.11.x", "8.11.3", "~8.11.3", ">=8.11.0 <8.20.0"] {
            assert!(
                added(range).unwrap_err().message.contains("too old"),
                "{range}"
            );
        }
    }

    #[test]
    fn what_is_there_is_left_alone_or_refused() {
        let with = |version: &str| format!("{{\"dependencies\": {{\"pg\": {version}}}}}");
        for version in ["\"^8.1.0\"", "\"9\"", "\"latest\"", "\"workspace:*\""] {
            assert_eq!(
                add(&with(version), "pg", false).unwrap(),
                "as it was",
                "{version}"
            );
        }
        assert!(
            add(&with("\"^7.0.0\""), "pg", false)
                .unwrap_err()
                .contains("too old")
        );
        assert!(
            add(&with("8"), "pg", false)
                .unwrap_err()
                .contains("no version")
        );
        assert!(
            add("{\"dependencies\": {}, // x\n}", "pg", false)
                .unwrap_err()
                .contains("no JSON")
        );
        let other = "{\"dependencies\": null, \"x\": 1}";
        assert!(add(other, "pg", true).unwrap_err().contains("no object"));
        let twice = "{\"dependencies\": {}, \"dependencies\": {}}";
        assert!(add(twice, "pg", false).unwrap_err().contains("twice"));
    }

    #[test]
    fn another_source_is_another_package() {
        let path = ProjectPath::existing("package.json").unwrap();
        let text = "{\"dependencies\": {}}";
        let edit = add_dependencies(&path, text, &[dependency("pg", false)]).unwrap();
        let edit = edit.unwrap();
        let with = |more: &str| edit.text.replacen('{', &format!("{{{more}, "), 1);
        for harmless in [
            "\"devDependencies\": {\"pg\": \"^8.0.0\"}",
            "\"optionalDependencies\": {\"x\": \"1\"}",
        ] {
            assert_eq!(count(&with(harmless), &edit.blocks[0]), 1, "{harmless}");
        }
        for other in [
            "\"devDependencies\": {\"pg\": \"file:../evil\"}",
            "\"optionalDependencies\": {\"pg\": \"npm:evil@8\"}",
            "\"optionalDependencies\": {\"pg\": \"^8.0.0\"}",
        ] {
            assert_eq!(count(&with(other), &edit.blocks[0]), 0, "{other}");
            // Where the user says so already, the version is theirs.
            let text = format!("{{\"dependencies\": {{}}, {other}}}");
            let edit = add_dependencies(&path, &text, &[dependency("pg", false)]).unwrap();
            assert_eq!(edit.unwrap().blocks, [], "{other}");
        }
        for version in [
            "npm:evil@8",
            "file:../evil",
            "git+https://example.org/evil",
            "^9",
        ] {
            let text = edit.text.replace("^8.0.0", version);
            assert_eq!(count(&text, &edit.blocks[0]), 0, "{version}");
        }
    }
}
