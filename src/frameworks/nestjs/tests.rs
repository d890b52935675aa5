//! The corpus in `tests/fixtures/nestjs`, planned only; `tests/` compiles and starts it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::edit::count_blocks;
use crate::types::Overlay;

type Project = BTreeMap<ProjectPath, Arc<str>>;

fn fixtures() -> Vec<(String, Project)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nestjs");
    let mut found: Vec<(String, Project)> = std::fs::read_dir(&root)
        .expect("the corpus is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.is_dir())
        .map(|path| (name_of(&path), read(&path)))
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn read(root: &Path) -> Project {
    let mut project = Project::new();
    let mut queue: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(path) = queue.pop() {
        if path.is_dir() {
            queue.extend(
                std::fs::read_dir(&path)
                    .expect("readable")
                    .map(|e| e.expect("readable").path()),
            );
            continue;
        }
        let below = path
            .strip_prefix(root)
            .expect("below")
            .to_string_lossy()
            .replace('\\', "/");
        let text = std::fs::read_to_string(&path).expect("text");
        project.insert(ProjectPath::existing(&below).expect("a path"), text.into());
    }
    project
}

fn pg() -> Dependency {
    Dependency {
        name: "pg".to_owned(),
        version: "^8.23.0".to_owned(),
        also: None,
        features: Vec::new(),
        default_features: true,
        dev: false,
    }
}

/// What is added, as a person would read it in a review.
fn diff(before: &str, after: &str) -> String {
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(2)
        .to_string()
}

fn add(project: &Project) -> Result<String, String> {
    let reason = |problem: &Problem| {
        let label = problem.location.as_ref().map_or("", |at| at.label.as_str());
        format!("{problem}: {label}")
    };
    let targets = NestJs.detect(project).map_err(|p| reason(&p))?;
    let [target] = targets.as_slice() else {
        return Err(format!("{} targets", targets.len()));
    };
    let facts = NestJs.facts(project, target).map_err(|p| reason(&p))?;
    let mut overlay = Overlay::new(project);
    let mut report = format!("{}\n", serde_json::Value::from_iter(facts.clone()));
    let dependencies = NestJs
        .add_dependencies(project, target, &[pg()])
        .map_err(|p| reason(&p))?;
    let wiring = NestJs.wire(project, target, &facts).map_err(|unsure| {
        assert_eq!(unsure.steps.len(), 3, "all steps are there");
        reason(&unsure.problem)
    })?;
    for edit in dependencies.iter().chain(&wiring) {
        let before = project.get(&edit.path).cloned().unwrap_or_default();
        let _ = write!(report, "\n{}\n{}", edit.path, diff(&before, &edit.text));
        let name = edit.path.file_name();
        let count = |text: &str| count_blocks(name, text, &edit.blocks);
        let blocks = edit.blocks.len();
        assert_eq!(count(&edit.text), vec![1; blocks], "{:?}", edit.blocks);
        assert_eq!(count(&before), vec![0; blocks], "{:?}", edit.blocks);
        overlay.set(edit.path.clone(), edit.text.as_str());
    }
    assert!(!wiring.is_empty(), "something is wired");
    assert_eq!(
        NestJs.facts(&overlay, target).ok().as_ref(),
        Some(&facts),
        "facts stay"
    );
    assert_eq!(
        NestJs
            .wire(&overlay, target, &facts)
            .map_err(|u| u.problem.to_string()),
        Ok(Vec::new()),
        "wired once"
    );
    assert_eq!(
        NestJs
            .add_dependencies(&overlay, target, &[pg()])
            .map_err(|p| p.to_string()),
        Ok(Vec::new())
    );
    Ok(report)
}

#[test]
fn the_corpus_is_wired_or_refused_as_it_says() {
    for (name, project) in fixtures() {
        let config = &project[&ProjectPath::existing("fixture.toml").expect("a path")];
        let config = toml_edit::Document::parse(config.to_string()).expect("TOML");
        let unsure = config.get("unsure").and_then(toml_edit::Item::as_str);
        match (add(&project), unsure) {
            (Ok(report), None) => insta::assert_snapshot!(name, report),
            (Err(reason), Some(part)) => {
                assert!(reason.contains(part), "{name}: {reason}");
                insta::assert_snapshot!(name, reason);
            }
            (Ok(report), Some(_)) => panic!("{name} was wired:\n{report}"),
            (Err(reason), None) => panic!("{name} was refused: {reason}"),
        }
    }
}

/// Half a file is what an editor saves now and then.
#[test]
fn no_source_makes_it_panic() {
    for (name, project) in fixtures() {
        let Ok(targets) = NestJs.detect(&project) else {
            continue;
        };
        for (path, text) in &project {
            if !path.as_str().ends_with(".ts") && path.file_name() != "package.json" {
                continue;
            }
            let step = (text.len() / 10).max(1);
            for (at, _) in text.char_indices().step_by(step) {
                let mut half = project.clone();
                half.insert(path.clone(), Arc::from(&text[..at]));
                for target in &targets {
                    let _ = NestJs.detect(&half);
                    if let Ok(facts) = NestJs.facts(&half, target) {
                        let edits = NestJs.wire(&half, target, &facts);
                        if let Err(unsure) = edits {
                            assert!(
                                !unsure.problem.message.contains("internal"),
                                "{name}: {}\n{}",
                                unsure.problem,
                                &text[..at]
                            );
                        }
                    }
                    let _ = NestJs.add_dependencies(&half, target, &[pg()]);
                }
            }
        }
    }
}
