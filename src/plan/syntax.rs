use crate::edit::{python, rust, typescript};
use crate::types::{Problem, ProjectPath};

/// Parses an output by its language's parser, chosen by the file's name.
///
/// # Errors
/// The output does not parse: a fault of a template or of this tool, never of the user's.
pub fn check(path: &ProjectPath, text: &str) -> Result<(), Problem> {
    let fault = match path.file_name().rsplit_once('.') {
        Some((_, "rs")) => rust::fault(text).map(|span| (span, "not Rust".to_owned())),
        Some((_, "py")) => python::fault(text).map(|span| (span, "not Python".to_owned())),
        Some((_, "toml")) => text
            .parse::<toml_edit::DocumentMut>()
            .err()
            .map(|error| (error.span().unwrap_or(0..0), error.message().to_owned())),
        Some((_, "ts")) => typescript::fault(text).map(|span| (span, "not TypeScript".to_owned())),
        Some((_, "json")) => {
            let bare = text.trim_start_matches('\u{feff}');
            let parsed = serde_json::from_str::<serde_json::Value>(bare);
            parsed.err().map(|error| (0..0, error.to_string()))
        }
        _ => None,
    };
    match fault {
        None => Ok(()),
        Some((span, label)) => {
            let what = "what was going to be written does not parse; nothing was written";
            Err(Problem::input(what)
                .at(path, text, span, label)
                .note("this is a fault of rapidkit-pg or of the module, not of your project")
                .help("please report it, with this message"))
        }
    }
}
