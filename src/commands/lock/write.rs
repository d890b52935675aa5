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
    let signature_path = ProjectPath::existing(&format!("{}.sig", record.path))?;
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
            changes.push(Change {
                before: signature,
                ..Change::new(signature_path, FileKind::Vendor, None, Some(&text))
            });
        }
        None if signature.is_some() => context.terminal.line(format!(
            "the signature in {signature_path} is stale now: sign again with `--sign KEY`"
        )),
        None => {}
    }
    changes.push(Change::new(
        ProjectPath::existing(record.path)?,
        FileKind::Vendor,
        record.before,
        Some(record.after),
    ));
    changes.retain(|change| change.before != change.after);
    writer.apply(&changes, &interrupt::requested)?;
    if key.is_some() {
        context.terminal.done("Signed", record.path);
    }
    Ok(())
}
