use std::collections::BTreeMap;

use semver::Version;

use super::ask;
use super::context::{self, Context};
use super::hooks::{self, Hooks};
use super::locked::{locked, subject};
use super::run::{Outcome, Run};
use super::settings::settings;
use crate::cli::{Changing, ModuleSource, Reconfigure, Upgrade};
use crate::lockfile::{Lock, LockedModule};
use crate::module::Module;
use crate::plan::{self, FileConflict, Finish, Pending, To};
use crate::project::Project;
use crate::report::{PlanReport, Subject};
use crate::types::{Answer, Change, Files, LOCK_SIGNATURE, Problem, ProjectPath};

/// `rapidkit-pg upgrade`
pub fn run(context: &Context, args: &Upgrade) -> Result<u8, Problem> {
    if args.r#continue || args.abort {
        return end(context, args);
    }
    let fits = |locked: &Version, version: &Version| {
        if version >= locked || args.allow_downgrade {
            return Ok(());
        }
        Err(other_version(&args.change.name, locked, version)
            .help("install a newer rapidkit-pg, or name a newer module: `--to DIR`")
            .help("or pass `--allow-downgrade`"))
    };
    change(context, "upgrade", &args.change, &args.source(), &fits)
}

/// `rapidkit-pg reconfigure`
pub fn reconfigure(context: &Context, args: &Reconfigure) -> Result<u8, Problem> {
    let fits = |locked: &Version, version: &Version| {
        if version == locked {
            return Ok(());
        }
        Err(other_version(&args.change.name, locked, version)
            .help("run `rapidkit-pg upgrade` first; it takes `--set`, too"))
    };
    change(context, "reconfigure", &args.change, &args.module, &fits)
}

fn other_version(name: &str, locked: &Version, version: &Version) -> Problem {
    Problem::decision(format!(
        "the project has {name} {locked}, this is {version}"
    ))
}

fn change(
    context: &Context,
    command: &'static str,
    args: &Changing,
    source: &ModuleSource,
    fits: &dyn Fn(&Version, &Version) -> Result<(), Problem>,
) -> Result<u8, Problem> {
    let (project, root) = context.project()?;
    let run = Run::begin(context, &project, &args.writing)?;
    let module = context.module(&args.name, source)?;
    let lock = context::lock(&project)?;
    let locked = locked(&project, &lock, &root, &args.name, args.package.as_deref())?;
    fits(&locked.version, &module.manifest.version.value)?;
    let step = Step {
        context,
        project: &project,
        run: &run,
        lock: &lock,
        locked,
        module: &module,
        write_conflicts: args.write_conflicts,
        run_hooks: args.run_hooks,
    };
    let given = settings(&args.settings)?;
    let (answers, notes) = answers(&step, &given, command == "reconfigure")?;
    step.carry_out(command, &answers, notes)
}

/// The answers that the project has, what is given in their place, and for questions that are new the defaults or what a
/// person says; with `all`, every question is asked.
fn answers(
    step: &Step,
    given: &BTreeMap<String, String>,
    all: bool,
) -> Result<(BTreeMap<String, Answer>, Vec<String>), Problem> {
    let (locked, spec) = (step.locked, &step.module.spec);
    let (mut texts, notes) = plan::carried_answers(spec, locked);
    texts.extend(given.clone());
    let mut answers = plan::check_answers(spec, &texts)?;
    let is_open = |name: &str| !given.contains_key(name) && (all || !texts.contains_key(name));
    let asks = !all || given.is_empty();
    if asks && step.run.asks() {
        for prompt in spec.prompts.iter().map(|prompt| &prompt.value) {
            if is_open(&prompt.name) {
                let mut prompt = prompt.clone();
                prompt.default = answers[&prompt.name].clone();
                answers.insert(prompt.name.clone(), ask::prompt(&prompt)?);
            }
        }
    }
    Ok((answers, notes))
}

struct Step<'a> {
    context: &'a Context,
    project: &'a Project,
    run: &'a Run<'a>,
    lock: &'a Lock,
    locked: &'a LockedModule,
    module: &'a Module,
    write_conflicts: bool,
    run_hooks: bool,
}

