//! The command line's shape, and nothing else.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Adds a production-ready PostgreSQL layer to an existing web application.
#[derive(Debug, Parser)]
#[command(
    name = "rapidkit-pg",
    version,
    long_version = concat!(env!("CARGO_PKG_VERSION"), " (module ", env!("MODULE"), ")"),
    propagate_version = true,
    max_term_width = 100
)]
#[command(after_help = "Examples:
  rapidkit-pg add                 put the layer into the application in this directory
  rapidkit-pg add --dry-run       show what would be done
  rapidkit-pg -C ../shop status   what the project in ../shop has
  rapidkit-pg demo                see it work on a throwaway PostgreSQL

Exit codes: 0 done or clean; 1 a check found something, or you have to decide (nothing was written);
2 bad usage or bad input, or it could not be checked; 130 interrupted.")]
pub struct Cli {
    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,

    /// Say less: errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// When to use colour; `NO_COLOR` is obeyed
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub color: Color,

    #[command(subcommand)]
    pub command: Command,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put a module into the project
    #[command(after_help = "Examples:
  rapidkit-pg add                        asks, shows the plan, writes
  rapidkit-pg add --yes                  no questions, for scripts
  rapidkit-pg add -p api                 into the workspace member `api`
  rapidkit-pg add --dry-run --diff       what would be written, to the line
  rapidkit-pg add --set pool_size=5      another default for a setting
  rapidkit-pg add --yes --install        and install the packages that it needs
  rapidkit-pg add --no-wire              everything but edits of your sources")]
    Add(Add),
    /// Show what you have changed since it was generated, and what an upgrade would change
    #[command(after_help = "Examples:
  rapidkit-pg diff                your edits; and, if this is a newer version, what it would change
  rapidkit-pg diff --stat         only how many lines, file by file
  rapidkit-pg diff --exit-code    exit 1 if there is a difference, for scripts
  rapidkit-pg diff --to DIR       what an upgrade to the module in DIR would change")]
    Diff(Diff),
    /// Bring generated files back to what the lock accepted
    #[command(after_help = "Examples:
  rapidkit-pg restore                          whatever is not as the lock accepted it
  rapidkit-pg restore src/db_postgres/pool.rs  this file
  rapidkit-pg restore --pristine               to what was rendered, accepted edits undone too")]
    Restore(Restore),
    /// Bring a module to a newer version; your edits come along
    #[command(after_help = "Examples:
  rapidkit-pg upgrade                     asks, shows the plan, writes
  rapidkit-pg upgrade --dry-run --diff    what would change, to the line
  rapidkit-pg upgrade --to DIR            to the module in DIR instead of the one in the binary
  rapidkit-pg upgrade --write-conflicts   put markers where you and the new version changed the same
  rapidkit-pg upgrade --continue          after you have resolved them
  rapidkit-pg upgrade --abort             undo it: every file as it was before

With conflicts nothing is written, unless --write-conflicts says so.")]
    Upgrade(Upgrade),
    /// Change the answers that a module was rendered with; your edits come along
    #[command(after_help = "Examples:
  rapidkit-pg reconfigure                     asks every question again
  rapidkit-pg reconfigure --set pool_size=20 --yes")]
    Reconfigure(Reconfigure),
    /// Take a module out of the project; what was there before is there again, to the byte
    #[command(after_help = "Examples:
  rapidkit-pg remove                         asks, shows the plan, writes
  rapidkit-pg remove --dry-run --diff        what would go, to the line
  rapidkit-pg remove --yes --discard-edits   and your edits of generated files with it

Code of yours that still uses the module is named, and then nothing is written. Packages that `add` brought go
unless other code uses them.")]
    Remove(Remove),
    /// List the modules and the frameworks they are made for
    List(Reporting),
    /// Describe a module
    Info(Info),
    /// Show what the project has, in which version, and which files were edited since
    Status(Reporting),
    /// Record the project's generated files as they stand; in a module's root, the module
    #[command(after_help = "Examples:
  rapidkit-pg lock                             show what would change
  rapidkit-pg lock --check                     exit 1 if something would change
  rapidkit-pg lock --overwrite                 accept your edits of generated files
  rapidkit-pg lock --overwrite                 in a module's root: write module.sums
  rapidkit-pg lock --overwrite --sign KEY      and sign it with an SSH key
  rapidkit-pg lock --overwrite --same-version  for a version that is not released yet")]
    Lock(Lock),
    /// Prove that nothing was tampered with: every project and module here and below
    #[command(after_help = "Examples:
  rapidkit-pg verify-all                       what is here and below
  rapidkit-pg verify-all services libs         what is in these directories
  rapidkit-pg verify-all --release             as a release pipeline wants it
  rapidkit-pg verify-all --baseline refs/remotes/origin/main --format sarif

Nothing is written. Exit codes: 0 clean; 1 findings; 2 it could not be checked, or there was nothing to check.
The codes are explained in docs/verification.md.")]
    VerifyAll(VerifyAll),
    /// Check a module in its root: structure, documentation, every template, version, changelog
    #[command(after_help = "Examples:
  rapidkit-pg vet                what is wrong with the module here
  rapidkit-pg vet --deep         and see every runtime hook work, for every framework
  rapidkit-pg vet --bump patch   raise the version and open a changelog entry

--deep runs the module's own suite, the program tests/conformance/run in its root; it takes minutes.")]
    Vet(Vet),
    /// See the layer work: a small application, a throwaway PostgreSQL, real requests
    #[command(after_help = "Examples:
  rapidkit-pg demo                      run, show, clean up
  rapidkit-pg demo --framework fastapi  the same with FastAPI; `all` shows every framework
  rapidkit-pg demo --keep               leave the application and the server running

PostgreSQL is looked for in DATABASE_URL's server, RAPIDKIT_PG_BIN, PATH and the usual places, else
fetched with pip or npm into your cache.")]
    Demo(Demo),
    /// Print a completion script for a shell
    #[command(after_help = "Example:
  rapidkit-pg completions bash > ~/.local/share/bash-completion/completions/rapidkit-pg")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a manual page
    #[command(after_help = "Examples:
  rapidkit-pg man > rapidkit-pg.1 && man ./rapidkit-pg.1
  rapidkit-pg man add > rapidkit-pg-add.1")]
    Man {
        /// The command that the page is about; without it, all of them
        command: Option<String>,
    },
}

