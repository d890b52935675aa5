//! Actix Web 4.

mod manual;
mod servers;
#[cfg(test)]
mod tests;
mod version;
mod wiring;

use serde_json::Value;

use super::Framework;
use super::rust;
use crate::edit::cargo::exclude;
use crate::edit::cargo::workspace::{CrateRoot, Package};
use crate::types::{
    Block, Dependency, Facts, FileEdit, Files, Install, Problem, Profile, ProjectPath, Target,
    Unsure,
};
use wiring::ActixWiring;

/// The framework's crate.
const CRATE: &str = "actix-web";

/// The Actix Web plugin.
pub struct Actix;

impl Framework for Actix {
    fn name(&self) -> &'static str {
        "actix"
    }

    fn known_by(&self) -> &'static str {
        "a package that depends on `actix-web`"
    }

    fn detect(&self, files: &dyn Files) -> Result<Vec<Target>, Problem> {
        rust::detect(files, self.name(), CRATE)
    }

    fn pre_generation(&self, files: &dyn Files, target: &Target) -> Result<Facts, Problem> {
        let package = rust::package(files, target)?;
        version::check(files, &package.manifest)?;
        rust::toolchain::edition(&package)?;
        let root = home(files, &package)?;
        Ok(with_pools(rust::facts(files, &package, &root)?))
    }

    fn own_facts(&self) -> &'static [&'static str] {
        &["source_root"]
    }

    fn block_names(&self) -> &'static [&'static str] {
        &["close", exclude::BLOCK, "init", "mod", "routes", "shutdown"]
    }

    fn samples(&self) -> Vec<(Profile, Facts)> {
        rust::sample_facts()
            .into_iter()
            .map(|facts| (Profile::Standard, with_pools(facts)))
            .collect()
    }

    fn place(&self, target: &Target, facts: &Facts, output: &ProjectPath) -> ProjectPath {
        rust::place(target, facts, output)
    }

    fn health_stands(&self) -> &'static str {
        "The health route stands outside your scopes and what is wrapped around them; what is wrapped around the whole `App` applies to it."
    }

    fn add_dependencies(
        &self,
        files: &dyn Files,
        target: &Target,
        dependencies: &[Dependency],
    ) -> Result<Vec<FileEdit>, Problem> {
        rust::add_dependencies(files, target, dependencies)
    }

    fn install(&self, _files: &dyn Files, target: &Target) -> Result<Install, Problem> {
        Ok(Install::new(&target.root, "cargo fetch"))
    }

    fn advice(&self, files: &dyn Files, target: &Target) -> Result<Vec<String>, Problem> {
        rust::toolchain::advice(files, &rust::package(files, target)?)
    }

    fn instead_of(&self, block: &Block) -> String {
        rust::instead_of(&block.text)
    }

    fn wire(
        &self,
        files: &dyn Files,
        target: &Target,
        _facts: &Facts,
    ) -> Result<Vec<FileEdit>, Box<Unsure>> {
        rust::wire(files, target, CRATE, manual::steps, |wiring| {
            ActixWiring(wiring).edits()
        })
    }
}

/// Each worker has a pool of its own.
fn with_pools(mut facts: Facts) -> Facts {
    facts.insert(rust::POOL_PER_WORKER.to_owned(), Value::from(true));
    facts
}

/// The crate that declares the module: the library, else the binary that serves, else the one that `cargo run` starts.
fn home(files: &dyn Files, package: &Package) -> Result<CrateRoot, Problem> {
    rust::home(files, package, CRATE, |wiring| {
        let chosen = ActixWiring(wiring).choose().ok()?;
        Some(chosen.first()?.server)
    })
}
