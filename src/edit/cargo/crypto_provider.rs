//! Which cryptography a package's rustls has. rustls takes the process's default from the one that is compiled in; with
//! two, it panics at the first use, so a dependency must not bring a second one.

use toml_edit::{Document, Item, Value};

use super::workspace::Manifest;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CryptoProvider {
    AwsLcRs,
    Ring,
}

/// The provider that a package's rustls has, by its lock file, or else by the manifest; `None` without rustls.
pub fn crypto_provider(
    manifest: &Manifest,
    lock: Option<&Document<String>>,
) -> Option<CryptoProvider> {
    let Some(locked) = lock.and_then(Locked::read) else {
        let has_default = serves_by_rustls(manifest) && !asks_for_ring(manifest);
        return has_default.then_some(CryptoProvider::AwsLcRs);
    };
    let rustls = locked
        .reachable(manifest.str(&["package", "name"])?)
        .into_iter()
        .filter(|package| package.name == "rustls");
    let (mut aws, mut ring) = (false, false);
    for package in rustls {
        let has = |name: &str| package.dependencies.iter().any(|(other, _)| *other == name);
        aws |= has("aws-lc-rs");
        ring |= has("ring");
    }
    match (aws, ring) {
        (false, false) => None,
        (true, false) => Some(CryptoProvider::AwsLcRs),
        (false, true) => Some(CryptoProvider::Ring),
        // A lock is of a whole workspace: another member may have the other one. rustls's own default is AWS-LC.
        (true, true) if asks_for_ring(manifest) => Some(CryptoProvider::Ring),
        (true, true) => Some(CryptoProvider::AwsLcRs),
    }
}

/// Whether a dependency of the package itself is rustls, or one that configures it.
fn serves_by_rustls(manifest: &Manifest) -> bool {
    let tables = manifest.dependency_tables("dependencies");
    let mut entries = tables.iter().flat_map(|(_, table)| table.iter());
    entries.any(|(name, item)| match name {
        "rustls" | "tokio-rustls" => true,
        "axum-server" => {
            let features = item.get("features").and_then(Item::as_array);
            features
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .any(|feature| feature == "tls-rustls")
        }
        _ => false,
    })
}

fn asks_for_ring(manifest: &Manifest) -> bool {
    let tables = manifest.dependency_tables("dependencies");
    tables
        .iter()
        .flat_map(|(_, table)| table.iter())
        .any(|(_, item)| {
            let features = item.get("features").and_then(Item::as_array);
            features
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .any(|feature| feature.split(['-', '_']).any(|word| word == "ring"))
        })
}

/// The packages of a `Cargo.lock`.
struct Locked<'l>(Vec<Package<'l>>);

struct Package<'l> {
    name: &'l str,
    version: &'l str,
    /// Name, and version where the name alone is not clear.
    dependencies: Vec<(&'l str, Option<&'l str>)>,
}

impl<'l> Locked<'l> {
    fn read(lock: &'l Document<String>) -> Option<Self> {
        let packages = lock.get("package")?.as_array_of_tables()?;
        let read = |table: &'l toml_edit::Table| {
            let dependencies = table.get("dependencies").and_then(Item::as_array);
            Some(Package {
                name: table.get("name")?.as_str()?,
                version: table.get("version")?.as_str()?,
                dependencies: dependencies
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .filter_map(|text| {
                        let mut words = text.split(' ');
                        Some((words.next()?, words.next()))
                    })
                    .collect(),
            })
        };
        Some(Self(packages.iter().filter_map(read).collect()))
    }

    /// A package and all that it depends on.
    fn reachable(&self, name: &str) -> Vec<&Package<'l>> {
        let mut found: Vec<&Package> = self.0.iter().filter(|p| p.name == name).collect();
        let mut seen: std::collections::BTreeSet<(&str, &str)> =
            found.iter().map(|p| (p.name, p.version)).collect();
        let mut next = 0;
        while let Some(package) = found.get(next).copied() {
            next += 1;
            for (name, version) in &package.dependencies {
                let fits = |p: &&Package| p.name == *name && version.is_none_or(|v| v == p.version);
                for other in self.0.iter().filter(fits) {
                    if seen.insert((other.name, other.version)) {
                        found.push(other);
                    }
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::types::ProjectPath;

    fn provider(dependencies: &str, rustls: &str) -> Option<CryptoProvider> {
        let manifest = format!("[package]\nname = \"shop\"\n[dependencies]\n{dependencies}\n");
        let files: BTreeMap<ProjectPath, Arc<str>> =
            BTreeMap::from([("Cargo.toml".parse().unwrap(), manifest.into())]);
        let manifest = Manifest::read(&files, &ProjectPath::root())
            .unwrap()
            .unwrap();
        let package = |name: &str, dependencies: &str| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\ndependencies = [{dependencies}]\n"
            )
        };
        let lock = package("shop", "\"server 1.0.0\"")
            + &package("server", "\"rustls\"")
            + &package("rustls", rustls)
            + &package("other", "\"rustls\"");
        crypto_provider(&manifest, Some(&Document::parse(lock).unwrap()))
    }

    #[test]
    fn it_is_the_one_that_is_there() {
        assert_eq!(provider("", "\"log\""), None);
        assert_eq!(provider("", "\"ring\""), Some(CryptoProvider::Ring));
        assert_eq!(provider("", "\"aws-lc-rs\""), Some(CryptoProvider::AwsLcRs));
    }

    #[test]
    fn where_a_workspace_has_both_the_manifest_says() {
        let both = "\"aws-lc-rs\", \"ring\"";
        assert_eq!(provider("", both), Some(CryptoProvider::AwsLcRs));
        let ring = "server = { version = \"1\", features = [\"rustls_ring\"] }";
        assert_eq!(provider(ring, both), Some(CryptoProvider::Ring));
    }
}
