use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

use annotate_snippets::renderer::{AnsiColor, Effects, Style};
use anstream::ColorChoice;

use crate::types::Problem;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

/// Standard output for results, standard error for everything about them.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    verbosity: Verbosity,
}

/// The first error of the standard output.
static FAILED: OnceLock<String> = OnceLock::new();

fn written(result: std::io::Result<()>) {
    match result {
        // A closed pipe (`| head`) is no error of ours.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let _ = FAILED.set(error.to_string());
        }
        _ => {}
    }
}

pub(super) const GOOD: Style = AnsiColor::Green.on_default().effects(Effects::BOLD);
pub(super) const BAD: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
pub(super) const DOUBTFUL: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
pub(super) const STRONG: Style = Style::new().effects(Effects::BOLD);
pub(super) const FAINT: Style = Style::new().effects(Effects::DIMMED);

impl Terminal {
    /// Sets the process's colour choice and how much is said.
    pub fn new(verbosity: Verbosity, color: ColorChoice) -> Self {
        color.write_global();
        Self { verbosity }
    }

    /// How much is said.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Whether errors only are said.
    pub fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    /// This terminal, with results shown.
    #[must_use]
    pub fn not_quiet(self) -> Self {
        Self {
            verbosity: self.verbosity.max(Verbosity::Normal),
        }
    }

    /// Whether questions can be asked.
    pub fn is_interactive(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// A line of the result.
    pub fn line(&self, text: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            self.result(text);
        }
    }

    /// A line of the result that `-q` does not suppress.
    pub fn result(&self, text: impl Display) {
        written(writeln!(anstream::stdout(), "{text}"));
    }

    /// Bytes of the result, as they are.
    pub fn bytes(&self, bytes: &[u8]) {
        written(std::io::stdout().write_all(bytes));
    }

    /// Makes sure that the result has arrived.
    ///
    /// # Errors
    /// It could not be written: it is not to be relied on.
    pub fn finish(&self) -> Result<(), Problem> {
        written(std::io::stdout().flush());
        match FAILED.get() {
            None => Ok(()),
            Some(error) => Err(Problem::input(format!(
                "the output could not be written: {error}"
            ))),
        }
    }

    /// A line about what was done: a green verb, then what.
    pub fn done(&self, verb: &str, what: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            let _ = writeln!(anstream::stderr(), "{GOOD}{verb:>12}{GOOD:#} {what}");
        }
    }

    /// A line that `-v` asks for.
    pub fn detail(&self, text: impl Display) {
        if self.verbosity > Verbosity::Normal {
            let _ = writeln!(anstream::stderr(), "{FAINT}{text}{FAINT:#}");
        }
    }

    pub(super) fn error_text(&self, text: &str) {
        let _ = write!(anstream::stderr(), "{text}");
    }
}
