//! Deliberate faults: each is put into a copy of the application, and the row that should catch it
//! is asked.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::runner::{Selection, run};
use crate::support::app::App;

/// One fault: a text of the layer's sources, and what it is replaced by.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    id: String,
    /// Relative to the layer's folder.
    file: PathBuf,
    /// Must occur exactly once.
    find: String,
    replace: String,
    /// The rows of which at least one must fail.
    row: Vec<String>,
}

/// Applies every selected fault of a list. Whether all were caught.
pub fn run_all(app: &App, file: &Path, selection: &Selection) -> Result<bool> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let faults: Vec<Fault> =
        serde_json::from_str(&text).with_context(|| file.display().to_string())?;
    let faults: Vec<_> = faults
        .into_iter()
        .filter(|fault| selection.wants(&fault.id))
        .collect();
    ensure!(
        !faults.is_empty(),
        "no fault of that name in {}",
        file.display()
    );
    ensure!(
        !app.build.is_empty(),
        "the app's description does not say how it is built"
    );
    let copy = tempfile::tempdir()?;
    let copied = copied(app, copy.path())?;
    sound(&copied, &faults)?;
    let mut caught = 0;
    for fault in &faults {
        let place = copied.directory.join(&app.layer).join(&fault.file);
        let sound = std::fs::read_to_string(&place).with_context(|| place.display().to_string())?;
        let count = sound.matches(&fault.find).count();
        ensure!(
            count == 1,
            "{}: {:?} occurs {count} times in {}, not once",
            fault.id,
            fault.find,
            fault.file.display()
        );
        std::fs::write(&place, sound.replace(&fault.find, &fault.replace))?;
        let result = built(&copied).and_then(|()| {
            let mut rows = Selection::default();
            rows.only(&fault.row.join(","));
            run(&copied, &rows)
        });
        std::fs::write(&place, sound)?;
        let report = result.with_context(|| fault.id.clone())?;
        ensure!(
            !report.rows.is_empty(),
            "{}: no row is called {:?}",
            fault.id,
            fault.row
        );
        let failed = report
            .rows
            .iter()
            .find_map(|row| Some((row.id, row.failure.as_ref()?)));
        match failed {
            Some((row, failure)) => {
                caught += 1;
                let first = failure.lines().next().unwrap_or_default();
                let first: String = first.chars().take(160).collect();
                println!("caught     {:<36} by {row}: {first}", fault.id);
            }
            None => println!("NOT CAUGHT {:<36} by {:?}", fault.id, fault.row),
        }
    }
    println!("\ncaught {caught} of {}", faults.len());
    Ok(caught == faults.len())
}

/// Expects every row of the list to hold without a fault: else its failing would mean nothing.
fn sound(app: &App, faults: &[Fault]) -> Result<()> {
    built(app)?;
    let mut rows = Selection::default();
    for fault in faults {
        rows.only(&fault.row.join(","));
    }
    let report = run(app, &rows)?;
    let failed: Vec<_> = report
        .rows
        .iter()
        .filter_map(|row| Some(format!("{}: {}", row.id, row.failure.as_ref()?)))
        .collect();
    ensure!(
        failed.is_empty(),
        "rows fail without any fault:\n{}",
        failed.join("\n")
    );
    println!("{} rows hold without a fault\n", report.rows.len());
    Ok(())
}

/// The application's sources in another folder.
fn copied(app: &App, to: &Path) -> Result<App> {
    for entry in walkdir::WalkDir::new(&app.directory)
        .into_iter()
        .filter_entry(|entry| {
            !["target", "node_modules", ".git"]
                .iter()
                .any(|name| entry.file_name() == *name)
        })
    {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(&app.directory)?);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(App {
        directory: to.to_owned(),
        ..app.clone()
    })
}

fn built(app: &App) -> Result<()> {
    let done = Command::new(&app.build[0])
        .args(&app.build[1..])
        .current_dir(&app.directory)
        .envs(&app.environment)
        .output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(
        done.status.success(),
        "the faulty application does not build:\n{said}"
    );
    Ok(())
}
