//! The PostgreSQL installation that tests use. There is no way around it: without one they fail.

use std::path::PathBuf;

use rapidkit_pg::postgres::{Installation, Search};

/// Finds or brings PostgreSQL.
pub fn installation() -> anyhow::Result<Installation> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("rapidkit-pg");
    let search = Search::new(cache)
        .bin_dir(variable("RAPIDKIT_PG_BIN"))
        .path(std::env::var_os("PATH"));
    Installation::find(&search, &|step| eprintln!("{step}")).map_err(|problem| {
        let more = [problem.notes.as_slice(), &problem.help].concat();
        anyhow::anyhow!("{problem}\n{}", more.join("\n"))
    })
}
