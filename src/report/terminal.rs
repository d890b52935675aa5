use std::fmt::Display;
use std::io::{IsTerminal, Write};

use annotate_snippets::renderer::{AnsiColor, Effects, Style};
use anstream::ColorChoice;

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
        // A closed pipe (`| head`) is no error of ours.
        let _ = writeln!(anstream::stdout(), "{text}");
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
