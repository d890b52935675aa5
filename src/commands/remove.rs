use super::context::{self, Context};
use super::locked::{locked, subject};
use super::run::{Outcome, Run};
use crate::cli::Remove;
use crate::lockfile::LockedModule;
use crate::plan;
use crate::report::PlanReport;
use crate::types::{Change, Problem};

/// `rapidkit-pg remove`
pub fn run(context: &Context, args: &Remove) -> Result<u8, Problem> {
    let module = context.module(&args.name, &args.module)?;
    let (project, root) = context.project()?;
    let run = Run::begin(context, &project, &args.writing)?.with_question("Remove this?");
    let lock = context::lock(&project)?;
    if lock.modules.is_empty() && run.has_finished_another() {
        context.terminal.line("nothing is left to remove");
        return Ok(0);
    }
    let locked = locked(&project, &lock, &root, &args.name, args.package.as_deref())?;
    let removal = plan::remove(&project, &lock, locked, &module, args.discard_edits)?;
    let report = |next| PlanReport {
        command: "remove",
        subject: Some(subject(locked)),
        changes: &removal.changes,
        notes: removal
            .kept
            .iter()
            .map(|line| format!("stays: {line}"))
            .collect(),
        next,
    };
    let outcome = run.carry_out(context, &removal.changes, &report, &|| {
        Ok(next(locked, &removal.changes))
    })?;
    if outcome == Outcome::Applied {
        let what = format!(
            "{} {} from {}",
            locked.module, locked.version, locked.target
        );
        context.terminal.done("Removed", what);
    }
    Ok(u8::from(outcome == Outcome::Declined))
}

/// What a person does after `remove`.
fn next(locked: &LockedModule, changes: &[Change]) -> Vec<String> {
    let is_manifest = |change: &Change| {
        let mut blocks = locked.blocks_in(&change.path);
        blocks.any(|block| block.dependency().is_some())
    };
    if !changes.iter().any(is_manifest) {
        return Vec::new();
    }
    vec![
        "A lock file of your package manager still names what went out of the manifest: install as after an \
         edit of yours."
            .to_owned(),
    ]
}
