use super::context::{self, Context};
use super::run::{Outcome, Run};
use crate::cli::Restore;
use crate::git::Revision;
use crate::lockfile::Lock;
use crate::plan::{self, FindAccepted, normalised};
use crate::project::Root;
use crate::report::PlanReport;
use crate::types::{ContentHash, Problem, ProjectPath, relative};

/// `rapidkit-pg restore`
pub fn run(context: &Context, args: &Restore) -> Result<u8, Problem> {
    let (project, root) = context.project()?;
    let run = Run::begin(context, &project, &args.writing)?
        .with_question("Restore this?")
        .with_diff();
    let lock = context::lock(&project)?;
    if lock.modules.is_empty() {
        return Err(
            Problem::input("the project has no module").help("`rapidkit-pg add` puts one in")
        );
    }
    let paths = paths(&root, &lock, &args.paths)?;
    let wanted = |path: &ProjectPath| {
        paths.is_empty() || paths.iter().any(|wanted| path.below(wanted).is_some())
    };
    let committed = |path: &ProjectPath, hash: ContentHash| {
        let Ok(head) = Revision::resolve(project.path(), "HEAD") else {
            return Ok(None);
        };
        let text = head
            .read(path.as_str())?
            .and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(text.filter(|text| normalised(text) == hash))
    };
    let accepted: Option<&FindAccepted> = match args.pristine {
        true => None,
        false => Some(&committed),
    };
    let (mut changes, mut notes) = (Vec::new(), Vec::new());
    for locked in &lock.modules {
        let restoration = plan::restore(&project, locked, &wanted, accepted)?;
        changes.extend(restoration.changes);
        notes.extend(restoration.notes);
    }
    let report = |next| PlanReport {
        command: "restore",
        subject: None,
        changes: &changes,
        notes: notes.clone(),
        next,
    };
    let outcome = run.carry_out(context, &changes, &report, &|| Ok(Vec::new()))?;
    if outcome == Outcome::Applied {
        let what = match changes.len() {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        context.terminal.done("Restored", what);
    }
    Ok(u8::from(outcome == Outcome::Declined))
}

/// Paths that the user gave, from where the user stands or, as `status` prints them, from the root.
///
/// # Errors
/// Nothing of a module is there.
fn paths(root: &Root, lock: &Lock, given: &[String]) -> Result<Vec<ProjectPath>, Problem> {
    let is_known = |path: &ProjectPath| {
        let mut files = lock.modules.iter().flat_map(|locked| &locked.files);
        files.any(|file| file.path.below(path).is_some())
    };
    given
        .iter()
        .map(|path| {
            let places = [&root.here, &ProjectPath::root()];
            let mut paths = places.into_iter().filter_map(|from| relative(from, path));
            paths.find(is_known).ok_or_else(|| {
                let path = path.escape_debug();
                Problem::input(format!("nothing of a module is in `{path}`"))
                    .help("`rapidkit-pg status` shows what the project has")
            })
        })
        .collect()
}
