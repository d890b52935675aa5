//! Names that imports have for folders, by `paths` of tsconfig.json.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::packages::Application;
use crate::types::{Files, Problem, ProjectPath, relative};

/// Files that have `paths` by habit: the application's own, then those of the repository around it.
const CONFIGURATIONS: [&str; 3] = ["tsconfig.json", "tsconfig.app.json", "tsconfig.base.json"];

/// What an import may mean, by the first configuration that has a name for it; endings are not looked at.
///
/// # Errors
/// A configuration that cannot be read.
pub fn mapped(
    files: &dyn Files,
    application: &Application,
    from: &str,
) -> Result<Vec<ProjectPath>, Problem> {
    for home in [application.root.clone(), ProjectPath::root()] {
        for name in CONFIGURATIONS {
            let Some(text) = relative(&home, name).map(|path| files.text(&path)) else {
                continue;
            };
            let found = text?.map_or_else(Vec::new, |text| targets(&text, from));
            if !found.is_empty() {
                let found = found.iter().filter_map(|target| relative(&home, target));
                return Ok(found.collect());
            }
        }
    }
    Ok(Vec::new())
}

/// The targets of a configuration for an import, seen from its own directory. What does not parse has none.
fn targets(text: &str, from: &str) -> Vec<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default());
    let Some(Value::Object(root)) = parsed.ok().and_then(|parsed| parsed.value) else {
        return Vec::new();
    };
    let Some(options) = root.get_object("compilerOptions") else {
        return Vec::new();
    };
    let base = options.get_string("baseUrl");
    let base = base.map_or(".", |base| base.value.as_ref());
    let Some(paths) = options.get_object("paths") else {
        return Vec::new();
    };
    let mut found: Vec<(usize, Vec<String>)> = paths
        .properties
        .iter()
        .filter_map(|property| {
            let name = property.name.as_str();
            let (before, after) = name.split_once('*').unwrap_or((name, ""));
            let rest = match name.contains('*') {
                true => from.strip_prefix(before)?.strip_suffix(after)?,
                false => (from == name).then_some("")?,
            };
            let targets = strings(paths, name);
            let target = |target: &String| format!("{base}/{}", target.replacen('*', rest, 1));
            Some((before.len(), targets.iter().map(target).collect()))
        })
        .collect();
    // As the compiler has it: the longest prefix counts.
    found.sort_by_key(|(length, _)| *length);
    found.pop().map(|(_, targets)| targets).unwrap_or_default()
}

fn strings(object: &Object, name: &str) -> Vec<String> {
    let elements = object.get_array(name).map(|array| &array.elements);
    let texts = elements.into_iter().flatten().filter_map(|value| {
        let literal = value.as_string_lit()?;
        Some(literal.value.to_string())
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_counts() {
        let text = "{ // as tsc reads it\n \"compilerOptions\": { \"baseUrl\": \"./\", \"paths\": {\n\
                    \"*\": [\"types/*\"], \"@app/*\": [\"src/app/*\"], \"@app/shop/*\": [\"shop/*\", \"old/*\"],\n\
                    \"@root\": [\"src/root.ts\"], } } }";
        for (from, expected) in [
            ("@app/app.module", vec![".//src/app/app.module"]),
            ("@app/shop/a/b", vec![".//shop/a/b", ".//old/a/b"]),
            ("@root", vec![".//src/root.ts"]),
            ("other", vec![".//types/other"]),
        ] {
            assert_eq!(targets(text, from), expected);
        }
        for none in [
            "",
            "{",
            "[]",
            "{}",
            "{ \"compilerOptions\": { \"paths\": 1 } }",
        ] {
            assert_eq!(targets(none, "@app/x"), Vec::<String>::new());
        }
    }
}
