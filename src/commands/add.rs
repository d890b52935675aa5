use std::collections::BTreeMap;

use inquire::{Confirm, CustomType, InquireError, Select, Text};

use super::context::{self, Context};
use super::{install, interrupt};
use crate::cli::{Add, Format};
use crate::frameworks::{self, Framework};
use crate::git;
use crate::lockfile::Lock;
use crate::module::{Prompt, PromptType};
use crate::plan::{self, Plan, Request, State};
use crate::project::{Project, Recovered, Root, Writer};
use crate::report::{PlanReport, PlanView};
use crate::types::{Problem, Target};

/// `rapidkit-pg add`
pub fn run(context: &Context, args: &Add) -> Result<u8, Problem> {
    let module = context.module(&args.name, &args.module)?;
    let (project, root) = context.project()?;
    let human = args.reporting.format == Format::Human;
    // Data goes to a program, which answers no questions.
    let ask = !args.yes && !args.dry_run && human;
    if ask && !context.terminal.is_interactive() {
        return Err(Problem::input("there is no terminal to ask on")
            .help("pass `--yes` to take the defaults and write, or `--dry-run` to look first"));
    }
    let writes = !args.dry_run && (args.yes || ask);
    // Before anything is read: what an interrupted run left is neither the old project nor the new one.
    let writer = match writes {
        true => Some(writer(context, &project)?),
        false if project.is_interrupted() => {
            return Err(Problem::decision("an interrupted run is pending").help(
                "run the command without `--dry-run`: it finishes or discards that run first",
            ));
        }
        false => None,
    };
    let (framework, target) = choose_target(&project, &root, args, ask)?;
    let given = settings(&args.settings)?;
    let mut answers = plan::check_answers(&module.spec, &given)?;
    let lock = context::lock(&project)?;
    let is_new = lock
        .find(&module.manifest.slug.value, &target.root)
        .is_none();
    if ask && is_new {
        for prompt in module.spec.prompts.iter().map(|prompt| &prompt.value) {
            if !given.contains_key(&prompt.name) {
                answers.insert(prompt.name.clone(), ask_prompt(prompt)?);
            }
        }
    }
    let request = Request {
        module: &module,
        framework,
        target: &target,
        answers: &answers,
        wire: !args.no_wire,
        dev: !module.drift().is_empty(),
    };
    let plan = plan::add(&project, &lock, &request)?;
    if !is_new && !given.is_empty() {
        return Err(Problem::decision(format!(
            "{} is here already: `--set` has no effect",
            plan.module
        ))
        .help("change the default in the generated settings, or set the variable"));
    }
    let next = |plan: &Plan| next(plan, &project, &lock, framework, args);
    let show = |applied: bool| {
        let view = PlanView {
            diff: args.diff,
            applied,
        };
        let report = report(&plan, next(&plan)?);
        match human {
            true => report.print(context.terminal, view),
            false => report.print_json(context.terminal, view),
        }
        Ok::<_, Problem>(())
    };
    let Some(writer) = writer.filter(|_| !plan.changes.is_empty()) else {
        show(false)?;
        if args.install && writes {
            install::run(context, &project, &framework.install(&project, &target)?)?;
        }
        return Ok(0);
    };
    if ask {
        // What is asked about is shown, `-q` or not.
        let view = PlanView {
            diff: args.diff,
            applied: false,
        };
        report(&plan, Vec::new()).print(context.terminal.not_quiet(), view);
        if !answer(Confirm::new("Write this?").with_default(true).prompt())? {
            context.terminal.line("nothing was written");
            return Ok(1);
        }
    }
    writer.apply(&plan.changes, &interrupt::requested)?;
    if !ask {
        show(true)?;
    }
    context.terminal.done(
        "Added",
        format!("{} {} to {}", plan.module, plan.version, target.package),
    );
    if ask {
        for line in next(&plan)? {
            context.terminal.line(line);
        }
    }
    if args.install {
        install::run(context, &project, &framework.install(&project, &target)?)?;
    }
    Ok(0)
}

fn writer<'p>(context: &Context, project: &'p Project) -> Result<Writer<'p>, Problem> {
    let (writer, recovered) = project.writer()?;
    let what = match recovered {
        Some(Recovered::Finished) => "an interrupted run was finished first",
        Some(Recovered::Discarded) => "an interrupted run was discarded first",
        None => return Ok(writer),
    };
    context.terminal.done("Recovered", what);
    Ok(writer)
}

