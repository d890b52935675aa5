//! Axum 0.7 and 0.8.

mod manual;
mod servers;
mod site;
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
use wiring::AxumWiring;

/// The Axum plugin.
pub struct Axum;

impl Framework for Axum {
    fn name(&self) -> &'static str {
        "axum"
    }

    fn known_by(&self) -> &'static str {
        "a package that depends on `axum`"
    }

    fn detect(&self, files: &dyn Files) -> Result<Vec<Target>, Problem> {
        rust::detect(files, self.name(), "axum")
    }

    fn pre_generation(&self, files: &dyn Files, target: &Target) -> Result<Facts, Problem> {
        let package = rust::package(files, target)?;
        let axum = version::axum(files, &package.manifest)?;
        rust::toolchain::edition(&package)?;
        let root = home(files, &package)?;
        let mut facts = rust::facts(files, &package, &root)?;
        facts.insert("axum".to_owned(), Value::from(axum));
        facts.insert(rust::POOL_PER_WORKER.to_owned(), Value::from(false));
        Ok(facts)
    }

    fn own_facts(&self) -> &'static [&'static str] {
        &["source_root"]
    }

    fn block_names(&self) -> &'static [&'static str] {
        &[
            "close",
            exclude::BLOCK,
            "handle",
            "init",
            "mod",
            "routes",
            "shutdown",
        ]
    }

    fn samples(&self) -> Vec<(Profile, Facts)> {
        let with = |axum: &str| {
            let samples = rust::sample_facts().into_iter();
            let own = [
                ("axum".to_owned(), Value::from(axum)),
                (rust::POOL_PER_WORKER.to_owned(), Value::from(false)),
            ];
            samples.map(move |facts| {
                let facts = facts.into_iter().chain(own.clone()).collect();
                (Profile::Standard, facts)
            })
        };
        with("0.7").chain(with("0.8")).collect()
    }

    fn place(&self, target: &Target, facts: &Facts, output: &ProjectPath) -> ProjectPath {
        rust::place(target, facts, output)
    }

    fn health_stands(&self) -> &'static str {
        "The health route stands outside your own authentication and path prefixes."
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
        rust::wire(files, target, "axum", manual::steps, |wiring| {
            AxumWiring(wiring).edits()
        })
    }
}

/// The crate that declares the module: the library, else the binary that serves, else the one that `cargo run` starts.
fn home(files: &dyn Files, package: &Package) -> Result<CrateRoot, Problem> {
    rust::home(files, package, "axum", |wiring| {
        let chosen = AxumWiring(wiring).choose().ok()?;
        Some(chosen.first()?.server.call)
    })
}
