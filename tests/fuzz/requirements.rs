//! Packages put into a `requirements.txt`.

use rapidkit_pg::edit::requirement::{Requirement, overlap};
use rapidkit_pg::edit::requirements::{add_dependencies, count, requirements};
use rapidkit_pg::types::{Dependency, FileEdit, ProjectPath};

use crate::inputs::mutated_text;
use crate::run::{refused, run};

pub const WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\r",
    b" ",
    b"#",
    b";",
    b"@",
    b"[",
    b"]",
    b"[,]",
    b"(",
    b")",
    b",",
    b".",
    b"*",
    b"\\",
    b"==",
    b"~=",
    b"^",
    b"!=2",
    b"18446744073709551615",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"sqlalchemy",
    b"SQLAlchemy[asyncio]>=2\n",
    b"asyncpg<0.29\n",
    b"psycopg[pool]\n",
    b"fastapi @ https://example.org/x.whl\n",
    b"-r base.txt\n",
    b"-e .\n",
    b"--hash=sha256:0",
];

const FILES: &[&str] = &[
    "",
    "fastapi",
    "fastapi>=0.100,<1  # web\nuvicorn[standard]\n",
    "\u{feff}fastapi\r\nSQLAlchemy==2.0.40\r\n",
    "-r base.txt\nsqlalchemy[mypy] ~= 2.0 ; python_version > '3'\nasyncpg (>=0.29)\n",
    "psycopg[c,pool]==3.2.*\nasyncpg==0.30.0 \\\n    --hash=sha256:0\n",
];

pub fn wanted() -> [Dependency; 4] {
    let dependency = |name: &str, version: &str, extras: &[&str]| Dependency {
        name: name.to_owned(),
        version: version.to_owned(),
        also: None,
        features: extras.iter().map(|&name| name.to_owned()).collect(),
        default_features: true,
        dev: false,
    };
    [
        dependency("asyncpg", ">=0.29,<1", &[]),
        dependency("psycopg", ">=3.1,<4", &["binary"]),
        dependency("python-dotenv", ">=1,<2", &[]),
        dependency("sqlalchemy", ">=2.0.36,<3", &["asyncio"]),
    ]
}

#[test]
fn requirements_txt() {
    let strategy = (
        mutated_text(FILES, WORDS),
        mutated_text(FILES, WORDS),
        0..4usize,
    );
    run(
        "requirements.txt",
        2_000,
        strategy,
        |(text, other, first)| {
            for (at, line, requirement) in requirements(text) {
                assert!(text[at..].starts_with(line));
                overlap(&requirement.versions, "~=1.2");
                let more = requirement.with_extras(line, &["x".to_owned()]);
                let again = Requirement::parse(&more).unwrap();
                assert_eq!(again.name, requirement.name, "{more}");
                assert_eq!(again.versions, requirement.versions, "{more}");
                assert_eq!(again.extras[..again.extras.len() - 1], requirement.extras);
            }
            let others: Vec<Requirement> = requirements(other)
                .into_iter()
                .map(|(_, _, there)| there)
                .collect();
            let Some(edit) = add(text, &others, *first) else {
                return false;
            };
            assert!(is_kept(text, &edit.text), "{}", edit.text);
            for block in &edit.blocks {
                assert!(count(&edit.text, &block.text) >= 1, "{block:?} in {edit:?}");
            }
            assert_eq!(add(&edit.text, &others, *first), None, "added twice");
            true
        },
    );
}

fn add(text: &str, others: &[Requirement], first: usize) -> Option<FileEdit> {
    let path = ProjectPath::existing("requirements.txt").unwrap();
    add_dependencies(&path, text, others, &wanted()[first..]).unwrap_or_else(|problem| {
        refused(&problem);
        None
    })
}

/// Whether `edited` is `text` with something put in, how strings are quoted and spaced aside.
pub fn is_kept(text: &str, edited: &str) -> bool {
    let is_form = |c: char| matches!(c, '"' | '\'' | ' ');
    let mut rest = edited.chars();
    // A value that is written anew may need escapes.
    edited.contains('\\')
        || text
            .chars()
            .filter(|c| !is_form(*c))
            .all(|wanted| rest.any(|c| c == wanted))
}
