use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, bail};

use crate::fixture::Fixture;
use crate::{node, python, rust};

/// What an ecosystem does to a project, each function one step.
pub struct Toolchain {
    /// Builds everything; the program to start, with its arguments.
    pub build: fn(&Fixture, &Path) -> Result<Vec<OsString>>,
    /// The files that the formatter would change.
    pub unformatted: fn(&Path) -> Result<Vec<String>>,
    /// The linter has nothing to say about generated files.
    pub lints: fn(&Path) -> Result<()>,
    /// The application's own tests pass without a database; the generated ones say that they did not run.
    pub tests: fn(&Path) -> Result<()>,
    /// Whether all builds are made in one place, one after another.
    pub one_at_a_time: bool,
    /// What the lines that are printed to be added by hand hold.
    pub by_hand: &'static str,
    /// Whether a server that was told to stop raises that signal again once all is closed.
    pub ends_by_signal: bool,
}

impl Toolchain {
    /// That of a framework.
    ///
    /// # Errors
    /// There is none.
    pub fn of(framework: &str) -> Result<Self> {
        match framework {
            "actix" | "axum" => Ok(Self {
                build: rust::build,
                unformatted: rust::unformatted,
                lints: rust::lints,
                tests: rust::tests,
                one_at_a_time: true,
                by_hand: "db_postgres::",
                ends_by_signal: false,
            }),
            "fastapi" => Ok(Self {
                build: python::build,
                unformatted: python::unformatted,
                lints: python::lints,
                tests: python::tests,
                one_at_a_time: false,
                by_hand: "db_postgres.init_app(",
                ends_by_signal: true,
            }),
            "nestjs" => Ok(Self {
                build: node::build,
                unformatted: node::unformatted,
                lints: node::lints,
                tests: node::tests,
                one_at_a_time: false,
                by_hand: "DatabasePostgresModule",
                ends_by_signal: true,
            }),
            other => bail!("no toolchain for {other}"),
        }
    }
}
