//! Builds and images that take files by name, and so would lack the layer.

use super::layout::Layout;
use super::manifest::{Manifest, child};
use crate::edit::pyproject::Built;
use crate::types::{Files, Problem, ProjectPath};

/// Lines to print about what the layer has to be named in.
///
/// # Errors
/// A file that cannot be read.
pub fn advice(
    files: &dyn Files,
    root: &ProjectPath,
    manifest: &Manifest,
    layout: &Layout,
) -> Result<Vec<String>, Problem> {
    let mut lines = Vec::new();
    let module = &layout.module;
    let lacks = |file: &str| {
        format!("{file} lists packages by name: add `{module}`, or what is built lacks the layer.")
    };
    if let Manifest::Pyproject(pyproject) = manifest {
        match pyproject.built_by_setuptools() {
            Some(Built::Listed(names)) if !names.contains(&module.as_str()) => {
                lines.push(lacks("pyproject.toml"));
            }
            // https://setuptools.pypa.io/en/latest/userguide/package_discovery.html#flat-layout
            Some(Built::Guessed) if layout.home == *root => lines.push(format!(
                "setuptools takes one package, or modules, by itself: list yours and `{module}` under [tool.setuptools] in pyproject.toml."
            )),
            _ => {}
        }
    }
    let text = |name: &str| files.text(&child(root, name));
    for (name, lists) in [
        ("setup.py", lists_in_call as fn(&str) -> bool),
        ("setup.cfg", lists_in_section),
    ] {
        if text(name)?.is_some_and(|text| lists(&text) && !text.contains(module)) {
            lines.push(lacks(name));
        }
    }
    let package = child(&layout.home, super::MODULE);
    if let Some(package) = package.below(root)
        && text("Dockerfile")?.is_some_and(|text| leaves_out(&text, package.as_str()))
    {
        lines.push(format!(
            "Dockerfile copies Python files by name: copy `{package}` as well."
        ));
    }
    Ok(lines)
}

/// Whether a `setup.py` says `packages=[…]`.
fn lists_in_call(text: &str) -> bool {
    let bare: String = text.split_whitespace().collect();
    bare.contains("packages=[")
}

/// Whether a `setup.cfg` names packages, and does not leave it to `find:`.
fn lists_in_section(text: &str) -> bool {
    let mut lines = text.lines();
    lines.any(|line| {
        line.split_once('=')
            .is_some_and(|(key, value)| key.trim() == "packages" && !value.contains("find"))
    })
}

/// Whether a Dockerfile copies Python files one by one, and nothing that `path` is in.
fn leaves_out(dockerfile: &str, path: &str) -> bool {
    let joined = dockerfile.replace("\\\n", " ");
    let mut sources = Vec::new();
    for line in joined.lines() {
        let mut words = line.split_whitespace();
        let is_copy = words
            .next()
            .is_some_and(|word| ["ADD", "COPY"].contains(&word.to_uppercase().as_str()));
        if is_copy && !line.contains("--from=") {
            let words: Vec<&str> = words.filter(|word| !word.starts_with("--")).collect();
            if let Some((_, copied)) = words.split_last() {
                sources.extend_from_slice(copied);
            }
        }
    }
    let holds = |source: &&str| {
        let source = source.trim_start_matches("./").trim_matches('/');
        let below = path.strip_prefix(source);
        source == "*"
            || source.contains(['[', '"', '$'])
            || source.is_empty()
            || source == "."
            || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    sources.iter().any(|source| source.ends_with(".py")) && !sources.iter().any(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_files_one_by_one_lacks_the_layer() {
        for (dockerfile, path, is_left_out) in [
            ("COPY requirements.txt main.py ./", "db_postgres", true),
            (
                "copy --chown=1:1 main.py \\\n  settings.py /app/",
                "db_postgres",
                true,
            ),
            ("COPY main.py ./\nCOPY . .", "db_postgres", false),
            (
                "COPY main.py ./\nCOPY ./db_postgres ./db_postgres",
                "db_postgres",
                false,
            ),
            (
                "COPY run.py ./\nCOPY app/ /code/app",
                "app/db_postgres",
                false,
            ),
            (
                "COPY run.py ./\nCOPY application /code/app",
                "app/db_postgres",
                true,
            ),
            ("COPY *.py ./", "db_postgres", true),
            ("COPY main.py * ./", "db_postgres", false),
            ("COPY requirements.txt ./", "db_postgres", false),
            ("COPY --from=build main.py ./", "db_postgres", false),
        ] {
            assert_eq!(leaves_out(dockerfile, path), is_left_out, "{dockerfile}");
        }
    }

    #[test]
    fn lists_of_packages_are_told_from_searches() {
        assert!(lists_in_call("setup(\n    packages = ['shop'],\n)"));
        assert!(!lists_in_call("setup(packages=find_packages())"));
        assert!(lists_in_section("[options]\npackages =\n    shop\n"));
        assert!(!lists_in_section("[options]\npackages = find:\n"));
    }
}
