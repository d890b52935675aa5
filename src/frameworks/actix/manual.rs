//! The lines that wire an application by hand.

use crate::frameworks::rust::wiring::{MODULE, mod_line};
use crate::types::ManualStep;

use super::wiring::SHUTDOWN_TIMEOUT;

/// All steps, with the paths of this crate.
pub fn steps(has_lib: bool, root: &str, crate_name: &str) -> Vec<ManualStep> {
    let path = if has_lib {
        format!("{crate_name}::{MODULE}")
    } else {
        format!("crate::{MODULE}")
    };
    let step = |what: String, code: String| ManualStep { what, code };
    vec![
        step(format!("in {root}, among the other modules"), mod_line(has_lib).to_owned()),
        step(
            "before the server is made, so that wrong settings stop the start (where the function returns an error: \
             `…::init()?;`)"
                .to_owned(),
            format!(
                "if let Err(error) = {path}::init() {{\n    eprintln!(\"{{error}}\");\n    std::process::exit(1);\n}}"
            ),
        ),
        step(
            "on the application, first of all: `App::new()` and then".to_owned(),
            format!(".configure({path}::configure)"),
        ),
        step(
            "on the `HttpServer`, if it has no bound of its own for requests under way".to_owned(),
            SHUTDOWN_TIMEOUT.to_owned(),
        ),
        step("after the server has stopped".to_owned(), format!("{path}::close().await;")),
    ]
}
