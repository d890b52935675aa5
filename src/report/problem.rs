use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Terminal;
use crate::types::Problem;

impl Terminal {
    /// Prints a problem like a compiler's message.
    pub fn problem(&self, problem: &Problem) {
        self.error_text(&(problem_text(problem) + "\n"));
    }
}

/// A problem as a compiler would print it, with colours.
pub fn problem_text(problem: &Problem) -> String {
    let message = printable(&problem.message);
    let mut group = Group::with_title(Level::ERROR.primary_title(&message));
    let (path, label, source);
    if let Some(at) = &problem.location {
        path = printable(&at.path);
        label = printable(&at.label);
        source = at.source.replace('\t', " ");
        if source.is_empty() {
            group = group.element(Origin::path(&path));
        } else {
            let annotation = AnnotationKind::Primary.span(at.span.clone()).label(&label);
            group = group.element(Snippet::source(&source).path(&path).annotation(annotation));
        }
    }
    let notes: Vec<String> = problem.notes.iter().map(|note| printable(note)).collect();
    let help: Vec<String> = problem.help.iter().map(|help| printable(help)).collect();
    group = group.elements(notes.iter().map(|note| Level::NOTE.message(note)));
    group = group.elements(help.iter().map(|help| Level::HELP.message(help)));
    let mut text = Renderer::styled().render(&[group]);
    for (index, step) in problem.steps.iter().enumerate() {
        text += &format!("\n\n{}. {}\n", index + 1, printable(&step.what));
        for line in step.code.lines() {
            text += &format!("\n       {line}");
        }
    }
    text
}

/// The text without what could move the cursor or change colours.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}
