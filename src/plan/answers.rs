use std::collections::BTreeMap;

use crate::lockfile::LockedModule;
use crate::module::Spec;
use crate::types::{Answer, Problem};

/// The defaults of all prompts with `given` (name → text) over them.
///
/// # Errors
/// A name that no prompt has, or a text that its prompt does not accept; all of them are listed.
pub fn check_answers(
    spec: &Spec,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Answer>, Problem> {
    let mut answers = BTreeMap::new();
    let mut faults = Vec::new();
    for prompt in &spec.prompts {
        let prompt = &prompt.value;
        let answer = match given.get(&prompt.name) {
            None => prompt.default.clone(),
            Some(text) => match prompt.parse(text) {
                Ok(answer) => answer,
                Err(expected) => {
                    faults.push(format!(
                        "{}: expected {expected}, got `{}`",
                        prompt.name,
                        text.escape_debug()
                    ));
                    continue;
                }
            },
        };
        answers.insert(prompt.name.clone(), answer);
    }
    let known = |name: &String| spec.prompts.iter().any(|prompt| prompt.value.name == *name);
    for name in given.keys().filter(|name| !known(name)) {
        let names: Vec<_> = spec
            .prompts
            .iter()
            .map(|prompt| prompt.value.name.as_str())
            .collect();
        faults.push(format!(
            "{name}: no such setting; there are {}",
            names.join(", ")
        ));
    }
    if faults.is_empty() {
        return Ok(answers);
    }
    let mut problem = Problem::input("settings that are not accepted");
    problem.notes = faults;
    Err(problem)
}

/// The answers that a module was rendered with, as far as `spec` still accepts them, as `--set` would give them; and what
/// became of the others, a line each.
pub fn carried_answers(
    spec: &Spec,
    locked: &LockedModule,
) -> (BTreeMap<String, String>, Vec<String>) {
    let mut texts = BTreeMap::new();
    let mut notes = Vec::new();
    for (name, answer) in &locked.answers {
        let mut prompts = spec.prompts.iter().map(|prompt| &prompt.value);
        match prompts.find(|prompt| prompt.name == *name) {
            Some(prompt) if prompt.accepts(answer) => {
                texts.insert(name.clone(), answer.to_string());
            }
            Some(_) => notes.push(format!(
                "{name}: the answer is no longer accepted, the default is taken"
            )),
            None => notes.push(format!("{name}: nothing asks for it any more")),
        }
    }
    (texts, notes)
}
