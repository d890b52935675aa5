use std::cell::LazyCell;

use super::context::{self, Context};
use super::hooks::{self, Hooks};
use super::run::{Outcome, Run};
use super::settings::settings;
use super::{ask, install};
use crate::cli::Add;
use crate::frameworks::{self, Framework};
use crate::git;
use crate::lockfile::Lock;
use crate::plan::{self, Finish, Plan, Request, State};
use crate::project::{Project, Root};
use crate::report::{PlanReport, Subject};
use crate::types::{Problem, Target};

/// `rapidkit-pg add`
pub fn run(context: &Context, args: &Add) -> Result<u8, Problem> {
    let module = context.module(&args.name, &args.module)?;
    let (project, root) = context.project()?;
    // Before anything is read: what an interrupted run left is neither the old project nor the new one.
    let run = Run::begin(context, &project, &args.writing)?;
    let (framework, mut target) = choose_target(&project, &root, args, run.asks())?;
    if let Some(name) = &args.profile {
        target.profile = plan::profile(framework, name)?;
    }
    let given = settings(&args.settings)?;
    let mut answers = plan::check_answers(&module.spec, &given)?;
    let lock = context::lock(&project)?;
    let is_new = lock
        .find(&module.manifest.slug.value, &target.root)
        .is_none();
    if run.asks() && is_new {
        for prompt in module.spec.prompts.iter().map(|prompt| &prompt.value) {
            if !given.contains_key(&prompt.name) {
                answers.insert(prompt.name.clone(), ask::prompt(prompt)?);
            }
        }
    }
    let hooks = Hooks {
        context,
        project: &project,
        target: &target.root,
    };
    let finish: Finish = &|commands, files| hooks.run(commands, files);
    let request = Request {
        module: &module,
        framework,
        target: &target,
        answers: &answers,
        wire: !args.no_wire,
        adopt: args.adopt,
        dev: !module.drift().is_empty(),
        finish: args.run_hooks.then_some(finish),
    };
    let plan = plan::add(&project, &lock, &request)?;
    if !is_new && !given.is_empty() {
        return Err(Problem::decision(format!(
            "{} is here already: `--set` has no effect",
            plan.module
        ))
        .help("change an answer with `rapidkit-pg reconfigure --set`"));
    }
    let next = || next(&plan, &project, &lock, framework, args);
    let paths = plan.changes.iter().map(|change| change.path.as_str());
    let asked = (!plan.changes.is_empty()).then(|| git::Ignored::ask(project.path(), paths));
    let ignored = LazyCell::new(|| asked.map_or_else(Vec::new, git::Ignored::paths));
    let report = |next| report(&plan, &ignored, next);
    let outcome = run.carry_out(context, &plan.changes, &report, &next)?;
    if outcome == Outcome::Declined {
        return Ok(1);
    }
    if outcome == Outcome::Applied {
        context.terminal.done(
            "Added",
            format!(
                "{} {} to {}",
                plan.module, plan.version, plan.target.package
            ),
        );
    }
    if args.install && run.writes() {
        install::run(context, &project, &framework.install(&project, &target)?)?;
    }
    Ok(0)
}

fn report<'a>(plan: &'a Plan, ignored: &[String], next: Vec<String>) -> PlanReport<'a> {
    let mut notes = plan.notes.clone();
    let (first, more) = ignored.split_at(ignored.len().min(3));
    if !first.is_empty() {
        let mut paths = first.join(", ");
        if !more.is_empty() {
            paths += &format!(" and {} more", more.len());
        }
        notes.push(format!(
            "Git ignores {paths}: mend .gitignore, or the next checkout is not the project that was verified."
        ));
    }
    PlanReport {
        command: "add",
        subject: Some(Subject {
            module: &plan.module,
            from: None,
            changelog: None,
            version: plan.version.to_string(),
            framework: plan.target.framework,
            package: &plan.target.package,
            target: plan.target.root.to_string(),
        }),
        changes: &plan.changes,
        notes,
        next,
    }
}

