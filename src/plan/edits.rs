//! What is put into files that the user owns.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use super::rendering::Rendered;
use crate::edit::dotenv;
use crate::frameworks::Framework;
use crate::lockfile::LockedFile;
use crate::module::Module;
use crate::types::{
    Block, Dependency, Facts, FileEdit, FileKind, Files, Overlay, Problem, ProjectPath, Target,
};

/// A file of the user's as it will be, and what was put in.
#[derive(Debug, Default)]
pub struct Edited {
    pub text: String,
    pub blocks: Vec<Block>,
}

/// Packages and, if asked to `wire`, wiring; each edit sees what the one before will write.
///
/// # Errors
/// A package that cannot work; no certain place to wire, with the steps that wire by hand.
pub fn edits(
    files: &dyn Files,
    module: &Module,
    framework: &dyn Framework,
    target: &Target,
    facts: &Facts,
    wire: bool,
) -> Result<BTreeMap<ProjectPath, Edited>, Problem> {
    let packages = module.dependencies(framework.name(), target.profile, facts)?;
    let add = |packages: &[Dependency]| framework.add_dependencies(files, target, packages);
    let mut edits = add(&packages).map_err(|problem| {
        let others = packages
            .iter()
            .filter_map(|one| add(slice::from_ref(one)).err());
        with_others(problem, others)
    })?;
    if wire {
        let mut overlay = Overlay::new(files);
        for edit in &edits {
            overlay.set(edit.path.clone(), edit.text.as_str());
        }
        let wiring = framework.wire(&overlay, target, facts).map_err(|unsure| {
            let mut problem = unsure.problem;
            problem.steps = unsure.steps;
            problem
        })?;
        edits.extend(wiring);
    }
    Ok(by_path(edits))
}

/// The first problem, with those that whoever has mended it would meet next.
fn with_others(mut first: Problem, others: impl Iterator<Item = Problem>) -> Problem {
    let mut said = BTreeSet::from([first.to_string()]);
    for other in others {
        let text = other.to_string();
        if said.insert(text.clone()) {
            let label = other.location.map(|at| at.label).unwrap_or_default();
            let end = if label.is_empty() { "" } else { ": " };
            first.notes.push(format!("and {text}{end}{label}"));
            let new = |help: &String| !first.help.contains(help);
            let help: Vec<String> = other.help.into_iter().filter(new).collect();
            first.help.extend(help);
        }
    }
    first
}

fn by_path(edits: Vec<FileEdit>) -> BTreeMap<ProjectPath, Edited> {
    let mut files: BTreeMap<ProjectPath, Edited> = BTreeMap::new();
    for edit in edits {
        let edited = files.entry(edit.path).or_default();
        edited.text = edit.text;
        edited.blocks.extend(edit.blocks);
    }
    files
}

/// A rendered block between markers in `text`; `None` if it is there already.
pub fn marked(file: &Rendered, text: &str, module: &str) -> Option<Edited> {
    let body = dotenv::without_set(&file.text, text);
    Some(Edited {
        text: dotenv::add_block(text, module, &body)?,
        blocks: vec![Block {
            name: module.to_owned(),
            text: dotenv::block(module, &body),
        }],
    })
}

/// `text` with its block between markers as it was rendered, `copy` being the pristine copy; `None` if there are no markers.
pub fn remarked(copy: &str, text: &str, module: &str) -> Option<String> {
    let rest = dotenv::without_block(text, module)?;
    let block = dotenv::block(module, &dotenv::without_set(copy, &rest));
    dotenv::replace_block(text, module, &block)
}

/// The lock's record of a block.
pub fn block_record(path: ProjectPath, block: Block) -> LockedFile {
    LockedFile {
        path,
        kind: FileKind::Block,
        name: Some(block.name),
        text: Some(block.text),
        template: None,
        base: None,
        accepted: None,
        executable: false,
    }
}
