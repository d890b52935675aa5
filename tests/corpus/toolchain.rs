use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, bail};

use crate::fixture::Fixture;
use crate::{node, rust};

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
}

impl Toolchain {
    /// That of a framework.
    ///
    /// # Errors
    /// There is none.
    pub fn of(framework: &str) -> Result<Self> {
        match framework {
            "axum" => Ok(Self {
                build: rust::build,
                unformatted: rust::unformatted,
                lints: rust::lints,
                tests: rust::tests,
            }),
            "nestjs" => Ok(Self {
                build: node::build,
                unformatted: node::unformatted,
                lints: node::lints,
                tests: node::tests,
            }),
            other => bail!("no toolchain for {other}"),
        }
    }
}
