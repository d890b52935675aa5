use semver::Version;

use super::Module;
use crate::types::Problem;

impl Module {
    /// The changelog's entries of the versions after `from`, up to this module's own, the newest first.
    ///
    /// # Errors
    /// The page is not UTF-8.
    pub fn changes_since(&self, from: &Version) -> Result<String, Problem> {
        let Some(page) = self.manifest.documentation.get("changelog") else {
            return Ok(String::new());
        };
        let newest = &self.manifest.version.value;
        let mut is_wanted = false;
        let mut entries = String::new();
        for line in self.text(&page.value)?.split_inclusive('\n') {
            if let Some(title) = line.strip_prefix("## ") {
                let version = title.split_whitespace().next().unwrap_or_default();
                let version = Version::parse(version.trim_matches(['[', ']']));
                is_wanted = version.is_ok_and(|version| version > *from && version <= *newest);
            }
            if is_wanted {
                entries += line;
            }
        }
        Ok(entries.trim_end().to_owned())
    }
}
