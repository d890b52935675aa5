//! The lines that wire an application by hand.

use crate::types::ManualStep;

/// All steps.
pub fn steps() -> Vec<ManualStep> {
    let step = |what: &str, code: &str| ManualStep {
        what: what.to_owned(),
        code: code.to_owned(),
    };
    vec![
        step(
            "in the file of the application's root module (the path as it is seen from there)",
            "import { DatabasePostgresModule } from './db-postgres';",
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
