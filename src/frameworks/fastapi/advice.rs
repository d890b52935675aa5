//! What a project should know that `add` does not change.

use super::manifest::{Manifest, child, names_fastapi};
use super::{PYTHON, manifest};
use crate::edit::dotenv;
use crate::edit::requirement::overlap;
use crate::types::{Files, Problem, Target};

/// Lines to print after `add`.
///
/// # Errors
/// A file that cannot be read.
pub fn advice(files: &dyn Files, target: &Target) -> Result<Vec<String>, Problem> {
    let mut lines = Vec::new();
    let text = |name: &str| files.text(&child(&target.root, name));
    if let Manifest::Pyproject(_) = manifest(files, target)?
        && text("requirements.txt")?.is_some_and(|text| names_fastapi(&text))
    {
        lines.push(
            "requirements.txt names FastAPI too: where it is installed from, it needs the new packages as well."
                .to_owned(),
        );
    }
    type Reader = fn(&str) -> Option<String>;
    const VERSIONS: [(&str, Reader); 4] = [
        (".venv/pyvenv.cfg", python),
        ("venv/pyvenv.cfg", python),
        (".python-version", first_line),
        ("Dockerfile", image),
    ];
    for (name, read) in VERSIONS {
        let version = text(name)?.as_deref().and_then(read);
        if let Some(version) = version.filter(|version| !overlap(&format!("=={version}"), PYTHON)) {
            lines.push(format!(
                "{name} is of Python {version}: the layer needs {PYTHON}."
            ));
        }
    }
    for name in [".env", ".env.example"] {
        let url = text(name)?.and_then(|text| dotenv::value(&text, "DATABASE_URL"));
        let dialect = url
            .as_deref()
            .and_then(|url| url.split_once(':'))
            .map(|(dialect, _)| dialect);
        if let Some(dialect) = dialect.filter(|dialect| !dialect.starts_with("postgres")) {
            lines.push(format!(
                "DATABASE_URL in {name} is of another database ({dialect}): leave it, and set RAPIDKIT_DB_POSTGRES_URL."
            ));
            break;
        }
    }
    Ok(lines)
}

/// The version that made a virtual environment.
fn python(config: &str) -> Option<String> {
    config.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        matches!(name.trim(), "version" | "version_info").then(|| value.trim().to_owned())
    })
}

/// The version in a `.python-version`.
fn first_line(text: &str) -> Option<String> {
    let line = text.lines().next()?.trim();
    // `3` alone is the newest one.
    let is_exact = line.starts_with(|c: char| c.is_ascii_digit()) && line.contains('.');
    is_exact.then(|| line.to_owned())
}

/// The version of the image that a Dockerfile begins with.
fn image(text: &str) -> Option<String> {
    let tag = text
        .lines()
        .find_map(|line| line.strip_prefix("FROM python:"))?;
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.');
    first_line(&tag[..end.unwrap_or(tag.len())])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::types::{Profile, ProjectPath};

    fn advised(files: &[(&str, &str)]) -> String {
        let files: BTreeMap<ProjectPath, Arc<str>> = files
            .iter()
            .map(|(path, text)| (ProjectPath::existing(path).unwrap(), (*text).into()))
            .collect();
        let target = Target {
            framework: "fastapi",
            package: "app".to_owned(),
            root: ProjectPath::root(),
            profile: Profile::Standard,
        };
        advice(&files, &target).unwrap().join("\n")
    }

    #[test]
    fn only_what_would_surprise_is_said() {
        let project = ("pyproject.toml", "[project]\ndependencies = ['fastapi']\n");
        let list = ("requirements.txt", "fastapi==0.115.0\n");
        assert_eq!(advised(&[list]), "");
        assert!(advised(&[project, list]).contains("requirements.txt"));
        assert!(advised(&[list, (".env", "DATABASE_URL='sqlite:///a.db'\n")]).contains("(sqlite)"));
        assert_eq!(
            advised(&[list, (".env", "DATABASE_URL=postgresql+asyncpg://h/d\n")]),
            ""
        );
        assert!(advised(&[list, (".venv/pyvenv.cfg", "version = 3.9.18\n")]).contains("3.9.18"));
        assert!(advised(&[list, (".python-version", "3.8\n")]).contains("3.8"));
        assert!(advised(&[list, ("Dockerfile", "FROM python:3.9-slim\n")]).contains("3.9"));
        for file in [
            (".venv/pyvenv.cfg", "version_info = 3.13.0\n"),
            (".python-version", "pypy3.10\n"),
            ("Dockerfile", "FROM python:3-slim AS base\n"),
        ] {
            assert_eq!(advised(&[list, file]), "");
        }
    }
}
