//! A framework's corpus in `tests/fixtures`, planned only; `tests/` compiles and starts it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml_edit::Item;

use crate::edit::count_blocks;
use crate::frameworks::Framework;
use crate::types::{Dependency, Overlay, Problem, ProjectPath};

/// The files of a fixture.
type Project = BTreeMap<ProjectPath, Arc<str>>;

/// The fixtures of a framework.
fn fixtures(framework: &str) -> Vec<(String, Project)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(framework);
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
            if name_of(&path) != "target" {
                queue.extend(
                    std::fs::read_dir(&path)
                        .expect("readable")
                        .map(|e| e.expect("readable").path()),
                );
            }
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

/// What is asked of a framework's corpus.
pub struct Corpus {
    pub framework: &'static dyn Framework,
    /// Stands for the dependencies of the module.
    pub dependency: Dependency,
    /// How many steps wire an application by hand.
    pub steps: usize,
    /// A generated file that must not be taken for the user's: an output of the module, and its text.
    pub generated: Option<(&'static str, &'static str)>,
    /// Names of the files that are cut in half: ends of sources, and manifests.
    pub files: &'static [&'static str],
}

/// A package without features.
pub fn dependency(name: &str, version: &str) -> Dependency {
    Dependency {
        name: name.to_owned(),
        version: version.to_owned(),
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

fn add(corpus: &Corpus, project: &Project) -> Result<String, String> {
    let framework = corpus.framework;
    let wanted = std::slice::from_ref(&corpus.dependency);
    let reason = |problem: &Problem| {
        let label = problem.location.as_ref().map_or("", |at| at.label.as_str());
        format!("{problem}: {label}")
    };
    let targets = framework.detect(project).map_err(|p| reason(&p))?;
    let [target] = targets.as_slice() else {
        return Err(format!("{} targets", targets.len()));
    };
    let facts = framework
        .pre_generation(project, target)
        .map_err(|p| reason(&p))?;
    let mut overlay = Overlay::new(project);
    let mut report = format!("{}\n", serde_json::Value::from_iter(facts.clone()));
    let dependencies = framework
        .add_dependencies(project, target, wanted)
        .map_err(|p| reason(&p))?;
    let wiring = framework.wire(project, target, &facts).map_err(|unsure| {
        assert_eq!(unsure.steps.len(), corpus.steps, "all steps are there");
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
    if let Some((path, text)) = corpus.generated {
        let path = framework.place(target, &facts, &path.parse().expect("a path"));
        overlay.set(path, text);
    }
    assert_eq!(
        framework.pre_generation(&overlay, target).ok().as_ref(),
        Some(&facts),
        "facts stay"
    );
    assert_eq!(
        framework
            .wire(&overlay, target, &facts)
            .map_err(|u| u.problem.to_string()),
        Ok(Vec::new()),
        "wired once"
    );
    assert_eq!(
        framework
            .add_dependencies(&overlay, target, wanted)
            .map_err(|p| p.to_string()),
        Ok(Vec::new())
    );
    Ok(report)
}

/// Plans every fixture and hands over its name and what would be done, or why not. Whether that is as the fixture says is
/// checked here.
pub fn plan_all(corpus: &Corpus, mut seen: impl FnMut(&str, String)) {
    for (name, project) in fixtures(corpus.framework.name()) {
        let config = &project[&ProjectPath::existing("fixture.toml").expect("a path")];
        let config = toml_edit::Document::parse(config.to_string()).expect("TOML");
        let unsure = config.get("unsure").and_then(Item::as_str);
        match (add(corpus, &project), unsure) {
            (Ok(report), None) => seen(&name, report),
            (Err(reason), Some(part)) => {
                assert!(reason.contains(part), "{name}: {reason}");
                seen(&name, reason);
            }
            (Ok(report), Some(_)) => panic!("{name} was wired:\n{report}"),
            (Err(reason), None) => panic!("{name} was refused: {reason}"),
        }
    }
}

/// Half a file is what an editor saves now and then.
pub fn never_panics(corpus: &Corpus) {
    let framework = corpus.framework;
    let wanted = std::slice::from_ref(&corpus.dependency);
    for (name, project) in fixtures(framework.name()) {
        let Ok(targets) = framework.detect(&project) else {
            continue;
        };
        for (path, text) in &project {
            if !corpus.files.iter().any(|end| path.as_str().ends_with(end)) {
                continue;
            }
            let step = (text.len() / 10).max(1);
            for (at, _) in text.char_indices().step_by(step) {
                let mut half = project.clone();
                half.insert(path.clone(), Arc::from(&text[..at]));
                for target in &targets {
                    let _ = framework.detect(&half);
                    if let Ok(facts) = framework.pre_generation(&half, target) {
                        let edits = framework.wire(&half, target, &facts);
                        if let Err(unsure) = edits {
                            assert!(
                                !unsure.problem.message.contains("internal"),
                                "{name}: {}\n{}",
                                unsure.problem,
                                &text[..at]
                            );
                        }
                    }
                    let _ = framework.add_dependencies(&half, target, wanted);
                }
            }
        }
    }
}