/// What a person does after `add`.
fn next(
    plan: &Plan,
    project: &Project,
    lock: &Lock,
    framework: &dyn Framework,
    args: &Add,
) -> Result<Vec<String>, Problem> {
    if plan.changes.is_empty() {
        let mut changed = 0;
        for locked in lock
            .modules
            .iter()
            .filter(|locked| locked.target == plan.target.root)
        {
            let states = plan::states(project, locked)?;
            changed += states
                .iter()
                .filter(|state| state.state != State::Unchanged)
                .count();
        }
        let mut next = match changed {
            0 => Vec::new(),
            1 => vec!["One file or block is not as recorded: see `rapidkit-pg status`.".to_owned()],
            _ => vec![format!(
                "{changed} files and blocks are not as recorded: see `rapidkit-pg status`."
            )],
        };
        if args.run_hooks {
            next.push(
                "It is here already: `rapidkit-pg reconfigure --run-hooks` runs its commands."
                    .to_owned(),
            );
        }
        return Ok(next);
    }
    let mut next = Vec::new();
    if args.no_wire {
        next.push(
            "Your sources were left alone: `Wiring by hand` in docs/advanced.md of rapidkit-pg has the lines."
                .to_owned(),
        );
    }
    if !args.install {
        let install = framework.install(project, &plan.target)?;
        next.push(format!("Install what was added: {install}"));
    }
    if !args.run_hooks {
        next.extend(hooks::not_run(&plan.commands));
    }
    if !args.no_wire {
        next.push("Next: set DATABASE_URL, run the application, then".to_owned());
        next.push("  curl localhost:PORT/api/health/module/postgres".to_owned());
        next.push(framework.health_stands().to_owned());
    }
    next.extend(framework.advice(project, &plan.target)?);
    Ok(next)
}

fn choose_target(
    project: &Project,
    root: &Root,
    args: &Add,
    asks: bool,
) -> Result<(&'static dyn Framework, Target), Problem> {
    let mut found = Vec::new();
    let mut failure = None;
    for framework in frameworks::all() {
        if args
            .framework
            .as_deref()
            .is_none_or(|name| name == framework.name())
        {
            match framework.detect(project) {
                Ok(targets) => found.extend(targets.into_iter().map(|target| (*framework, target))),
                Err(problem) => failure = failure.or(Some(problem)),
            }
        }
    }
    if let Some(name) = &args.framework
        && !frameworks::all()
            .iter()
            .any(|framework| framework.name() == name)
    {
        let known: Vec<_> = frameworks::all()
            .iter()
            .map(|framework| framework.name())
            .collect();
        return Err(
            Problem::input(format!("no framework `{}`", name.escape_debug()))
                .help(format!("there are: {}", known.join(", "))),
        );
    }
    let all: Vec<String> = found.iter().map(|(_, target)| describe(target)).collect();
    if let Some(package) = &args.package {
        found.retain(|(_, target)| {
            target.package == *package || target.root.to_string() == package.trim_end_matches('/')
        });
    }
    // What cannot be read may be what is meant, unless something else is named.
    if let Some(problem) = failure
        && (args.package.is_none() || found.is_empty())
    {
        return Err(match found.first() {
            Some((framework, _)) => problem.help(format!(
                "or leave it out: `--framework {}`",
                framework.name()
            )),
            None => problem,
        });
    }
    if args.package.is_none() && found.len() > 1 {
        // As in cargo: inside a member, that member is meant.
        let depth = |target: &Target| target.root.as_str().len();
        let around =
            |target: &Target| root.here.below(&target.root).is_some() && !target.root.is_root();
        if let Some(deepest) = found
            .iter()
            .map(|(_, t)| t)
            .filter(|t| around(t))
            .map(depth)
            .max()
        {
            found.retain(|(_, target)| around(target) && depth(target) == deepest);
        }
    }
    if found.len() > 1 && asks {
        let names = found.iter().map(|(_, target)| describe(target)).collect();
        return Ok(found.swap_remove(ask::choose("Which package?", names)?));
    }
    let several = found.len() > 1;
    match found.pop() {
        Some(only) if !several => Ok(only),
        Some(_) => {
            let mut problem = Problem::decision("several packages could get it");
            problem.notes = all;
            Err(problem.help("say which: `--package NAME`"))
        }
        None if all.is_empty() => Err(no_application(root)),
        None => {
            let mut problem = Problem::input(format!(
                "no package `{}` with a supported framework",
                args.package.as_deref().unwrap_or_default().escape_debug()
            ));
            problem.notes = all;
            Err(problem)
        }
    }
}

fn no_application(root: &Root) -> Problem {
    let mut problem = Problem::input(format!(
        "no application of a supported framework in `{}`",
        root.path.display()
    ));
    for framework in frameworks::all() {
        problem = problem.note(format!("{}: {}", framework.name(), framework.known_by()));
    }
    problem.help("run this in the project of an application, or name it: `rapidkit-pg -C DIR add`")
}

fn describe(target: &Target) -> String {
    format!("{} ({}, {})", target.package, target.root, target.framework)
}
