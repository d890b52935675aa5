//! What a module puts into a target. `add`, `lock` and verification all render here.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use semver::Version;

use super::commands::commands;
use super::outputs::{self, Output, Used};
use super::syntax;
use crate::frameworks::{Framework, all};
use crate::lockfile::{LockedFile, LockedModule};
use crate::module::Module;
use crate::render::Renderer;
use crate::types::{Answer, ContentHash, Facts, FileKind, Problem, Profile, ProjectPath, Target};

/// The file that keeps formatters, linters and searches which know it (Ruff, ripgrep) from the pristine copies. Projects
/// of versions before 1.1.0 have none.
pub const IGNORE: &str = ".rapidkit/.ignore";

/// What comes with every module, with its text; the first keeps line ends as they are on every checkout.
pub const SHARED: [(&str, &str); 2] = [(".rapidkit/.gitattributes", "* -text\n"), (IGNORE, "*\n")];

/// A module with its templates compiled.
pub struct Templates<'m> {
    pub module: &'m Module,
    renderer: Renderer<'m>,
}

/// All that a module puts into a target, and what it depends on.
#[derive(Debug)]
pub struct Rendering {
    pub files: Vec<Rendered>,
    pub used: Used,
    /// The module's commands for these files; none where they are only rendered again.
    pub commands: Vec<Vec<String>>,
}

/// One output at its place.
#[derive(Debug)]
pub struct Rendered {
    pub template: String,
    pub kind: FileKind,
    /// In the project.
    pub path: ProjectPath,
    /// Its pristine copy. A seed is never merged, and a copy of it would be found by test runners.
    pub vendor: Option<ProjectPath>,
    pub text: String,
    /// What the module's commands have made of it, where that is another text.
    pub finished: Option<String>,
}

/// Runs commands over rendered files; their texts as they leave them.
pub type Finish<'a> =
    &'a (dyn Fn(&[Vec<String>], &[(&ProjectPath, &str)]) -> Result<Vec<String>, Problem> + Sync);

impl<'m> Templates<'m> {
    /// Compiles a module's templates.
    ///
    /// # Errors
    /// One that does not parse.
    pub fn new(module: &'m Module) -> Result<Self, Problem> {
        Ok(Self {
            module,
            renderer: Renderer::new(module.templates()?)?,
        })
    }

    /// Renders what `target` gets.
    ///
    /// # Errors
    /// A template that cannot be rendered, or a condition on a fact that is not there.
    pub fn render(
        &self,
        framework: &dyn Framework,
        target: &Target,
        answers: &BTreeMap<String, Answer>,
        facts: &Facts,
    ) -> Result<Rendering, Problem> {
        let mut files = Vec::new();
        let used = self.render_each(framework, target, answers, facts, &mut |file| {
            files.push(file);
        })?;
        let context = outputs::context(self.module, target.profile, answers, facts);
        Ok(Rendering {
            files,
            used,
            commands: commands(self.module, framework.name(), &context)?,
        })
    }

    fn render_each(
        &self,
        framework: &dyn Framework,
        target: &Target,
        answers: &BTreeMap<String, Answer>,
        facts: &Facts,
        each: &mut dyn FnMut(Rendered),
    ) -> Result<Used, Problem> {
        let vendor = self.vendor()?;
        let mut placed = |output: Output| {
            let path = framework.place(target, facts, &output.path);
            each(Rendered {
                template: output.template,
                kind: output.kind,
                vendor: (output.kind != FileKind::Seed).then(|| vendor.join(&path)),
                path,
                finished: None,
                text: framework.post_generation(facts, &output.path, output.text),
            });
        };
        outputs::render(
            self.module,
            &self.renderer,
            framework,
            target.profile,
            answers,
            facts,
            &mut placed,
        )
    }

    /// The names that a template reads, dotted: `answers.pool_size`.
    ///
    /// # Errors
    /// It is not there.
    pub fn variables(&self, template: &str) -> Result<BTreeSet<String>, Problem> {
        self.renderer.variables(template)
    }

    /// Renders again what a lock records.
    ///
    /// # Errors
    /// As [`Templates::render`]; a framework, a profile or an answer that is not known.
    pub fn render_locked(&self, locked: &LockedModule) -> Result<Rendering, Problem> {
        let mut files = Vec::new();
        let used = self.render_each_locked(locked, &mut |file| files.push(file))?;
        Ok(Rendering {
            files,
            used,
            commands: Vec::new(),
        })
    }

    /// As [`Templates::render_locked`], one file after the other: what is not kept takes no memory.
    ///
    /// # Errors
    /// As [`Templates::render_locked`].
    pub fn render_each_locked(
        &self,
        locked: &LockedModule,
        each: &mut dyn FnMut(Rendered),
    ) -> Result<Used, Problem> {
        let framework = framework(&locked.framework)?;
        let target = target(framework, locked)?;
        for (name, answer) in &locked.answers {
            let prompt = self
                .module
                .spec
                .prompts
                .iter()
                .find(|prompt| prompt.value.name == *name)
                .ok_or_else(|| Problem::input(format!("no setting `{name}`")))?;
            if !prompt.value.accepts(answer) {
                // What was recorded may be a secret: it is not repeated.
                let expected = prompt.value.expected();
                return Err(Problem::input(format!(
                    "{name}: expected {expected}, and that is not what is recorded"
                )));
            }
        }
        self.render_each(framework, &target, &locked.answers, &locked.facts, each)
    }

    fn vendor(&self) -> Result<ProjectPath, Problem> {
        let manifest = &self.module.manifest;
        vendor(&manifest.name.value, &manifest.version.value)
    }
}

