//! Packages put into a `pyproject.toml`.

use rapidkit_pg::edit::pyproject::{Pyproject, count};
use rapidkit_pg::types::{FileEdit, ProjectPath};

use crate::cargo_toml::WORDS as TOML;
use crate::inputs::mutated_text;
use crate::requirements::{WORDS as NAMES, is_kept, wanted};
use crate::run::{refused, run};

const FILES: &[&str] = &[
    "[project]\nname = \"a\"\nrequires-python = \">=3.10\"\ndependencies = []\n",
    "[project]\ndependencies = ['fastapi', 'asyncpg']\n[tool.uv]\n",
    "[project]\ndependencies = [\n  # é\n  'fastapi>=0.100',  # web\n  \"SQLAlchemy[mypy] >=2 ; python_version > '3'\",\n]\n[build-system]\nrequires = []\n",
    "[project]\r\ndependencies = [\r\n\t'fastapi'  # web\r\n\t]\r\n",
    "\u{feff}[tool.poetry]\nname = 'a'\n[tool.poetry.dependencies]\npython = \"^3.11\"\nsqlalchemy = \"^2.0\"\nPsycopg = { version = \"^3\", extras = [\"c\"] }\n\n[tool.x]\n",
    "[tool.poetry.dependencies]\npython = '*'\n[tool.poetry.dependencies.fastapi]\nversion = '*'\nextras = ['all']\n",
    "[tool.poetry]\ndependencies = { python = '^3.10', fastapi = '*' }\n",
    "project.dependencies = ['fastapi']\nproject.dynamic = ['version']\n",
];

#[test]
fn pyproject_toml() {
    let words: &'static [&'static [u8]] = [TOML, NAMES].concat().leak();
    let strategy = (mutated_text(FILES, words), 0..4usize);
    run("pyproject.toml", 1_000, strategy, |(text, first)| {
        let Some(edit) = add(text, *first) else {
            return false;
        };
        assert!(is_kept(text, &edit.text), "{}", edit.text);
        for block in &edit.blocks {
            assert!(count(&edit.text, &block.text) >= 1, "{block:?} in {edit:?}");
        }
        assert_eq!(add(&edit.text, *first), None, "added twice");
        true
    });
}

fn add(text: &str, first: usize) -> Option<FileEdit> {
    let path = ProjectPath::existing("pyproject.toml").unwrap();
    let added = Pyproject::parse(path, text).and_then(|pyproject| {
        pyproject.name();
        pyproject.python();
        pyproject.requirements();
        pyproject.add_dependencies(&wanted()[first..])
    });
    added.unwrap_or_else(|problem| {
        refused(&problem);
        assert!(!problem.message.contains("internal error"), "{problem:?}");
        None
    })
}
