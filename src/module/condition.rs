//! Whether a `when:` of a module holds for a target.

use crate::types::{Facts, Problem, Profile};

/// The fact or profile that a condition asks for: `has_lib` of `!has_lib`.
pub fn subject(condition: &str) -> &str {
    condition.trim_start_matches('!')
}

/// Whether a condition (`has_lib`, `!has_lib`, `rapidkit`) holds; `of` says what it is the condition of.
///
/// # Errors
/// A fact that the framework does not have.
pub fn holds(condition: &str, profile: Profile, facts: &Facts, of: &str) -> Result<bool, Problem> {
    let name = subject(condition);
    let fact = match name == Profile::Rapidkit.name() {
        true => Some(profile == Profile::Rapidkit),
        false => facts.get(name).and_then(serde_json::Value::as_bool),
    };
    fact.map(|value| value != condition.starts_with('!'))
        .ok_or_else(|| {
            Problem::input(format!(
                "`when: {condition}` of {of} asks for a fact that the framework does not have"
            ))
        })
}