impl Step<'_> {
    fn carry_out(
        &self,
        command: &'static str,
        answers: &BTreeMap<String, Answer>,
        mut notes: Vec<String>,
    ) -> Result<u8, Problem> {
        let hooks = Hooks {
            context: self.context,
            project: self.project,
            target: &self.locked.target,
        };
        let finish: Finish = &|commands, files| hooks.run(commands, files);
        let to = To {
            module: self.module,
            answers,
            dev: !self.module.drift().is_empty(),
            finish: self.run_hooks.then_some(finish),
        };
        let mut upgrade = plan::upgrade(self.project, self.lock, self.locked, &to)?;
        notes.append(&mut upgrade.notes);
        let commands = std::mem::take(&mut upgrade.commands);
        let conflicts: Vec<String> = upgrade.conflicts.iter().flat_map(lines).collect();
        let blocking = upgrade
            .conflicts
            .iter()
            .any(|conflict| conflict.lines.is_empty());
        let changes = match (conflicts.is_empty(), self.write_conflicts && !blocking) {
            (true, _) => upgrade.changes,
            (false, true) => Pending::begin(self.project, upgrade, self.locked)?,
            (false, false) => {
                let problem = refused(conflicts, blocking);
                return Err(match self.run_hooks || commands.is_empty() {
                    true => problem,
                    false => problem.help(
                        "or with `--run-hooks`, if a formatter has gone over the generated files",
                    ),
                });
            }
        };
        notes.extend(conflicts.iter().map(|line| format!("conflict: {line}")));
        let version = &self.module.manifest.version.value;
        let changelog = self
            .module
            .changes_since(&self.locked.version, &self.locked.framework)?;
        let report = |next| PlanReport {
            command,
            subject: Some(Subject {
                from: Some(self.locked.version.to_string())
                    .filter(|from| *from != version.to_string()),
                changelog: changelog.clone().filter(|_| !changes.is_empty()),
                version: version.to_string(),
                ..subject(self.locked)
            }),
            changes: &changes,
            notes: notes.clone(),
            next,
        };
        let next = || self.next(&changes, &conflicts, &commands);
        match self.run.carry_out(self.context, &changes, &report, &next)? {
            Outcome::Declined => return Ok(1),
            Outcome::Shown => {}
            Outcome::Applied if !conflicts.is_empty() => {
                // Something has to be done: that is said, quiet or not.
                let terminal = self.context.terminal.not_quiet();
                if self.context.terminal.is_quiet() {
                    conflicts.iter().for_each(|line| terminal.line(line));
                }
                let what = format!("for the conflicts of {} to be resolved", self.locked.name());
                terminal.done("Waiting", what);
            }
            Outcome::Applied if command == "upgrade" => {
                let verb = match *version < self.locked.version {
                    true => "Downgraded",
                    false => "Upgraded",
                };
                let (name, from) = (self.locked.name(), &self.locked.version);
                let what = format!("{name} from {from} to {version}");
                self.context.terminal.done(verb, what);
            }
            Outcome::Applied => self
                .context
                .terminal
                .done("Reconfigured", self.locked.name()),
        }
        Ok(u8::from(!conflicts.is_empty()))
    }

    fn next(
        &self,
        changes: &[Change],
        conflicts: &[String],
        commands: &[Vec<String>],
    ) -> Result<Vec<String>, Problem> {
        let mut next = Vec::new();
        if changes.is_empty() {
            return Ok(next);
        }
        let is_dependency = |line: &String| line.contains("dependency ");
        if changes
            .iter()
            .any(|change| change.summary.iter().any(is_dependency))
        {
            let framework = plan::framework(&self.locked.framework)?;
            let target = plan::target(framework, self.locked)?;
            let install = framework.install(self.project, &target)?;
            next.push(format!("Install what the manifests ask for: {install}"));
        }
        if !self.run_hooks {
            next.extend(hooks::not_run(commands));
        }
        if !conflicts.is_empty() {
            next.push(
                "Resolve what stands between the markers, then run `rapidkit-pg upgrade --continue`; \
                 `rapidkit-pg upgrade --abort` undoes all of it."
                    .to_owned(),
            );
        }
        let signature = ProjectPath::existing(LOCK_SIGNATURE)?;
        if self.project.exists(&signature)? {
            next.push(format!(
                "The signature in {LOCK_SIGNATURE} is of the lock as it was: sign again with `lock --overwrite --sign KEY`."
            ));
        }
        Ok(next)
    }
}

/// A conflict for a person, a line each.
fn lines(conflict: &FileConflict) -> Vec<String> {
    let FileConflict { path, lines, what } = conflict;
    let place = |lines: &std::ops::Range<usize>| match lines.len() {
        0 | 1 => format!("{path}:{}: {what}", lines.start),
        _ => format!("{path}:{}-{}: {what}", lines.start, lines.end - 1),
    };
    match lines.is_empty() {
        true => vec![format!("{path}: {what}")],
        false => lines.iter().map(place).collect(),
    }
}

fn refused(conflicts: Vec<String>, blocking: bool) -> Problem {
    let count = match conflicts.len() {
        1 => "a conflict".to_owned(),
        count => format!("{count} conflicts"),
    };
    let mut problem = Problem::decision(format!("{count}; nothing was written"));
    problem.notes = conflicts;
    match blocking {
        true => problem.help("move these files away, or bring them back: `rapidkit-pg restore`"),
        false => {
            problem.help("run this again with `--write-conflicts` to resolve them in the files")
        }
    }
}

/// `upgrade --continue` and `upgrade --abort`
fn end(context: &Context, args: &Upgrade) -> Result<u8, Problem> {
    let (project, _) = context.project()?;
    let run = Run::begin_waiting(context, &project, &args.change.writing)?;
    let Some(pending) = Pending::read(&project)? else {
        return Err(Problem::input("no upgrade is waiting"));
    };
    let lock = context::lock(&project)?;
    let changes = if args.abort {
        pending.abort(&project, &lock)?
    } else {
        let left = pending.unresolved(&project)?;
        if !left.is_empty() {
            let mut problem = Problem::decision("conflicts are left; nothing was written");
            problem.notes = left
                .iter()
                .map(|path| format!("markers in: {path}"))
                .collect();
            return Err(
                problem.help("resolve what stands between the markers, then run this again")
            );
        }
        pending.finish(&project, &lock)?
    };
    let report = |next| PlanReport {
        command: "upgrade",
        subject: pending.locked(&lock).map(subject),
        changes: &changes,
        notes: Vec::new(),
        next,
    };
    let outcome = run.carry_out(context, &changes, &report, &|| Ok(Vec::new()))?;
    if outcome == Outcome::Applied {
        let what = match args.abort {
            true => "the upgrade; every file is as it was before it",
            false => "the upgrade",
        };
        let verb = if args.abort { "Undid" } else { "Finished" };
        context.terminal.done(verb, what);
    }
    Ok(u8::from(outcome == Outcome::Declined))
}
