use std::collections::BTreeMap;

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
