//! An application wired in by its framework.

use std::collections::BTreeMap;
use std::sync::Arc;

use rapidkit_pg::edit::count_blocks;
use rapidkit_pg::frameworks;
use rapidkit_pg::types::{FileEdit, Problem, ProjectPath};

use crate::run::refused;

pub enum Wired {
    Edits(Vec<FileEdit>),
    Refused(Problem),
}

/// Finds the application among `files` and wires it, as `add` does.
pub fn wire(framework: &str, files: &BTreeMap<ProjectPath, Arc<str>>) -> Wired {
    let plugin = frameworks::all()
        .iter()
        .find(|plugin| plugin.name() == framework)
        .unwrap();
    let wired = plugin.detect(files).and_then(|targets| {
        let Some(target) = targets.first() else {
            return Ok(Vec::new());
        };
        let facts = plugin.pre_generation(files, target)?;
        plugin
            .wire(files, target, &facts)
            .map_err(|unsure| unsure.problem)
    });
    match wired {
        Ok(edits) => {
            for edit in &edits {
                let counts = count_blocks(edit.path.file_name(), &edit.text, &edit.blocks);
                assert!(counts.iter().all(|count| *count >= 1), "{edit:?}");
            }
            Wired::Edits(edits)
        }
        Err(problem) => {
            refused(&problem);
            Wired::Refused(problem)
        }
    }
}
