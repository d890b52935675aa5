//! `lock`: in a module's root it records the module, elsewhere the project.

mod module_root;
mod project;
mod write;

use super::context::Context;
use crate::cli::Lock;
use crate::types::Problem;

/// `rapidkit-pg lock`
pub fn run(context: &Context, args: &Lock) -> Result<u8, Problem> {
    if context.directory.join("module.yaml").is_file() {
        module_root::run(context, args)
    } else {
        project::run(context, args)
    }
}
