//! Whether the soak sees what it is for: the layer is broken on purpose, in a copy of the module.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// A text of a template that must occur exactly once, and what it is replaced by.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sabotage {
    id: String,
    framework: String,
    /// The template.
    file: String,
    find: String,
    replace: String,
    /// How long it takes to be seen.
    #[serde(default = "minute")]
    minutes: u32,
    /// Part of a violation that must be found.
    sees: String,
}

fn minute() -> u32 {
    1
}

/// What a module consists of.
const MODULE: [&str; 5] = ["module.yaml", "module.sums", "config", "templates", "docs"];

/// Loads an application for each sabotage of the list, or for those whose name begins with one of `only`.
/// Whether all were seen.
pub fn run_all(list: &str, only: &[String]) -> Result<bool> {
    let text = std::fs::read_to_string(list).context(list.to_owned())?;
    let mut sabotages: Vec<Sabotage> = serde_json::from_str(&text).context(list.to_owned())?;
    sabotages.retain(|its| {
        only.is_empty() || only.iter().any(|start| its.id.starts_with(start.as_str()))
    });
    ensure!(!sabotages.is_empty(), "no sabotage of that name in {list}");
    let mut seen = 0;
    for sabotage in &sabotages {
        let found = sabotage.commit().context(sabotage.id.clone())?;
        let id = &sabotage.id;
        match found.iter().find(|line| line.contains(&sabotage.sees)) {
            Some(line) => {
                seen += 1;
                println!("seen     {id:<34} {line}");
            }
            None => println!("NOT SEEN {id:<34} {}", found.join("; ")),
        }
    }
    println!("\nseen {seen} of {}", sabotages.len());
    Ok(seen == sabotages.len())
}

impl Sabotage {
    /// The violations that come of it.
    fn commit(&self) -> Result<Vec<String>> {
        let copy = tempfile::tempdir()?;
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for part in MODULE {
            for entry in walkdir::WalkDir::new(root.join(part)) {
                let entry = entry?;
                let to = copy.path().join(entry.path().strip_prefix(root)?);
                if entry.file_type().is_dir() {
                    std::fs::create_dir_all(to)?;
                } else {
                    std::fs::copy(entry.path(), to)?;
                }
            }
        }
        let template = copy.path().join(&self.file);
        let sound = std::fs::read_to_string(&template).context(self.file.clone())?;
        let count = sound.matches(&self.find).count();
        ensure!(count == 1, "{:?} occurs {count} times, not once", self.find);
        std::fs::write(&template, sound.replace(&self.find, &self.replace))?;
        let ran = Command::new(std::env::current_exe()?)
            .args(["--minutes", &self.minutes.to_string()])
            .args([&self.framework, "--module"])
            .arg(copy.path())
            .output()?;
        let said = String::from_utf8_lossy(&ran.stdout);
        ensure!(
            ran.status.code() != Some(2),
            "it could not be tried:\n{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let start = self.framework.as_str();
        let is_violation = |line: &&str| line.starts_with(start) && line.contains(": ");
        Ok(said
            .lines()
            .filter(is_violation)
            .map(str::to_owned)
            .collect())
    }
}
