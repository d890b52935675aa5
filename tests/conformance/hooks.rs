//! Which runtime hooks work, for `rapidkit-pg vet --deep`.

use anyhow::{Context, Result, ensure};

use super::rows::SEEN_BY;
use super::runner::{Selection, run};
use crate::support::app::App;

/// Asks the rows that see the hooks work, and prints what came of each hook. Whether all work.
pub fn run_all(app: &App, variables: &str) -> Result<bool> {
    let mut selection = Selection::default();
    let mut asked = Vec::new();
    for variable in variables.split(',') {
        let (_, starts) = SEEN_BY
            .iter()
            .find(|(known, _)| *known == variable)
            .with_context(|| format!("no row sees whether {variable} works"))?;
        selection.only(&starts.join(","));
        asked.push((variable, *starts));
    }
    let report = run(app, &selection)?;
    report.print(&selection);
    let mut all_hold = true;
    for (variable, starts) in asked {
        let is_its = |id: &str| starts.iter().any(|start| id.starts_with(start));
        let rows: Vec<_> = report.rows.iter().filter(|row| is_its(row.id)).collect();
        ensure!(!rows.is_empty(), "{variable}: no row was asked");
        let failed = rows
            .iter()
            .find_map(|row| Some((row.id, row.failure.as_deref()?)));
        match failed {
            None => println!("hook {variable} holds"),
            Some((row, failure)) => {
                all_hold = false;
                let first = failure.lines().next().unwrap_or_default();
                println!("hook {variable} fails {row}: {first}");
            }
        }
    }
    Ok(all_hold)
}
