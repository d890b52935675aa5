use std::path::Path;

use crate::commands::context::Context;
use crate::commands::interrupt;
use crate::project::{Project, Writer};
use crate::signature::{Namespace, SshKeygen};
use crate::types::{Change, FileKind, Problem, ProjectPath};

/// A record as it is to be written.
pub struct Record<'a> {
    pub path: &'a str,
    pub before: Option<&'a str>,
    pub after: &'a str,
    pub namespace: Namespace,
}

/// Writes a record and, if there is a key, its signature, as one transaction. A record that stays the same can be signed.
pub fn write(
    context: &Context,
    project: &Project,
    writer: &Writer,
    record: &Record,
    key: Option<&Path>,
) -> Result<(), Problem> {
    let signature_path = path(&format!("{}.sig", record.path))?;
    let signature = project.bytes(&signature_path)?;
    let mut changes = Vec::new();
    match key {
        Some(key) => {
            let text = SshKeygen::default()
                .sign(
                    &context.directory.join(key),
                    record.namespace,
                    record.after.as_bytes(),
                )
                .map_err(|error| Problem::input(error.to_string()))?;
            changes.push(change(signature_path, signature, text));
        }
        None if signature.is_some() => context.terminal.line(format!(
            "the signature in {signature_path} is stale now: sign again with `--sign KEY`"
        )),
        None => {}
    }
    let before = record.before.map(|text| text.as_bytes().to_vec());
    changes.push(change(path(record.path)?, before, record.after.to_owned()));
    changes.retain(|change| change.before != change.after);
    writer.apply(&changes, &interrupt::requested)?;
    if key.is_some() {
        context.terminal.done("Signed", record.path);
    }
    Ok(())
}

fn change(path: ProjectPath, before: Option<Vec<u8>>, after: String) -> Change {
    Change {
        path,
        kind: FileKind::Vendor,
        before,
        after: Some(after.into_bytes()),
        summary: Vec::new(),
    }
}

fn path(path: &str) -> Result<ProjectPath, Problem> {
    ProjectPath::existing(path).map_err(|error| Problem::input(error.to_string()))
}
