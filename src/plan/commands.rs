//! The commands that a module declares for after generation.

use std::collections::BTreeMap;

use crate::module::Module;
use crate::render::{Context, Renderer};
use crate::types::Problem;

/// Program and arguments of each command for a framework's files, in their order.
///
/// # Errors
/// An argument that cannot be rendered.
pub fn commands(
    module: &Module,
    framework: &str,
    context: &Context,
) -> Result<Vec<Vec<String>>, Problem> {
    const WORD: &str = "hooks.post_generation.j2";
    let rendered =
        |word: &str| Renderer::new(BTreeMap::from([(WORD, word)]))?.render(WORD, context);
    module
        .manifest
        .hooks
        .post_generation
        .iter()
        .filter(|hook| hook.frameworks.iter().any(|name| name.value == framework))
        .map(|hook| {
            hook.command
                .iter()
                .map(|word| rendered(&word.value))
                .collect()
        })
        .collect()
}
