//! The lines that wire an application by hand.

use super::import_path;
use crate::types::{ManualStep, Profile};

/// All steps.
pub fn steps(profile: Profile) -> Vec<ManualStep> {
    let path = import_path(profile);
    let step = |what: &str, code: &str| ManualStep {
        what: what.to_owned(),
        code: code.to_owned(),
    };
    vec![
        step(
            "in the file of the application's root module (the path as it is seen from there)",
            &format!("import {{ DatabasePostgresModule }} from '{path}';"),
        ),
        step(
            "in that module's `imports`",
            "@Module({\n  imports: [DatabasePostgresModule],\n})",
        ),
        step(
            "where the application is created, before `listen`, if nothing calls it yet",
            "app.enableShutdownHooks();",
        ),
    ]
}