/// How a command reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Json,
}

#[derive(Debug, Args)]
pub struct Reporting {
    /// How to report
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}

/// How a command writes.
#[derive(Debug, Args)]
pub struct Writing {
    /// Do not ask; take defaults and write
    #[arg(short, long)]
    pub yes: bool,

    /// Show the plan and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,

    /// Show the contents of what is written
    #[arg(long)]
    pub diff: bool,

    #[command(flatten)]
    pub reporting: Reporting,
}

/// Where a module is read from.
#[derive(Debug, Args)]
pub struct ModuleSource {
    /// Read the module from this directory instead of the one in the binary
    #[arg(long = "module", value_name = "DIR")]
    pub module_directory: Option<PathBuf>,

    /// Generate from a module that has changed since its version was recorded
    #[arg(long)]
    pub allow_drift: bool,
}

#[derive(Debug, Args)]
pub struct Add {
    /// The module
    #[arg(default_value = "db_postgres")]
    pub name: String,

    /// The package or workspace member, by name or path
    #[arg(short, long, value_name = "PACKAGE")]
    pub package: Option<String>,

    /// The framework, if a package uses several
    #[arg(long, value_name = "NAME")]
    pub framework: Option<String>,

    /// Whose names and places: `standard`, or `rapidkit`, the default in projects of `RapidKit` Core
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Take over what `RapidKit` Core generated for its module of this name
    #[arg(long)]
    pub adopt: bool,

    /// Answer a question beforehand; `info` lists them
    #[arg(long = "set", value_name = "KEY=VALUE", action = ArgAction::Append)]
    pub settings: Vec<String>,

    /// Install the added packages too, with the project's own package manager
    #[arg(long, conflicts_with = "dry_run")]
    pub install: bool,

    /// Run the module's commands over what is generated: its formatters, as your project sets them up
    #[arg(long)]
    pub run_hooks: bool,

    /// Leave your sources alone; print nothing to wire
    #[arg(long)]
    pub no_wire: bool,

    #[command(flatten)]
    pub module: ModuleSource,

    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Debug, Args)]
pub struct Diff {
    /// Compare with the module in this directory instead of the one in the binary
    #[arg(long, alias = "module", value_name = "DIR")]
    pub to: Option<PathBuf>,

    /// Show how many lines differ, not which
    #[arg(long)]
    pub stat: bool,

    /// Exit 1 if there is a difference
    #[arg(long)]
    pub exit_code: bool,

    #[command(flatten)]
    pub reporting: Reporting,
}

#[derive(Debug, Args)]
pub struct Restore {
    /// Files or directories [default: all of the project]
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,

    /// Go back to what was rendered, accepted edits undone too
    #[arg(long)]
    pub pristine: bool,

    #[command(flatten)]
    pub writing: Writing,
}

/// What `upgrade` and `reconfigure` share.
#[derive(Debug, Args)]
pub struct Changing {
    /// The module
    #[arg(default_value = "db_postgres")]
    pub name: String,

    /// The package or workspace member that it is in, by name or path
    #[arg(short, long, value_name = "PACKAGE")]
    pub package: Option<String>,

    /// The answer to a question; `info` lists them
    #[arg(long = "set", value_name = "KEY=VALUE", action = ArgAction::Append)]
    pub settings: Vec<String>,

    /// Run the module's commands over what is generated: its formatters, as your project sets them up
    #[arg(long)]
    pub run_hooks: bool,

