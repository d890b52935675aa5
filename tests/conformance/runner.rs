use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Result;
use rapidkit_pg::postgres::Installation;

use super::report::{self, Report};
use super::row::{Group, Row};
use super::rows::GROUPS;
use super::stage::{CANARY, Stage};
use crate::support::app::App;
use crate::support::throwaway;

/// Which rows are asked.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Vec<String>,
    /// Whether everything that was asked is printed.
    pub verbose: bool,
}

impl Selection {
    /// Rows by id or by the beginning of it, divided by commas.
    pub fn only(&mut self, ids: &str) {
        self.only.extend(ids.split(',').map(str::to_owned));
    }

    /// Whether this name is asked for in full.
    fn names(&self, id: &str) -> bool {
        self.only.iter().any(|name| name == id)
    }

    /// Whether a row or fault of this name is wanted.
    pub fn wants(&self, id: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|start| id.starts_with(start))
    }
}

/// The row that looks at everything the application said in the whole run.
const NOWHERE: (&str, &str) = (
    "secrets.nowhere",
    "no password in anything the application printed or answered, in the whole run",
);

/// Groups at once. Most of their time is waiting; more would make the bounds a matter of luck.
const WORKERS: usize = 3;

/// Prints every row's name and sentence.
pub fn list() {
    let rows = GROUPS.iter().flat_map(|group| group.rows);
    for (id, says) in rows.map(|row| (row.id, row.says)).chain([NOWHERE]) {
        println!("{id:<44} {says}");
    }
}

/// Asks an application every selected row.
pub fn run(app: &App, selection: &Selection) -> Result<Report> {
    let start = Instant::now();
    let installation = throwaway::installation()?;
    let folder = tempfile::Builder::new().prefix("conformance-").tempdir()?;
    std::fs::set_permissions(
        folder.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )?;
    let waiting = Mutex::new(GROUPS.iter().rev().collect::<Vec<_>>());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().ok().and_then(|mut waiting| waiting.pop());
                    let Some(group) = next else { break };
                    let rows = ask_group(app, group, selection, &installation, folder.path());
                    if let Ok(mut done) = done.lock() {
                        done.extend(rows);
                    }
                }
            });
        }
    });
    let mut rows = done.into_inner().unwrap_or_default();
    let order: Vec<_> = GROUPS
        .iter()
        .flat_map(|group| group.rows)
        .map(|row| row.id)
        .collect();
    rows.sort_by_key(|row| order.iter().position(|id| *id == row.id));
    if selection.wants(NOWHERE.0) && !rows.is_empty() {
        rows.push(nowhere(folder.path(), &rows));
    }
    Ok(Report {
        app: app.name.clone(),
        rows,
        took: start.elapsed(),
    })
}

fn ask_group(
    app: &App,
    group: &Group,
    selection: &Selection,
    installation: &Installation,
    folder: &Path,
) -> Vec<report::Result> {
    let wanted: Vec<&Row> = group
        .rows
        .iter()
        .filter(|row| row.needs.is_none_or(|needs| app.can(needs)))
        .filter(|row| selection.wants(row.id) || selection.names(NOWHERE.0))
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let folder = folder.join(group.name);
    let stage = std::fs::create_dir(&folder)
        .map_err(anyhow::Error::from)
        .and_then(|()| Stage::set(app, group.scene, installation, &folder));
    match stage {
        Ok(mut stage) => wanted.into_iter().map(|row| ask(&mut stage, row)).collect(),
        Err(error) => wanted
            .into_iter()
            .map(|row| report::Result {
                id: row.id,
                says: row.says,
                failure: Some(format!("the stage could not be set: {error:#}")),
                transcript: Vec::new(),
                took: Duration::ZERO,
            })
            .collect(),
    }
}

fn ask(stage: &mut Stage, row: &Row) -> report::Result {
    let restored = stage.restore();
    stage.transcript.take();
    let start = Instant::now();
    let result = restored.and_then(|()| {
        catch_unwind(AssertUnwindSafe(|| (row.ask)(stage)))
            .unwrap_or_else(|_| Err(anyhow::anyhow!("the row itself panicked")))
    });
    report::Result {
        id: row.id,
        says: row.says,
        failure: result.err().map(|error| format!("{error:#}")),
        transcript: stage.transcript.take(),
        took: start.elapsed(),
    }
}

/// Looks for the password in what was answered and in every application's output.
fn nowhere(folder: &Path, rows: &[report::Result]) -> report::Result {
    let start = Instant::now();
    let mut found = Vec::new();
    let (mut bytes, mut look) = (0, |place: &str, text: &str| {
        found.extend(
            text.lines()
                .filter(|line| line.contains(CANARY))
                .map(|line| format!("{place}: {line}")),
        );
        text.len()
    });
    for row in rows {
        for line in &row.transcript {
            bytes += look(row.id, line);
        }
    }
    for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
        let name = entry.file_name().to_string_lossy();
        if name.starts_with("app-") && name.ends_with(".log") {
            let text = std::fs::read(entry.path()).unwrap_or_default();
            bytes += look(
                &entry.path().display().to_string(),
                &String::from_utf8_lossy(&text),
            );
        }
    }
    found.truncate(10);
    let failure =
        (!found.is_empty()).then(|| format!("expected no {CANARY:?}, got\n{}", found.join("\n")));
    report::Result {
        id: NOWHERE.0,
        says: NOWHERE.1,
        failure,
        transcript: vec![format!("{bytes} bytes looked through")],
        took: start.elapsed(),
    }
}