impl Rendering {
    /// Has the module's commands finish all files that are written as they are rendered.
    ///
    /// # Errors
    /// As `finish`; a file that no longer parses.
    pub fn finish(&mut self, finish: Finish) -> Result<(), Problem> {
        let mut files: Vec<&mut Rendered> = self
            .files
            .iter_mut()
            .filter(|file| file.kind != FileKind::Block)
            .collect();
        let texts: Vec<(&ProjectPath, &str)> = files
            .iter()
            .map(|file| (&file.path, file.text.as_str()))
            .collect();
        let finished = finish(&self.commands, &texts)?;
        for (file, text) in files.iter_mut().zip(finished) {
            syntax::check(&file.path, &text)?;
            file.finished = Some(text).filter(|text| *text != file.text);
        }
        Ok(())
    }

    /// Why the first of the files that `is_new` takes does not parse. What is copied as this binary carries it was parsed
    /// before that was built, and parsing is most of a run's work.
    pub fn fault(
        &self,
        module: &Module,
        is_new: impl Fn(&Rendered) -> bool + Sync,
    ) -> Option<Problem> {
        self.files
            .par_iter()
            .filter(|file| is_new(file) && !module.carries(&file.template, &file.text))
            .find_map_first(|file| syntax::check(&file.path, &file.text).err())
    }

    /// The lock's records of all files, as rendered. Blocks are in the user's files and have their own.
    ///
    /// # Errors
    /// Never in practice: the constant path of `.gitattributes` is a path.
    pub fn records(&self) -> Result<Vec<LockedFile>, Problem> {
        let mut records = shared()?;
        records.extend(self.files.iter().flat_map(Rendered::records));
        Ok(records)
    }
}

impl Rendered {
    /// What is written into the project.
    pub fn written(&self) -> &str {
        self.finished.as_deref().unwrap_or(&self.text)
    }

    /// The lock's records of the pristine copy, if there is one, and, but for a block, of the file.
    pub fn records(&self) -> Vec<LockedFile> {
        let hash = ContentHash::of(&self.text);
        let of = |path: &ProjectPath, kind| {
            record(path.clone(), kind, Some(self.template.clone()), hash)
        };
        let mut records: Vec<LockedFile> = self
            .vendor
            .iter()
            .map(|vendor| of(vendor, FileKind::Vendor))
            .collect();
        if self.kind != FileKind::Block {
            let mut record = of(&self.path, self.kind);
            record.accepted = record.accepted.map(|_| ContentHash::of(self.written()));
            records.push(record);
        }
        records
    }
}

/// The lock's records of what comes with every module.
///
/// # Errors
/// Never in practice: constant paths are paths.
pub fn shared() -> Result<Vec<LockedFile>, Problem> {
    let record = |(path, text): &(&str, &str)| {
        let path = ProjectPath::existing(path)?;
        Ok(record(path, FileKind::Vendor, None, ContentHash::of(text)))
    };
    SHARED.iter().map(record).collect()
}

/// Where the pristine copies of a module lie.
///
/// # Errors
/// Its name is no part of a path.
pub fn vendor(name: &str, version: &Version) -> Result<ProjectPath, Problem> {
    Ok(ProjectPath::existing(&format!(
        ".rapidkit/vendor/{name}/{version}"
    ))?)
}

/// Where a patch of this name lies beside the pristine copies.
///
/// # Errors
/// As [`vendor`].
pub fn patch_path(locked: &LockedModule, name: &str) -> Result<ProjectPath, Problem> {
    let path = locked.target.join(&name.parse::<ProjectPath>()?);
    Ok(vendor(locked.name(), &locked.version)?.join(&path))
}

/// The lock's record of such a patch, which is made from what was there and cannot be rendered.
pub fn patch_record(path: ProjectPath, patch: &str) -> LockedFile {
    record(path, FileKind::Vendor, None, ContentHash::of(patch))
}

/// The plugin of a framework.
///
/// # Errors
/// There is none of this name.
pub fn framework(name: &str) -> Result<&'static dyn Framework, Problem> {
    all()
        .iter()
        .find(|framework| framework.name() == name)
        .copied()
        .ok_or_else(|| Problem::input(format!("no framework `{}`", name.escape_debug())))
}

/// The profile of a framework that has this name.
///
/// # Errors
/// It has none.
pub fn profile(framework: &dyn Framework, name: &str) -> Result<Profile, Problem> {
    let profiles = || framework.samples().into_iter().map(|(profile, _)| profile);
    profiles()
        .find(|profile| profile.name() == name)
        .ok_or_else(|| {
            let known: BTreeSet<_> = profiles().map(Profile::name).collect();
            let known: Vec<_> = known.into_iter().collect();
            let (framework, name) = (framework.name(), name.escape_debug());
            Problem::input(format!("no profile `{name}` for {framework}"))
                .help(format!("there are: {}", known.join(", ")))
        })
}

/// The target of a locked module. Its package's name is not in the lock: nothing that is rendered depends on it.
///
/// # Errors
/// A profile that the framework does not have.
pub fn target(framework: &dyn Framework, locked: &LockedModule) -> Result<Target, Problem> {
    Ok(Target {
        framework: framework.name(),
        root: locked.target.clone(),
        package: String::new(),
        profile: profile(framework, &locked.profile)?,
    })
}

fn record(
    path: ProjectPath,
    kind: FileKind,
    template: Option<String>,
    hash: ContentHash,
) -> LockedFile {
    LockedFile {
        path,
        kind,
        name: None,
        text: None,
        template,
        base: Some(hash),
        accepted: (kind == FileKind::Generated).then_some(hash),
        executable: false,
    }
}
