use std::collections::BTreeMap;

use crate::types::Problem;

/// What `--set KEY=VALUE` gives, by key.
///
/// # Errors
/// One without `=`.
pub fn settings(given: &[String]) -> Result<BTreeMap<String, String>, Problem> {
    given
        .iter()
        .map(|setting| {
            let (name, value) = setting.split_once('=').ok_or_else(|| {
                Problem::input(format!(
                    "`--set {}` is not KEY=VALUE",
                    setting.escape_debug()
                ))
            })?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}
