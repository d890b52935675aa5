//! One plugin a framework: data and pure functions, no I/O.

pub mod actix;
pub mod axum;
#[cfg(test)]
mod corpus;
pub mod fastapi;
pub mod nestjs;
pub mod rust;

use crate::types::{
    Block, CORE_PROJECT, Dependency, Facts, FileEdit, Files, Install, Problem, Profile,
    ProjectPath, Target, Unsure,
};

/// Every plugin.
pub fn all() -> &'static [&'static dyn Framework] {
    &[
        &actix::Actix,
        &axum::Axum,
        &fastapi::FastApi,
        &nestjs::NestJs,
    ]
}

/// Where RapidKit Core's kits have the modules for databases.
const CORE_HOME: &str = "src/modules/free/database";

/// The profile of a package: RapidKit Core's where that tool has made it.
fn profile(files: &dyn Files, root: &ProjectPath) -> Result<Profile, Problem> {
    let is_core = files.exists(&root.join(&ProjectPath::existing(CORE_PROJECT)?))?;
    Ok(match is_core {
        true => Profile::Rapidkit,
        false => Profile::Standard,
    })
}

/// What a web framework's plugin answers. All answers are pure functions of the project's files.
pub trait Framework: Sync {
    /// The name in `module.yaml`: `axum`.
    fn name(&self) -> &'static str;

    /// By what [`Framework::detect`] knows an application, for a person: `a package that …`.
    fn known_by(&self) -> &'static str;

    /// The packages of the project that use this framework, sorted by path.
    ///
    /// # Errors
    /// A manifest that cannot be read or parsed.
    fn detect(&self, files: &dyn Files) -> Result<Vec<Target>, Problem>;

    /// The hook before anything is rendered: what templates and `when:` conditions may ask about the target.
    ///
    /// # Errors
    /// A version of the framework that is not supported, or a package without an application.
    fn pre_generation(&self, files: &dyn Files, target: &Target) -> Result<Facts, Problem>;

    /// The hook after an output of the module is rendered: its text as this target needs it.
    fn post_generation(&self, _facts: &Facts, _output: &ProjectPath, text: String) -> String {
        text
    }

    /// The facts that [`Framework::place`] and [`Framework::post_generation`] read.
    fn own_facts(&self) -> &'static [&'static str];

    /// The names of all blocks that [`Framework::wire`] may put in, numbers aside.
    fn block_names(&self) -> &'static [&'static str];

    /// Targets of every kind that there is, as [`Framework::pre_generation`] would describe them: what templates are tried on. Those
    /// of a profile come only from a framework that has it.
    fn samples(&self) -> Vec<(Profile, Facts)>;

    /// Where an output of the module (`src/db_postgres/mod.rs`) goes in the project.
    fn place(&self, target: &Target, facts: &Facts, output: &ProjectPath) -> ProjectPath;

    /// Where the health route stands, seen from the user's own authentication and prefixes: one sentence.
    fn health_stands(&self) -> &'static str;

    /// The manifests with the dependencies added; those that already satisfy are left alone.
    ///
    /// # Errors
    /// A dependency that is there in a version or form that cannot work.
    fn add_dependencies(
        &self,
        files: &dyn Files,
        target: &Target,
        dependencies: &[Dependency],
    ) -> Result<Vec<FileEdit>, Problem>;

    /// How the packages that the manifests name are installed.
    ///
    /// # Errors
    /// A manifest that cannot be read or parsed.
    fn install(&self, files: &dyn Files, target: &Target) -> Result<Install, Problem>;

    /// What else a person should know about this target, a line each.
    ///
    /// # Errors
    /// A manifest that cannot be read or parsed.
    fn advice(&self, files: &dyn Files, target: &Target) -> Result<Vec<String>, Problem>;

    /// What stood where a block of the wiring stands, `…` for what its own stands for; nothing where it was put between.
    fn instead_of(&self, _block: &Block) -> String {
        String::new()
    }

    /// The application's sources with the module wired in; one edit a file.
    ///
    /// # Errors
    /// [`Unsure`] where there is no place that is certain.
    fn wire(
        &self,
        files: &dyn Files,
        target: &Target,
        facts: &Facts,
    ) -> Result<Vec<FileEdit>, Box<Unsure>>;
}
