use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Terminal, Verbosity};

/// A spinner on a terminal, one line a step elsewhere.
pub struct Progress {
    terminal: Terminal,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Starts with nothing to say.
    pub fn new(terminal: Terminal) -> Self {
        let bar =
            (terminal.is_interactive() && terminal.verbosity() == Verbosity::Normal).then(|| {
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
                bar.set_style(ProgressStyle::default_spinner());
                bar.enable_steady_tick(Duration::from_millis(100));
                bar
            });
        Self { terminal, bar }
    }

    /// What is being done now.
    pub fn step(&self, what: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(what.to_owned()),
            None => self.terminal.done("…", what),
        }
    }

    /// Runs `print` with the spinner out of its way.
    pub fn pause<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
