use super::context::Context;
use super::interrupt;
use super::verify_all::show;
use crate::cli::{Part, Vet};
use crate::module::{Bump, Module};
use crate::project::Project;
use crate::types::{Change, FileKind, Problem, ProjectPath};
use crate::verify::vet;

/// `rapidkit-pg vet`
pub fn run(context: &Context, args: &Vet) -> Result<u8, Problem> {
    match args.bump {
        Some(part) => bump(context, part),
        None => {
            let report = vet(&context.directory, args.deep)?;
            show(context, "vet", args.format, false, &report);
            Ok(report.exit())
        }
    }
}

fn bump(context: &Context, part: Part) -> Result<u8, Problem> {
    let module = Module::read(&context.directory)?;
    let part = match part {
        Part::Patch => Bump::Patch,
        Part::Minor => Bump::Minor,
        Part::Major => Bump::Major,
    };
    let before = &module.manifest.version.value;
    let after = part.of(before);
    let (changelog, entry) = module.with_changelog_entry(&after)?;
    let manifest = module.with_version(&after)?;
    let changes = [
        change("module.yaml", module.text("module.yaml")?, manifest)?,
        change(changelog, module.text(changelog)?, entry)?,
    ];
    let project = Project::open(&context.directory)?;
    let (writer, _) = project.writer()?;
    writer.apply(&changes, &interrupt::requested)?;
    context
        .terminal
        .done("Raised", format!("version {before} to {after}"));
    context.terminal.line(format!(
        "write down what changed in {changelog}, then run `rapidkit-pg lock --overwrite`"
    ));
    Ok(0)
}

fn change(path: &str, before: &str, after: String) -> Result<Change, Problem> {
    let path = ProjectPath::existing(path)?;
    Ok(Change::new(
        path,
        FileKind::Generated,
        Some(before),
        Some(&after),
    ))
}