fn report<'a>(plan: &'a Plan, next: Vec<String>) -> PlanReport<'a> {
    PlanReport {
        command: "add",
        module: &plan.module,
        version: plan.version.to_string(),
        framework: plan.target.framework,
        package: &plan.target.package,
        target: plan.target.root.to_string(),
        changes: &plan.changes,
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
        return Ok(match changed {
            0 => Vec::new(),
            1 => vec!["One file or block is not as recorded: see `rapidkit-pg status`.".to_owned()],
            _ => vec![format!(
                "{changed} files and blocks are not as recorded: see `rapidkit-pg status`."
            )],
        });
    }
    let mut next = Vec::new();
    if args.no_wire {
        next.push(
            "Your sources were left alone: docs/advanced.md of rapidkit-pg shows the lines that wire the layer in."
                .to_owned(),
        );
    }
    if !args.install {
        let install = framework.install(project, &plan.target)?;
        next.push(format!("Install what was added: {install}"));
    }
    next.push("Next: set DATABASE_URL, run the application, then".to_owned());
    next.push("  curl localhost:PORT/api/health/module/postgres".to_owned());
    next.push(framework.health_stands().to_owned());
    next.extend(framework.advice(project, &plan.target)?);
    let paths = plan.changes.iter().map(|change| change.path.as_str());
    if let Some(path) = git::ignored(project.path(), paths) {
        next.push(format!(
            "Git ignores {path}: take it out of .gitignore, or the next checkout is not the project that was verified."
        ));
    }
    Ok(next)
}

fn choose_target(
    project: &Project,
    root: &Root,
    args: &Add,
    ask: bool,
) -> Result<(&'static dyn Framework, Target), Problem> {
    let mut found = Vec::new();
    for framework in frameworks::all() {
        if args
            .framework
            .as_deref()
            .is_none_or(|name| name == framework.name())
        {
            for target in framework.detect(project)? {
                found.push((*framework, target));
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
    } else if found.len() > 1 {
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
    if found.len() > 1 && ask {
        let names = found.iter().map(|(_, target)| describe(target)).collect();
        let chosen = answer(Select::new("Which package?", names).raw_prompt())?.index;
        return Ok(found.swap_remove(chosen));
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
    let known: Vec<_> = frameworks::all()
        .iter()
        .map(|framework| framework.name())
        .collect();
    Problem::input(format!(
        "no application of a supported framework in `{}`",
        root.path.display()
    ))
    .note(format!("supported: {}", known.join(", ")))
    .help("run this in the project of an application, or name it: `rapidkit-pg -C DIR add`")
}

fn describe(target: &Target) -> String {
    format!("{} ({}, {})", target.package, target.root, target.framework)
}

fn settings(given: &[String]) -> Result<BTreeMap<String, String>, Problem> {
    given
        .iter()
        .map(|setting| {
            let (name, value) = setting.split_once('=').ok_or_else(|| {
                Problem::input(format!(
                    "`--set {}` is not KEY=VALUE",
                    setting.escape_debug()
                ))
            })?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

fn ask_prompt(prompt: &Prompt) -> Result<crate::types::Answer, Problem> {
    use crate::types::Answer;
    match (prompt.kind, &prompt.default) {
        (PromptType::Boolean, Answer::Boolean(default)) => answer(
            Confirm::new(&prompt.ask)
                .with_default(*default)
                .with_help_message(&prompt.help)
                .prompt(),
        )
        .map(Answer::Boolean),
        (PromptType::String, default) => {
            let accepted = prompt.clone();
            let text = answer(
                Text::new(&prompt.ask)
                    .with_default(&default.to_string())
                    .with_help_message(&prompt.help)
                    .with_validator(move |text: &str| {
                        Ok(match accepted.parse(text) {
                            Ok(_) => inquire::validator::Validation::Valid,
                            Err(expected) => inquire::validator::Validation::Invalid(
                                format!("expected {expected}").into(),
                            ),
                        })
                    })
                    .prompt(),
            )?;
            Ok(Answer::String(text))
        }
        (_, default) => {
            let default = match default {
                Answer::Integer(value) => *value,
                _ => 0,
            };
            let accepted = prompt.clone();
            let value = answer(
                CustomType::<i64>::new(&prompt.ask)
                    .with_default(default)
                    .with_help_message(&prompt.help)
                    .with_error_message(&format!("expected {}", prompt.expected()))
                    .with_validator(move |value: &i64| {
                        Ok(match accepted.accepts(&Answer::Integer(*value)) {
                            true => inquire::validator::Validation::Valid,
                            false => inquire::validator::Validation::Invalid(
                                format!("expected {}", accepted.expected()).into(),
                            ),
                        })
                    })
                    .prompt(),
            )?;
            Ok(Answer::Integer(value))
        }
    }
}

fn answer<T>(result: Result<T, InquireError>) -> Result<T, Problem> {
    result.map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Problem::interrupted()
        }
        error => Problem::input(format!("cannot ask: {error}")),
    })
}
