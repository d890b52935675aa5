use std::collections::BTreeMap;
use std::fmt::Write as _;

use semver::Version;

use super::source::ModuleFiles;
use crate::types::{ContentHash, Problem, ProjectPath};

/// The file at the module's root that holds the hash of every other file of the module.
pub const SUMS: &str = "module.sums";

/// `module.sums`: two header lines, then what `sha256sum -c` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    pub module: String,
    pub version: Version,
    pub hashes: BTreeMap<ProjectPath, ContentHash>,
}

impl Sums {
    /// The sums of `files` as they stand.
    pub fn of(module: &str, version: &Version, files: &ModuleFiles) -> Self {
        Self {
            module: module.to_owned(),
            version: version.clone(),
            hashes: files
                .iter()
                .filter(|(path, _)| path.as_str() != SUMS)
                .map(|(path, bytes)| (path.clone(), ContentHash::of(bytes)))
                .collect(),
        }
    }

    /// The hash of everything that generation reads: SHA-256 over the lines of all files but those under `docs/`.
    pub fn content_hash(&self) -> ContentHash {
        let lines: String = self
            .hashes
            .iter()
            .filter(|(path, _)| is_read_by_generation(path))
            .fold(String::new(), |lines, (path, hash)| {
                lines + &line(path, *hash)
            });
        ContentHash::of(lines)
    }

    /// The paths whose hash differs between the two, or that only one has; sorted.
    pub fn difference(&self, other: &Self) -> Vec<ProjectPath> {
        let paths = self.hashes.keys().chain(other.hashes.keys());
        let mut different: Vec<_> = paths
            .filter(|path| self.hashes.get(path) != other.hashes.get(path))
            .cloned()
            .collect();
        different.sort();
        different.dedup();
        different
    }

    /// The file's text.
    pub fn render(&self) -> String {
        let mut text = format!("# module {}\n# version {}\n", self.module, self.version);
        for (path, hash) in &self.hashes {
            text += &line(path, *hash);
        }
        text
    }

    /// Reads the file's text. Only what [`Sums::render`] writes is accepted.
    ///
    /// # Errors
    /// A [`Problem`] at the first line that differs from it.
    pub fn parse(path: &str, text: &str) -> Result<Self, Problem> {
        let mut offset = 0;
        let mut module = None;
        let mut version = None;
        let mut hashes = BTreeMap::new();
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let span = offset..offset + line.trim_end().len();
            offset += line.len();
            let line = line.strip_suffix('\n').unwrap_or(line);
            let read = match index {
                0 => line
                    .strip_prefix("# module ")
                    .map(|name| module = Some(name.to_owned())),
                1 => line
                    .strip_prefix("# version ")
                    .and_then(|text| Version::parse(text).ok())
                    .map(|read| version = Some(read)),
                _ => line.split_once("  ").and_then(|(hash, path)| {
                    hashes.insert(path.parse().ok()?, hash.parse().ok()?);
                    Some(())
                }),
            };
            if read.is_none() {
                let expected = match index {
                    0 => "`# module <slug>`",
                    1 => "`# version <version>`",
                    _ => "`<sha256>  <path>`",
                };
                return Err(malformed(path, text, span, format!("expected {expected}")));
            }
        }
        let (Some(module), Some(version)) = (module, version) else {
            return Err(malformed(
                path,
                text,
                0..0,
                "the two header lines are missing",
            ));
        };
        let sums = Self {
            module,
            version,
            hashes,
        };
        if sums.render() == text {
            Ok(sums)
        } else {
            let same = sums
                .render()
                .bytes()
                .zip(text.bytes())
                .take_while(|(a, b)| a == b)
                .count();
            Err(malformed(
                path,
                text,
                same..same,
                "not sorted, doubled, or not ended by a line feed",
            ))
        }
    }
}

fn malformed(
    path: &str,
    text: &str,
    span: std::ops::Range<usize>,
    label: impl Into<String>,
) -> Problem {
    Problem::input(format!("{path} is not what `lock --overwrite` writes"))
        .at(path, text, span, label)
        .help("run `rapidkit-pg lock --overwrite` in the module's root")
}

fn line(path: &ProjectPath, hash: ContentHash) -> String {
    let mut line = String::new();
    let _ = writeln!(line, "{hash}  {path}");
    line
}

/// Whether a change to this file can change what is generated.
pub fn is_read_by_generation(path: &ProjectPath) -> bool {
    !path.as_str().starts_with("docs/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(files: &[(&str, &str)]) -> Sums {
        let files = files
            .iter()
            .map(|(path, text)| (path.parse().unwrap(), text.as_bytes().to_vec().into()))
            .collect();
        Sums::of("free/x", &Version::new(1, 0, 0), &files)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let sums = sums(&[("module.yaml", "a"), ("templates/x.j2", "b")]);
        assert_eq!(Sums::parse("module.sums", &sums.render()).unwrap(), sums);
    }

    #[test]
    fn anything_else_is_refused() {
        let text = sums(&[("a", "1"), ("b", "2")]).render();
        let lines: Vec<&str> = text.lines().collect();
        let swapped = [lines[0], lines[1], lines[3], lines[2], ""].join("\n");
        let doubled = [lines[0], lines[1], lines[2], lines[2], lines[3], ""].join("\n");
        for bad in [
            "",
            "# module x\n",
            text.trim_end(),
            &text.to_uppercase(),
            &text.replace('\n', "\r\n"),
            &format!("{text}\n"),
            &swapped,
            &doubled,
        ] {
            assert!(
                Sums::parse("module.sums", bad).is_err(),
                "accepted: {bad:?}"
            );
        }
    }

    #[test]
    fn bytes_moved_over_a_file_border_change_the_content_hash() {
        let a = sums(&[("templates/a", "xy"), ("templates/b", "z")]);
        let b = sums(&[("templates/a", "x"), ("templates/b", "yz")]);
        assert_ne!(a.content_hash(), b.content_hash());
    }

    #[test]
    fn documentation_is_not_content() {
        let a = sums(&[("docs/a.md", "1"), ("templates/b", "z")]);
        let b = sums(&[("docs/a.md", "2"), ("templates/b", "z")]);
        assert_eq!(a.content_hash(), b.content_hash());
        assert_eq!(a.difference(&b), ["docs/a.md".parse().unwrap()]);
    }
}
