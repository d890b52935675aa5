use semver::Version;

use super::Module;
use crate::types::Problem;

impl Module {
    /// The changelog's entries of the versions after `from`, up to this module's own, the newest first, without those that
    /// begin with the names of other frameworks: `FastAPI: …`. `None` if there are none.
    ///
    /// # Errors
    /// The page is not UTF-8.
    pub fn changes_since(
        &self,
        from: &Version,
        framework: &str,
    ) -> Result<Option<String>, Problem> {
        let Some(page) = self.manifest.documentation.get("changelog") else {
            return Ok(None);
        };
        let newest = &self.manifest.version.value;
        let is_wanted = |section: &&str| {
            let title = section.split_whitespace().next().unwrap_or_default();
            let version = Version::parse(title.trim_matches(['[', ']']));
            version.is_ok_and(|version| version > *from && version <= *newest)
        };
        let sections = self.text(&page.value)?.split("\n## ").skip(1);
        let entries: Vec<String> = sections
            .filter(is_wanted)
            .filter_map(|section| {
                let parts = section.split("\n### ");
                let about: Vec<String> = parts.filter_map(|p| self.about(p, framework)).collect();
                (about.len() > 1 || !section.contains("\n### "))
                    .then(|| format!("## {}", about.join("\n\n### ")))
            })
            .collect();
        Ok(Some(entries.join("\n\n")).filter(|text| !text.is_empty()))
    }

    /// A heading with its entries about a framework; `None` if it has entries about others only.
    fn about(&self, part: &str, framework: &str) -> Option<String> {
        let (heading, entries) = part.split_once("\n- ").unwrap_or((part, ""));
        let entries = entries.split("\n- ").filter(|entry| !entry.is_empty());
        let (own, others): (Vec<&str>, Vec<&str>) =
            entries.partition(|entry| self.is_about(entry, framework));
        let list: String = own
            .iter()
            .map(|entry| format!("\n- {}", entry.trim_end()))
            .collect();
        match (own.is_empty(), others.is_empty()) {
            (true, true) => Some(heading.trim_end().to_owned()),
            (true, false) => None,
            (false, _) => Some(format!("{}\n{list}", heading.trim_end())),
        }
    }

    /// Whether an entry names a framework before its first colon, or none.
    fn is_about(&self, entry: &str, framework: &str) -> bool {
        let names = entry.split_once(": ").map_or("", |(names, _)| names);
        // `Axum, Actix Web` are `axum` and `actix`.
        let mut named = names
            .split(',')
            .filter_map(|name| name.split_whitespace().next())
            .map(str::to_lowercase)
            .peekable();
        let is_framework = |name: &String| self.manifest.generation.variants.contains_key(name);
        !named.peek().is_some_and(is_framework) || named.any(|name| name == framework)
    }
}
