//! What every command that writes does: recover, show, ask, apply, report.

use super::context::Context;
use super::{ask, interrupt};
use crate::cli::{Format, Writing};
use crate::plan::Pending;
use crate::project::{Project, Recovered, Writer};
use crate::report::{PlanReport, PlanView};
use crate::types::{Change, Problem};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There was nothing to write, or writing was not asked for.
    Shown,
    /// The person said no.
    Declined,
    Applied,
}

/// A run of a command that may write.
pub struct Run<'p> {
    writer: Option<Writer<'p>>,
    recovered: Option<Recovered>,
    /// What is asked, and what is meant by no answer.
    question: (&'static str, bool),
    ask: bool,
    has_terminal: bool,
    human: bool,
    diff: bool,
}

impl<'p> Run<'p> {
    /// Becomes the project's writer, if the run is to write, after finishing or discarding what an interrupted one left.
    ///
    /// # Errors
    /// Another process is writing; an interrupted run that `--dry-run` must not touch; an upgrade that waits.
    pub fn begin(context: &Context, project: &'p Project, args: &Writing) -> Result<Self, Problem> {
        let run = Self::begin_waiting(context, project, args)?;
        nothing_waits(project)?;
        Ok(run)
    }

    /// As [`Run::begin`], for what ends an upgrade that waits.
    ///
    /// # Errors
    /// As [`Run::begin`], but for that upgrade.
    pub fn begin_waiting(
        context: &Context,
        project: &'p Project,
        args: &Writing,
    ) -> Result<Self, Problem> {
        let human = args.reporting.format == Format::Human;
        // Data goes to a program, which answers no questions.
        let ask = !args.yes && !args.dry_run && human;
        let (writer, recovered) = match !args.dry_run && (args.yes || ask) {
            true => recover(context, project).map(|(writer, what)| (Some(writer), what))?,
            false if project.is_interrupted() => {
                return Err(Problem::decision("an interrupted run is pending").help(
                    "run the command without `--dry-run`: it finishes or discards that run first",
                ));
            }
            false => (None, None),
        };
        Ok(Self {
            writer,
            recovered,
            question: ("Write this?", true),
            ask,
            has_terminal: context.terminal.is_interactive(),
            human,
            diff: args.diff,
        })
    }

    /// This run, with a question that has to be answered with yes: something of the user's could go.
    #[must_use]
    pub fn with_question(mut self, question: &'static str) -> Self {
        self.question = (question, false);
        self
    }

    /// Whether it has finished an interrupted run first.
    pub fn has_finished_another(&self) -> bool {
        self.recovered == Some(Recovered::Finished)
    }

    /// This run, with the contents of what is written shown before a question.
    #[must_use]
    pub fn with_diff(mut self) -> Self {
        self.diff |= self.ask;
        self
    }

    /// Whether questions may be asked.
    pub fn asks(&self) -> bool {
        self.ask && self.has_terminal
    }

    /// Whether the run may write.
    pub fn writes(&self) -> bool {
        self.writer.is_some()
    }

    /// Shows the changes, asks, and applies them. `report` is made with what a person does next, which is `next`.
    ///
    /// # Errors
    /// Nobody to ask; as [`Writer::apply`].
    pub fn carry_out<'a>(
        &self,
        context: &Context,
        changes: &[Change],
        report: &dyn Fn(Vec<String>) -> PlanReport<'a>,
        next: &dyn Fn() -> Result<Vec<String>, Problem>,
    ) -> Result<Outcome, Problem> {
        let view = |applied| PlanView {
            diff: self.diff,
            applied,
        };
        // Before anything is written: it can fail.
        let next = next()?;
        let show = |applied: bool| {
            let report = report(next.clone());
            match self.human {
                true => report.print(context.terminal, view(applied)),
                false => report.print_json(context.terminal, view(applied)),
            }
        };
        let Some(writer) = self.writer.as_ref().filter(|_| !changes.is_empty()) else {
            show(false);
            return Ok(Outcome::Shown);
        };
        if self.ask && !self.has_terminal {
            return Err(Problem::input("there is no terminal to ask on").help(
                "pass `--yes` to take the defaults and write, or `--dry-run` to look first",
            ));
        }
        if self.ask {
            // What is asked about is shown, `-q` or not.
            report(Vec::new()).print(context.terminal.not_quiet(), view(false));
            let (question, default) = self.question;
            if !ask::confirm(question, default)? {
                context.terminal.line("nothing was written");
                return Ok(Outcome::Declined);
            }
        }
        writer.apply(changes, &interrupt::requested)?;
        if self.ask {
            for line in next {
                context.terminal.line(line);
            }
        } else {
            show(true);
        }
        Ok(Outcome::Applied)
    }
}

/// Refuses to go on beside an upgrade whose conflicts are not resolved.
///
/// # Errors
/// There is one.
pub fn nothing_waits(project: &Project) -> Result<(), Problem> {
    match Pending::read(project)? {
        None => Ok(()),
        Some(_) => Err(
            Problem::decision("an upgrade waits for its conflicts to be resolved").help(
                "`rapidkit-pg upgrade --continue` ends it, `rapidkit-pg upgrade --abort` undoes it",
            ),
        ),
    }
}

/// Becomes the project's writer, and says what was done about an interrupted run.
///
/// # Errors
/// As [`Project::writer`].
pub fn recover<'p>(
    context: &Context,
    project: &'p Project,
) -> Result<(Writer<'p>, Option<Recovered>), Problem> {
    let (writer, recovered) = project.writer()?;
    match recovered {
        Some(Recovered::Finished) => context.terminal.done("Finished", "an interrupted run"),
        Some(Recovered::Discarded) => context.terminal.done("Discarded", "an interrupted run"),
        None => {}
    }
    Ok((writer, recovered))
}