    /// Write conflicts into the files, between markers, and wait for `upgrade --continue`
    #[arg(long)]
    pub write_conflicts: bool,

    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Debug, Args)]
pub struct Upgrade {
    /// Upgrade to the module in this directory instead of the one in the binary
    #[arg(long, alias = "module", value_name = "DIR")]
    pub to: Option<PathBuf>,

    /// Generate from a module that has changed since its version was recorded
    #[arg(long)]
    pub allow_drift: bool,

    /// Go to an older version
    #[arg(long)]
    pub allow_downgrade: bool,

    /// Finish an upgrade whose conflicts you have resolved
    #[arg(long, conflicts_with_all = ["abort", "write_conflicts", "to", "settings"])]
    pub r#continue: bool,

    /// Undo an upgrade that waits: every file that it has touched is as it was before
    #[arg(long, conflicts_with_all = ["write_conflicts", "to", "settings"])]
    pub abort: bool,

    #[command(flatten)]
    pub change: Changing,
}

impl Upgrade {
    /// Where the new version is read from.
    pub fn source(&self) -> ModuleSource {
        ModuleSource {
            module_directory: self.to.clone(),
            allow_drift: self.allow_drift,
        }
    }
}

#[derive(Debug, Args)]
pub struct Reconfigure {
    #[command(flatten)]
    pub change: Changing,

    #[command(flatten)]
    pub module: ModuleSource,
}

#[derive(Debug, Args)]
pub struct Remove {
    /// The module
    #[arg(default_value = "db_postgres")]
    pub name: String,

    /// The package or workspace member that it is in, by name or path
    #[arg(short, long, value_name = "PACKAGE")]
    pub package: Option<String>,

    /// Remove generated files that you have edited, too
    #[arg(long)]
    pub discard_edits: bool,

    #[command(flatten)]
    pub module: ModuleSource,

    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Debug, Args)]
pub struct Info {
    /// The module
    #[arg(default_value = "db_postgres")]
    pub name: String,

    #[command(flatten)]
    pub module: ModuleSource,

    #[command(flatten)]
    pub reporting: Reporting,
}

/// How findings are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FindingFormat {
    Human,
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// JUnit XML, for test reports
    Junit,
}

#[derive(Debug, Args)]
pub struct VerifyAll {
    /// Where to look, with all that lies below [default: here]
    #[arg(value_name = "DIR")]
    pub directories: Vec<PathBuf>,

    /// Warnings fail, and so does what could not be checked; implied by CI=true
    #[arg(long)]
    pub release: bool,

    /// Who may sign: an allowed_signers file from outside the checkout; signatures are then required in a release
    #[arg(long, value_name = "FILE", env = "RAPIDKIT_TRUST")]
    pub trust: Option<PathBuf>,

    /// Keys that no longer count: a KRL, or public keys one a line
    #[arg(
        long,
        value_name = "FILE",
        env = "RAPIDKIT_REVOKED",
        requires = "trust"
    )]
    pub revoked: Option<PathBuf>,

    /// Who must have signed, of those who may
    #[arg(long, value_name = "PRINCIPAL", requires = "trust")]
    pub signer: Option<String>,

    /// Versions must not be lower than in this git revision, and nothing of it gone
    #[arg(long, value_name = "REV")]
    pub baseline: Option<String>,

    /// Render from this directory's module instead of the one in the binary
    #[arg(long = "module", value_name = "DIR")]
    pub module_directory: Option<PathBuf>,

    /// How to report
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: FindingFormat,
}

#[derive(Debug, Args)]
pub struct Vet {
    /// Raise the version in module.yaml and open a changelog entry
    #[arg(long, value_name = "PART")]
    pub bump: Option<Part>,

    /// See the runtime hooks work, by running the module's own tests/conformance/run
    #[arg(long, conflicts_with = "bump")]
    pub deep: bool,

    /// How to report
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: FindingFormat,
}

/// The part of a version that rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    Patch,
    Minor,
    Major,
}

#[derive(Debug, Args)]
pub struct Lock {
    /// Write the record, in place of the one that is there
    #[arg(long, conflicts_with = "check")]
    pub overwrite: bool,

    /// Exit 1 if the record is not up to date; write nothing
    #[arg(long)]
    pub check: bool,

    /// Sign what is written with this SSH key, by ssh-keygen
    #[arg(long, value_name = "KEY", requires = "overwrite")]
    pub sign: Option<PathBuf>,

    /// Accept changes to what is generated under the version that is recorded already
    #[arg(long, requires = "overwrite")]
    pub same_version: bool,

    #[command(flatten)]
    pub module: ModuleSource,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// The framework to show: axum, actix, fastapi, nestjs, or all
    #[arg(long, value_name = "NAME", default_value = "axum")]
    pub framework: String,

    /// Leave the application and the server running
    #[arg(long)]
    pub keep: bool,
}
