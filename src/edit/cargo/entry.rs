//! What a manifest says of a dependency already, and whether that can work.

use semver::{Version, VersionReq};
use toml_edit::{Item, TableLike};

use super::dependencies::Editor;
use super::text::{default_features, is_inherited, span_of, strings, version};
use super::version_req::overlap;
use super::workspace::Manifest;
use crate::types::{Dependency, Problem};

/// What an entry, or the entry of the workspace that it inherits, says.
pub struct Said {
    pub requirement: Option<VersionReq>,
    pub default_features: bool,
    pub features: Vec<String>,
}

impl Editor<'_> {
    /// The entry of a table that is this package.
    pub fn entry<'t>(
        &self,
        table: &'t dyn TableLike,
        name: &str,
    ) -> Result<Option<&'t Item>, Problem> {
        for (key, item) in table.iter() {
            let package = item.get("package").and_then(Item::as_str).unwrap_or(key);
            let (is_package, is_key) = (package == name, key == name);
            if is_package && is_key {
                return Ok(Some(item));
            }
            // The same crate under another name may stand beside ours.
            if is_key {
                return Err(self
                    .manifest
                    .problem(
                        format!("`{key}` is the name of another package here"),
                        span_of(item),
                        format!("this is `{package}`"),
                    )
                    .note(format!(
                        "the generated code says `{key}::…` and means the crate `{key}`"
                    ))
                    .help("give this dependency another name"));
            }
        }
        Ok(None)
    }

    /// The workspace's entry of this package under its own name, and the manifest that it stands in.
    pub fn shared(&self, name: &str) -> Option<(&Manifest, &Item)> {
        let root = self.workspace.as_ref()?;
        let item = root.get(&["workspace", "dependencies", name])?;
        item.get("package").is_none().then_some((root, item))
    }

    pub fn said(&self, manifest: &Manifest, name: &str, item: &Item) -> Result<Said, Problem> {
        let default = default_features(item);
        let mut features = strings(item.get("features"));
        if is_inherited(item) {
            let shared = self.workspace.as_ref().and_then(|root| {
                let item = root.get(&["workspace", "dependencies", name])?;
                Some((root, item))
            });
            let Some((root, shared)) = shared else {
                return Err(manifest.problem(
                    format!("`{name}` is inherited, but the workspace does not have it"),
                    span_of(item),
                    format!("`[workspace.dependencies]` has no `{name}`"),
                ));
            };
            if is_inherited(shared) {
                return Err(root.problem(
                    format!("`{name}` of the workspace inherits itself"),
                    span_of(shared),
                    "this has to name a version",
                ));
            }
            let mut said = self.said(root, name, shared)?;
            said.features.append(&mut features);
            said.default_features |= default == Some(true);
            return Ok(said);
        }
        let requirement = match version(item) {
            Some(text) => Some(VersionReq::parse(text).map_err(|error| {
                manifest.problem(
                    format!("no valid version requirement: {error}"),
                    span_of(item),
                    "here",
                )
            })?),
            None => None,
        };
        Ok(Said {
            requirement,
            default_features: default.unwrap_or(true),
            features,
        })
    }

    pub fn check(
        &self,
        dependency: &Dependency,
        item: &Item,
        said: &Said,
        accepted: &[VersionReq],
    ) -> Result<(), Problem> {
        let name = &dependency.name;
        let cannot_work = |r: &&VersionReq| !accepted.iter().any(|other| overlap(r, other));
        if let Some(requirement) = said.requirement.as_ref().filter(cannot_work) {
            return Err(self
                .manifest
                .problem(
                    format!("`{name}` is there in a version that cannot work"),
                    span_of(item),
                    format!("asks for `{requirement}`"),
                )
                .note(format!(
                    "the generated code is written for {name} `{}`",
                    dependency.version
                ))
                .help(format!(
                    "upgrade {name} to `{}`, then run this again",
                    dependency.version
                )));
        }
        if item.get("optional").and_then(Item::as_bool) == Some(true) && !dependency.dev {
            return Err(self.optional(dependency, item));
        }
        if let Some(locked) = self
            .locked(name, said.requirement.as_ref())
            .filter(|v| !accepted.iter().any(|r| r.matches(v)))
        {
            return Err(self
                .manifest
                .problem(
                    format!("`Cargo.lock` holds {name} {locked}, which cannot work"),
                    span_of(item),
                    "this allows it",
                )
                .note(format!(
                    "the generated code is written for {name} `{}`",
                    dependency.version
                ))
                .help(format!("run `cargo update -p {name}`, then run this again")));
        }
        Ok(())
    }

    pub fn optional(&self, dependency: &Dependency, item: &Item) -> Problem {
        self.manifest
            .problem(
                format!("`{}` is an optional dependency here", dependency.name),
                item.get("optional")
                    .and_then(Item::span)
                    .or_else(|| span_of(item)),
                "the generated code always needs it",
            )
            .help("take `optional = true` away (and the feature's `dep:` entry with it)")
    }

    /// The newest version in `Cargo.lock` that a requirement allows.
    pub fn locked(&self, name: &str, requirement: Option<&VersionReq>) -> Option<Version> {
        let requirement = requirement?;
        let packages = self.lock.as_ref()?.get("package")?.as_array_of_tables()?;
        packages
            .iter()
            .filter(|package| package.get("name").and_then(Item::as_str) == Some(name))
            .filter_map(|package| Version::parse(package.get("version")?.as_str()?).ok())
            .filter(|version| requirement.matches(version))
            .max()
    }
}

/// The features that an entry lacks.
pub fn missing(dependency: &Dependency, said: &Said) -> Vec<String> {
    let mut missing: Vec<String> = dependency
        .features
        .iter()
        .filter(|f| !said.features.contains(f) && !is_covered(&dependency.name, f, &said.features))
        .cloned()
        .collect();
    let default = "default".to_owned();
    if dependency.default_features && !said.default_features && !said.features.contains(&default) {
        missing.push(default);
    }
    missing
}

/// Features of a crate that one of the user's own features includes or takes the place of.
fn is_covered(krate: &str, feature: &str, have: &[String]) -> bool {
    let any = |test: &dyn Fn(&str) -> bool| have.iter().any(|f| test(f));
    match krate {
        // `full` is all of these.
        "tokio" => !matches!(feature, "test-util" | "tracing") && any(&|f| f == "full"),
        // The user's choice of TLS is theirs, and older names of features say runtime and TLS in one.
        "sqlx" if feature.starts_with("tls-") => {
            any(&|f| f.starts_with("tls-") || f.ends_with("-tls") || f.ends_with("-rustls"))
        }
        "sqlx" => any(&|f| {
            f.strip_prefix(feature)
                .is_some_and(|rest| matches!(rest, "-rustls" | "-native-tls"))
        }),
        _ => false,
    }
}
