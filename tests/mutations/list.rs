use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// A check of the verifier and how it is switched off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutation {
    pub id: String,
    pub file: String,
    /// What stands before the place, where `find` alone would not be one; the first `find` after it is meant.
    #[serde(default)]
    pub after: String,
    /// An expression, or a statement without its semicolon.
    pub find: String,
    /// What stands there while the check is off.
    pub replace: String,
    /// The check, in words.
    pub off: String,
    /// Why no test can notice.
    #[serde(default)]
    pub survives: Option<String>,
}

/// The list in the repository.
pub fn read(repository: &Path) -> Result<Vec<Mutation>> {
    let path = repository.join("tests/trust/mutations.json");
    let text = std::fs::read_to_string(&path)?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// The files of `mutations` with every check behind a switch of its own.
pub fn switched(repository: &Path, mutations: &[Mutation]) -> Result<BTreeMap<String, String>> {
    let mut places: BTreeMap<&str, Vec<(Range<usize>, &Mutation)>> = BTreeMap::new();
    let mut texts = BTreeMap::new();
    for mutation in mutations {
        let text = match texts.entry(mutation.file.clone()) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => entry.insert(
                std::fs::read_to_string(repository.join(&mutation.file))
                    .with_context(|| mutation.file.clone())?,
            ),
        };
        let place = mutation.place(text).with_context(|| mutation.id.clone())?;
        places
            .entry(&mutation.file)
            .or_default()
            .push((place, mutation));
    }
    for (file, mut places) in places {
        places.sort_by_key(|(place, _)| place.start);
        for pair in places.windows(2) {
            ensure!(
                pair[0].0.end <= pair[1].0.start,
                "{} and {} overlap",
                pair[0].1.id,
                pair[1].1.id
            );
        }
        let text = texts.get_mut(file).context("it was read")?;
        for (place, mutation) in places.into_iter().rev() {
            let (id, on, off) = (&mutation.id, &mutation.find, &mutation.replace);
            text.replace_range(
                place,
                &format!("(if crate::mutation::is_on(\"{id}\") {{ {off} }} else {{ {on} }})"),
            );
        }
    }
    Ok(texts)
}

impl Mutation {
    fn place(&self, text: &str) -> Result<Range<usize>> {
        let start = match self.after.as_str() {
            "" => {
                let count = text.matches(&self.find).count();
                ensure!(
                    count == 1,
                    "{:?} stands {count} times in {}",
                    self.find,
                    self.file
                );
                0
            }
            after => {
                text.find(after)
                    .with_context(|| format!("{after:?} is not in {}", self.file))?
                    + after.len()
            }
        };
        let at = text[start..]
            .find(&self.find)
            .with_context(|| format!("{:?} is not in {}", self.find, self.file))?;
        Ok(start + at..start + at + self.find.len())
    }
}
