use std::fmt::{self, Display, Write as _};

use super::{Lock, LockedFile, LockedModule};
use crate::types::{Answer, quote};

impl Lock {
    /// The lock's text.
    pub fn render(&self) -> String {
        let mut out = format!("format: {}\n", self.format);
        if self.core {
            out += "core: true\n";
        }
        out += if self.modules.is_empty() {
            "modules: []\n"
        } else {
            "modules:\n"
        };
        for module in &self.modules {
            // Writing to a String cannot fail.
            let _ = write_module(&mut out, module);
        }
        out
    }
}

fn write_module(out: &mut String, module: &LockedModule) -> fmt::Result {
    writeln!(out, "  - module: {}", quoted(&module.module))?;
    writeln!(out, "    target: {}", quoted(&module.target))?;
    writeln!(out, "    framework: {}", quoted(&module.framework))?;
    writeln!(out, "    profile: {}", quoted(&module.profile))?;
    writeln!(out, "    version: {}", quoted(&module.version))?;
    writeln!(out, "    content: {}", quoted(module.content))?;
    if module.dev {
        writeln!(out, "    dev: true")?;
    }
    let answers = module.answers.iter().map(|(name, answer)| {
        let value = match answer {
            Answer::String(text) => quoted(text),
            other => other.to_string(),
        };
        (name, value)
    });
    write_map(out, "answers", answers)?;
    write_map(
        out,
        "facts",
        module
            .facts
            .iter()
            .map(|(name, value)| (name, value.to_string())),
    )?;
    if !module.directories.is_empty() {
        writeln!(out, "    directories:")?;
    }
    for directory in &module.directories {
        writeln!(out, "      - {}", quoted(directory))?;
    }
    if module.files.is_empty() {
        return writeln!(out, "    files: []");
    }
    writeln!(out, "    files:")?;
    module
        .files
        .iter()
        .try_for_each(|file| write_file(out, file))
}

fn write_map<'a>(
    out: &mut String,
    name: &str,
    entries: impl ExactSizeIterator<Item = (&'a String, String)>,
) -> fmt::Result {
    if entries.len() == 0 {
        return writeln!(out, "    {name}: {{}}");
    }
    writeln!(out, "    {name}:")?;
    entries
        .into_iter()
        .try_for_each(|(key, value)| writeln!(out, "      {}: {value}", quoted(key)))
}

fn write_file(out: &mut String, file: &LockedFile) -> fmt::Result {
    writeln!(out, "      - path: {}", quoted(&file.path))?;
    writeln!(out, "        kind: {}", quoted(file.kind.name()))?;
    let mut field = |name: &str, value: Option<String>| match value {
        Some(value) => writeln!(out, "        {name}: {value}"),
        None => Ok(()),
    };
    field("name", file.name.as_ref().map(quoted))?;
    field("text", file.text.as_ref().map(quoted))?;
    field("template", file.template.as_ref().map(quoted))?;
    field("base", file.base.as_ref().map(quoted))?;
    field("accepted", file.accepted.as_ref().map(quoted))?;
    field("executable", file.executable.then(|| "true".to_owned()))
}

fn quoted(text: impl Display) -> String {
    quote(&text.to_string())
}
