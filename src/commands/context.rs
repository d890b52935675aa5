use std::path::{Path, PathBuf};

use anstream::ColorChoice;

use crate::cli::{Cli, Color, ModuleSource};
use crate::lockfile::Lock;
use crate::module::Module;
use crate::project::{Project, Root, find_root};
use crate::report::{Terminal, Verbosity};
use crate::types::{Files, LOCK, Problem, ProjectPath};

/// What every command starts from.
pub struct Context {
    pub terminal: Terminal,
    /// Where the command runs as if started in.
    pub directory: PathBuf,
}

impl Context {
    /// Reads the options that all commands share.
    pub fn new(cli: &Cli) -> Self {
        let verbosity = match (cli.quiet, cli.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        let color = match cli.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self {
            terminal: Terminal::new(verbosity, color),
            directory: cli.directory.clone().unwrap_or_else(|| PathBuf::from(".")),
        }
    }

    /// Finds and opens the project.
    ///
    /// # Errors
    /// None is found.
    pub fn project(&self) -> Result<(Project, Root), Problem> {
        let root = find_root(&self.directory)?;
        self.terminal
            .detail(format!("project root: {}", root.path.display()));
        Ok((Project::open(&root.path)?, root))
    }

    /// Reads a module by name, refusing one that has drifted from its version.
    ///
    /// # Errors
    /// No such module; or it is not consistent, or has drifted.
    pub fn module(&self, name: &str, source: &ModuleSource) -> Result<Module, Problem> {
        let module = match &source.module_directory {
            Some(directory) => Module::read(&self.relative(directory))?,
            None => Module::embedded()?,
        };
        let manifest = &module.manifest;
        if name != manifest.name.value && name != manifest.slug.value {
            return Err(
                Problem::input(format!("no module `{}`", name.escape_debug()))
                    .help(format!("there is: {}", manifest.name.value)),
            );
        }
        if !source.allow_drift {
            module.check_drift()?;
        }
        Ok(module)
    }

    fn relative(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }
}

/// The project's lock; an empty one if there is none.
///
/// # Errors
/// It cannot be read, or is not canonical.
pub fn lock(project: &Project) -> Result<Lock, Problem> {
    let path = ProjectPath::existing(LOCK)?;
    match project.text(&path)? {
        Some(text) => Lock::parse(&text),
        None => Ok(Lock::default()),
    }
}
