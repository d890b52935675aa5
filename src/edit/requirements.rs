//! Adds packages to a `requirements.txt`; every byte that need not change stays.

use super::requirement::{Requirement, overlap, requirement};
use crate::edit::splice::{Splice, newline, spliced};
use crate::types::{Block, Dependency, FileEdit, Problem, ProjectPath};

/// The requirements that a file names, with their line's first byte and text.
pub fn requirements(text: &str) -> Vec<(usize, &str, Requirement)> {
    lines(text)
        .filter_map(|(at, line)| Some((at, line, Requirement::parse(line)?)))
        .collect()
}

/// The lines that begin a statement of their own, with their first bytes: not those that the line before goes on in.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let (mut at, mut goes_on) = (0, false);
    text.split_inclusive('\n').filter_map(move |line| {
        let mark = if line.starts_with('\u{feff}') { 3 } else { 0 };
        let bare = &line.trim_end_matches(['\r', '\n'])[mark..];
        let found = (!goes_on).then_some((at + mark, bare));
        at += line.len();
        goes_on = continues(bare);
        found
    })
}

/// Whether a line goes on in the next one. A comment does not.
fn continues(line: &str) -> bool {
    line.ends_with('\\') && !line.trim_start().starts_with('#')
}

/// What has to change for a package that is there already; `None` if nothing has.
///
/// # Errors
/// No version can meet both.
pub fn amended(
    path: &ProjectPath,
    text: &str,
    there: &Requirement,
    wanted: &Dependency,
) -> Result<Option<String>, Problem> {
    let missing = missing_extras(path, text, there, wanted)?;
    Ok((!missing.is_empty()).then(|| there.with_extras(text, &missing)))
}

fn missing_extras(
    path: &ProjectPath,
    text: &str,
    there: &Requirement,
    wanted: &Dependency,
) -> Result<Vec<String>, Problem> {
    if !overlap(&there.versions, &wanted.version) {
        return Err(Problem::input(format!(
            "{} is here as `{}`, and {} is needed",
            wanted.name,
            text.trim(),
            requirement(wanted)
        ))
        .in_file(path)
        .help("change the version, then run this again"));
    }
    let missing = wanted.features.iter();
    Ok(missing
        .filter(|extra| !there.extras.contains(extra) && !is_own_choice(&wanted.name))
        .cloned()
        .collect())
}

/// How psycopg comes by libpq is for whoever has it already to say.
fn is_own_choice(package: &str) -> bool {
    package == "psycopg"
}

/// The file with the packages that it, and what it includes (`others`), lacks; `None` if it lacks none.
///
/// # Errors
/// A package in a version that cannot work; hashes, which this cannot make.
pub fn add_dependencies(
    path: &ProjectPath,
    text: &str,
    others: &[Requirement],
    dependencies: &[Dependency],
) -> Result<Option<FileEdit>, Problem> {
    if text.contains("--hash=") {
        let mut problem = Problem::input("its packages are pinned by hash, which this cannot do")
            .in_file(path)
            .help("add these to what it is made from, make it again, and run this again");
        problem.notes = dependencies.iter().map(requirement).collect();
        if dependencies.iter().all(|wanted| {
            requirements(text)
                .iter()
                .any(|(_, _, there)| there.name == wanted.name)
        }) {
            return Ok(None);
        }
        return Err(problem);
    }
    let mut splices = Vec::new();
    let mut blocks = Vec::new();
    let mut lines = String::new();
    for wanted in dependencies {
        let here = requirements(text);
        let there = here.iter().find(|(_, _, there)| there.name == wanted.name);
        let new = match there {
            Some((at, line, there)) => match amended(path, line, there, wanted)? {
                Some(new) => {
                    splices.push(Splice {
                        span: *at..at + line.len(),
                        text: new.clone(),
                    });
                    new
                }
                None => continue,
            },
            None if is_met(path, others, wanted)? => continue,
            None => {
                let new = requirement(wanted);
                lines += &new;
                lines += newline(text);
                new
            }
        };
        blocks.push(Block {
            name: format!("dependency {}", wanted.name),
            text: new,
        });
    }
    if blocks.is_empty() {
        return Ok(None);
    }
    if !lines.is_empty() {
        if !text.is_empty() && !text.ends_with('\n') {
            lines.insert_str(0, newline(text));
        }
        let last = text.lines().last().unwrap_or_default();
        if continues(last.trim_end_matches('\r')) {
            lines.insert_str(0, newline(text));
        }
        splices.push(Splice::insert(text.len(), lines));
    }
    let text = spliced(text, &splices);
    // Where the user says where a package comes from, it is theirs.
    blocks.retain(|block| count(&text, &block.text) > 0);
    Ok(Some(FileEdit {
        path: path.clone(),
        text,
        blocks,
    }))
}

