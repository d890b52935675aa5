//! What is generated from: `module.yaml`, `config/base.yaml`, the templates, their hashes and their version.

mod bump;
mod changelog;
mod check;
mod condition;
mod manifest;
mod schema;
mod source;
mod spec;
mod sums;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use crate::types::{ContentHash, Dependency, Facts, Problem, Profile, ProjectPath, read_yaml};

pub use bump::Bump;
pub use condition::{holds, subject};
pub use manifest::{Manifest, Move, RuntimeHook, TemplateFile, Variant};
pub use schema::schemas;
pub use source::{ModuleFiles, embedded, from_directory};
pub use spec::{Package, Prompt, PromptType, Spec};
pub use sums::{SUMS, Sums, is_read_by_generation};

/// A module whose description is consistent. Its hashes are checked by [`Module::check_drift`].
#[derive(Debug)]
pub struct Module {
    pub manifest: Manifest,
    pub spec: Spec,
    /// The hashes of the files as they stand.
    pub actual: Sums,
    /// The hashes that `module.sums` records; `None` if there is no such file yet.
    pub recorded: Option<Sums>,
    files: ModuleFiles,
}

impl Module {
    /// The module that the binary carries.
    ///
    /// # Errors
    /// As [`Module::load`]; only in a build from a working tree that is in the making.
    pub fn embedded() -> Result<Self, Problem> {
        Self::load(embedded())
    }

    /// A module on disk.
    ///
    /// # Errors
    /// As [`from_directory`] and [`Module::load`].
    pub fn read(root: &Path) -> Result<Self, Problem> {
        Self::load(from_directory(root)?)
    }

    /// Reads and checks the description.
    ///
    /// # Errors
    /// Every inconsistency between `module.yaml`, `config/base.yaml` and the files, at its line and column.
    pub fn load(files: ModuleFiles) -> Result<Self, Problem> {
        let manifest_text = text(&files, "module.yaml")?;
        let manifest: Manifest = read_yaml("module.yaml", manifest_text)?;
        let spec_text = text(&files, "config/base.yaml")?;
        let spec: Spec = read_yaml("config/base.yaml", spec_text)?;
        check::manifest(&manifest, manifest_text, &files)?;
        check::spec(&spec, spec_text, &manifest)?;
        let recorded = match files.get(&SUMS.parse().unwrap_or_else(|_| ProjectPath::root())) {
            Some(_) => Some(Sums::parse(SUMS, text(&files, SUMS)?)?),
            None => None,
        };
        let actual = Sums::of(&manifest.slug.value, &manifest.version.value, &files);
        Ok(Self {
            manifest,
            spec,
            actual,
            recorded,
            files,
        })
    }

    /// The hash of everything that generation reads.
    pub fn content_hash(&self) -> ContentHash {
        self.actual.content_hash()
    }

    /// The text of a file of the module that [`Module::load`] has seen to be there.
    ///
    /// # Errors
    /// It is not there, or not UTF-8.
    pub fn text(&self, path: &str) -> Result<&str, Problem> {
        text(&self.files, path)
    }

    /// Whether a file of the module is in the binary, with this text.
    pub fn carries(&self, path: &str, text: &str) -> bool {
        let path = path.parse::<ProjectPath>().ok();
        match path.and_then(|path| self.files.get(&path)) {
            Some(Cow::Borrowed(bytes)) => *bytes == text.as_bytes(),
            _ => false,
        }
    }

    /// Every template's path and text.
    ///
    /// # Errors
    /// One that is not UTF-8.
    pub fn templates(&self) -> Result<BTreeMap<&str, &str>, Problem> {
        self.files
            .keys()
            .map(ProjectPath::as_str)
            .filter(|path| path.starts_with("templates/"))
            .map(|path| Ok((path, self.text(path)?)))
            .collect()
    }

    /// What generation reads and `module.sums` does not vouch for. Empty when all is as it was released.
    pub fn drift(&self) -> Vec<ProjectPath> {
        let Some(recorded) = &self.recorded else {
            return vec![ProjectPath::existing(SUMS).unwrap_or_else(|_| ProjectPath::root())];
        };
        let mut changed = self.actual.difference(recorded);
        changed.retain(sums::is_read_by_generation);
        changed
    }

    /// Refuses a module that is not the one its version names.
    ///
    /// # Errors
    /// The drifted files and the two ways out.
    pub fn check_drift(&self) -> Result<(), Problem> {
        let version = &self.manifest.version.value;
        let changed = self.drift();
        match &self.recorded {
            Some(recorded) if recorded.version != *version => Err(Problem::input(format!(
                "module.sums is of version {}, module.yaml says {version}",
                recorded.version
            ))
            .help(
                "run `rapidkit-pg lock --overwrite` in the module's root to record this version",
            )),
            _ if changed.is_empty() => Ok(()),
            _ => {
                let mut problem = Problem::input(format!(
                    "the module has changed, but module.yaml still says version {version}"
                ));
                problem.notes = changed
                    .iter()
                    .map(|path| format!("changed: {path}"))
                    .collect();
                Err(problem
                    .help("bump `version` and the changelog, then run `rapidkit-pg lock --overwrite`")
                    .help("or pass `--allow-drift` while authoring: release verification rejects the result"))
            }
        }
    }

    /// The packages that what is generated for a target needs.
    ///
    /// # Errors
    /// A condition on a fact that the framework does not have.
    pub fn dependencies(
        &self,
        framework: &str,
        profile: Profile,
        facts: &Facts,
    ) -> Result<Vec<Dependency>, Problem> {
        let mut dependencies = Vec::new();
        for package in self.spec.dependencies.get(framework).into_iter().flatten() {
            if let Some(condition) = &package.when {
                let of = format!("the package {}", package.name);
                let holds = holds(condition, profile, facts, &of);
                if !holds.map_err(|problem| problem.in_file("config/base.yaml"))? {
                    continue;
                }
            }
            dependencies.push(Dependency {
                name: package.name.clone(),
                version: package.version.clone(),
                also: package.also.clone(),
                features: package.features.clone(),
                default_features: package.default_features,
                dev: package.dev,
            });
        }
        Ok(dependencies)
    }

    /// The files of a framework's variant.
    ///
    /// # Errors
    /// The module does not know the framework.
    pub fn variant(&self, framework: &str) -> Result<&Variant, Problem> {
        self.manifest
            .generation
            .variants
            .get(framework)
            .map(|variant| &variant.value)
            .ok_or_else(|| {
                let known: Vec<_> = self
                    .manifest
                    .generation
                    .variants
                    .keys()
                    .map(String::as_str)
                    .collect();
                Problem::input(format!(
                    "{} is not made for {framework}",
                    self.manifest.name.value
                ))
                .help(format!("it is made for: {}", known.join(", ")))
            })
    }
}

fn text<'a>(files: &'a ModuleFiles, path: &str) -> Result<&'a str, Problem> {
    let bytes = path
        .parse()
        .ok()
        .and_then(|path: ProjectPath| files.get(&path))
        .ok_or_else(|| Problem::input(format!("the module has no {path}")))?;
    std::str::from_utf8(bytes).map_err(|error| {
        Problem::input(format!(
            "{path} of the module is not UTF-8 (byte {})",
            error.valid_up_to()
        ))
    })
}
