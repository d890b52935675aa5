//! The lines that wire an application by hand.

use crate::types::ManualStep;

use crate::frameworks::rust::wiring::{MODULE, mod_line};

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
            "before the listener is bound, so that wrong settings stop the start (where the function returns an error: \
             `…::init()?;`)"
                .to_owned(),
            format!(
                "if let Err(error) = {path}::init() {{\n    eprintln!(\"{{error}}\");\n    std::process::exit(1);\n}}"
            ),
        ),
        step(
            "around the outermost router where it is served (`app` stands for it)".to_owned(),
            format!("{path}::router().fallback_service(app)"),
        ),
        step(
            "on the server, if nothing stops it gracefully yet".to_owned(),
            format!(".with_graceful_shutdown({path}::shutdown_signal())"),
        ),
        step("after the server has stopped".to_owned(), format!("{path}::close().await;")),
    ]
}
