//! The corpus in `tests/fixtures/fastapi`, planned only; `tests/` starts it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::edit::count_blocks;
use crate::types::Overlay;

type Project = BTreeMap<ProjectPath, Arc<str>>;

fn read(root: &Path) -> Project {
    walkdir::WalkDir::new(root)
        .into_iter()
        .map(|entry| entry.expect("readable"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let below = entry.path().strip_prefix(root).expect("below");
            let path = ProjectPath::existing(&below.to_string_lossy()).expect("a path");
            let text = std::fs::read_to_string(entry.path()).expect("text");
            (path, text.into())
        })
        .collect()
}

fn add(project: &Project) -> Result<usize, String> {
    let [target] = &FastApi.detect(project).map_err(|p| p.to_string())?[..] else {
        return Err("not one target".to_owned());
    };
    let facts = FastApi.facts(project, target).map_err(|p| p.to_string())?;
    let wanted = [Dependency {
        name: "sqlalchemy".to_owned(),
        version: ">=2.0.36,<3".to_owned(),
        also: None,
        features: vec!["asyncio".to_owned()],
        default_features: true,
        dev: false,
    }];
    let mut overlay = Overlay::new(project);
    let dependencies = FastApi
        .add_dependencies(project, target, &wanted)
        .map_err(|p| p.to_string())?;
    let wiring = FastApi.wire(project, target, &facts).map_err(|unsure| {
        assert_eq!(unsure.steps.len(), 2, "all steps are there");
        unsure.problem.to_string()
    })?;
    let mut blocks = 0;
    for edit in dependencies.iter().chain(&wiring) {
        let found = count_blocks(edit.path.file_name(), &edit.text, &edit.blocks);
        assert_eq!(found, vec![1; edit.blocks.len()], "{}", edit.path);
        blocks += found.len();
        overlay.set(edit.path.clone(), edit.text.as_str());
    }
    let again = FastApi.wire(&overlay, target, &facts).expect("wired");
    assert!(again.is_empty(), "a second time changes nothing");
    Ok(blocks)
}

#[test]
fn every_application_is_wired_or_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fastapi");
    let mut sure = 0;
    for entry in std::fs::read_dir(root).expect("the corpus is there") {
        let path = entry.expect("readable").path();
        if !path.is_dir() {
            continue;
        }
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        match (add(&read(&path)), name.starts_with("unsure-")) {
            (Ok(blocks), false) => {
                assert_eq!(blocks, 3, "{name}");
                sure += 1;
            }
            (Err(_), true) => {}
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
    assert!(sure >= 15, "{sure} applications");
}
