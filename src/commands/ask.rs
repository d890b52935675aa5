//! Questions on the terminal.

use inquire::{Confirm, CustomType, InquireError, Select, Text};

use super::interrupt::while_asking;
use crate::module::{Prompt, PromptType};
use crate::types::Problem;

/// Whether to go on; `default` without an answer.
pub fn confirm(question: &str, default: bool) -> Result<bool, Problem> {
    answer(|| Confirm::new(question).with_default(default).prompt())
}

/// The index of one of several.
pub fn choose(question: &str, all: Vec<String>) -> Result<usize, Problem> {
    Ok(answer(|| Select::new(question, all).raw_prompt())?.index)
}

/// The answer to one of a module's prompts.
pub fn prompt(prompt: &Prompt) -> Result<crate::types::Answer, Problem> {
    use crate::types::Answer;
    match (prompt.kind, &prompt.default) {
        (PromptType::Boolean, Answer::Boolean(default)) => answer(|| {
            Confirm::new(&prompt.ask)
                .with_default(*default)
                .with_help_message(&prompt.help)
                .prompt()
        })
        .map(Answer::Boolean),
        (PromptType::String, default) => {
            let accepted = prompt.clone();
            let text = answer(|| {
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
                    .prompt()
            })?;
            Ok(Answer::String(text))
        }
        (_, default) => {
            let default = match default {
                Answer::Integer(value) => *value,
                _ => 0,
            };
            let accepted = prompt.clone();
            let value = answer(|| {
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
                    .prompt()
            })?;
            Ok(Answer::Integer(value))
        }
    }
}

fn answer<T>(ask: impl FnOnce() -> Result<T, InquireError>) -> Result<T, Problem> {
    while_asking(ask).map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Problem::interrupted()
        }
        error => Problem::input(format!("cannot ask: {error}")),
    })
}