/// Whether a file that this one includes names the package with all that is needed of it.
fn is_met(
    path: &ProjectPath,
    others: &[Requirement],
    wanted: &Dependency,
) -> Result<bool, Problem> {
    let Some(there) = others.iter().find(|there| there.name == wanted.name) else {
        return Ok(false);
    };
    let text = format!("{}{}", there.name, there.versions);
    Ok(missing_extras(path, &text, there, wanted)?.is_empty())
}

/// How often a block of [`add_dependencies`] stands in a file, unless another line says where the package comes from.
pub fn count(text: &str, block: &str) -> usize {
    let block = block.trim();
    let name = Requirement::parse(block).map(|ours| ours.name);
    let has_url = |(_, line, there): &(usize, &str, Requirement)| {
        line.contains('@') && line.trim() != block && Some(&there.name) == name.as_ref()
    };
    if requirements(text).iter().any(has_url) {
        return 0;
    }
    lines(text).filter(|(_, line)| line.trim() == block).count()
}

/// The line that now names the package of a block; `None` if there is none, or more than one.
pub fn current(text: &str, block: &str) -> Option<String> {
    let ours = Requirement::parse(block)?.name;
    let all = requirements(text);
    let mut lines = all.iter().filter(|(_, _, there)| there.name == ours);
    let line = lines.next()?.1.trim();
    (lines.next().is_none() && count(text, line) == 1).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlalchemy() -> Dependency {
        Dependency {
            name: "sqlalchemy".to_owned(),
            version: ">=2.0,<3".to_owned(),
            also: None,
            features: vec!["asyncio".to_owned()],
            default_features: true,
            dev: false,
        }
    }

    fn added(text: &str) -> Option<String> {
        let path = ProjectPath::existing("requirements.txt").unwrap();
        let edit = add_dependencies(&path, text, &[], &[sqlalchemy()]).unwrap()?;
        for block in &edit.blocks {
            assert_eq!(count(&edit.text, &block.text), 1);
        }
        Some(edit.text)
    }

    #[test]
    fn every_other_byte_stays() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            added("fastapi"),
            text("fastapi\nsqlalchemy[asyncio]>=2.0,<3\n")
        );
        assert_eq!(
            added("\u{feff}fastapi  # web\r\n"),
            text("\u{feff}fastapi  # web\r\nsqlalchemy[asyncio]>=2.0,<3\r\n")
        );
        assert_eq!(
            added("SQLAlchemy==2.0.40  # orm\nfastapi\n"),
            text("SQLAlchemy[asyncio]==2.0.40  # orm\nfastapi\n")
        );
        assert_eq!(added("sqlalchemy[asyncio]~=2.0\n"), None);
    }

    #[test]
    fn a_line_that_goes_on_swallows_the_next() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            added("fastapi \\\n"),
            text("fastapi \\\n\nsqlalchemy[asyncio]>=2.0,<3\n")
        );
        assert_eq!(
            added("fastapi \\\r"),
            text("fastapi \\\r\n\nsqlalchemy[asyncio]>=2.0,<3\n")
        );
        assert_eq!(
            added("# all \\"),
            text("# all \\\nsqlalchemy[asyncio]>=2.0,<3\n")
        );
        let block = "sqlalchemy[asyncio]>=2.0,<3";
        for (before, counted) in [
            ("# links \\\n", 1),
            ("--find-links \\\n# mine\n", 1),
            ("fastapi \\\n  >=0.1\n", 1),
            ("--find-links \\\n", 0),
            ("--find-links \\\r\n", 0),
            ("fastapi \\\n \\\n", 0),
            ("sqlalchemy @ https://example.org/evil\n", 0),
        ] {
            assert_eq!(
                count(&format!("{before}{block}\n"), block),
                counted,
                "{before}"
            );
        }
    }

    #[test]
    fn an_included_file_may_name_it_with_other_extras() {
        let path = ProjectPath::existing("requirements.txt").unwrap();
        for (there, is_met) in [
            ("sqlalchemy[mypy]~=2.0", false),
            ("sqlalchemy[mypy,asyncio]~=2.0", true),
        ] {
            let others = [Requirement::parse(there).unwrap()];
            let added = add_dependencies(&path, "-r base.txt\n", &others, &[sqlalchemy()]);
            assert_eq!(added.unwrap().is_none(), is_met, "{there}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let path = ProjectPath::existing("requirements.txt").unwrap();
        for text in ["sqlalchemy==1.4.54\n", "fastapi==0.1 --hash=sha256:0\n"] {
            assert!(
                add_dependencies(&path, text, &[], &[sqlalchemy()]).is_err(),
                "{text}"
            );
        }
    }
}
