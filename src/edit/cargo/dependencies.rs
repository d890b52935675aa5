//! Adds dependencies to a `Cargo.toml`; every byte that need not change stays.

use semver::VersionReq;
use toml_edit::{Item, Value};

use super::crypto_provider::{CryptoProvider, crypto_provider};
use super::entry::missing;
use super::text::{edited, quoted};
use super::version_req::overlap;
use super::workspace::{Manifest, cargo_lock, workspace_of};
use crate::edit::splice::Splice;
use crate::types::{Block, Dependency, FileEdit, Files, Problem};

/// The manifest with the dependencies that it lacks; `None` if it lacks none.
///
/// # Errors
/// A dependency that is there in a version or form that cannot work.
pub fn add_dependencies(
    files: &dyn Files,
    manifest: &Manifest,
    dependencies: &[Dependency],
) -> Result<Option<FileEdit>, Problem> {
    let editor = Editor::read(files, manifest)?;
    let mut splices = Vec::new();
    let mut blocks = Vec::new();
    let mut entries = Vec::new();
    for dependency in dependencies {
        let dependency = &editor.fitting(dependency);
        match editor.answer(dependency)? {
            Answer::Satisfied => {}
            Answer::Features { missing, splice } => {
                splices.push(splice);
                blocks.push(block(
                    dependency,
                    format!("{} = {{ {} }}", dependency.name, features(&missing)),
                ));
            }
            Answer::Entry(text) => {
                blocks.push(block(dependency, text.clone()));
                entries.push((dependency.clone(), text));
            }
        }
    }
    // A table that is not there goes to the file's end, after what is added to one that ends there.
    let mut kinds = ["dependencies", "dev-dependencies"];
    kinds.sort_by_key(|kind| editor.manifest.get(&[kind]).is_none());
    for kind in kinds {
        let of_kind = entries.iter().filter(|(d, _)| table_of(d) == kind);
        let mut lines: Vec<(&str, &str)> = of_kind
            .map(|(d, text)| (d.name.as_str(), text.as_str()))
            .collect();
        lines.sort_by_key(|(name, _)| *name);
        splices.extend(editor.insert(kind, &lines)?);
    }
    if splices.is_empty() {
        return Ok(None);
    }
    edited(manifest, splices, blocks).map(Some)
}

fn table_of(dependency: &Dependency) -> &'static str {
    if dependency.dev {
        "dev-dependencies"
    } else {
        "dependencies"
    }
}

fn block(dependency: &Dependency, text: String) -> Block {
    let dev = if dependency.dev { "dev-" } else { "" };
    Block {
        name: format!("{dev}dependency {}", dependency.name),
        text,
    }
}

pub(super) fn features(names: &[String]) -> String {
    format!("features = [{}]", quoted(names))
}

enum Answer {
    Satisfied,
    Features {
        missing: Vec<String>,
        splice: Splice,
    },
    /// A new entry, as it is written.
    Entry(String),
}

/// A manifest, and what it stands in.
pub(super) struct Editor<'m> {
    pub manifest: &'m Manifest,
    pub workspace: Option<Manifest>,
    pub lock: Option<toml_edit::Document<String>>,
}

impl<'m> Editor<'m> {
    pub fn read(files: &dyn Files, manifest: &'m Manifest) -> Result<Self, Problem> {
        let lock = cargo_lock(files, &manifest.dir)?.map(|(_, text)| text);
        Ok(Self {
            manifest,
            workspace: workspace_of(files, &manifest.dir)?,
            lock: lock.and_then(|text| toml_edit::Document::parse(text.to_string()).ok()),
        })
    }

    /// A dependency with the cryptography that the project has.
    fn fitting(&self, dependency: &Dependency) -> Dependency {
        let mut fitting = dependency.clone();
        let is_aws = dependency.name == "sqlx"
            && crypto_provider(self.manifest, self.lock.as_ref()) == Some(CryptoProvider::AwsLcRs);
        for feature in fitting.features.iter_mut().filter(|_| is_aws) {
            if feature.starts_with("tls-rustls") {
                "tls-rustls-aws-lc-rs".clone_into(feature);
            }
        }
        fitting
    }

    fn answer(&self, dependency: &Dependency) -> Result<Answer, Problem> {
        let parse = |text: &String| {
            VersionReq::parse(text).map_err(|error| {
                Problem::input(format!(
                    "the module asks for `{}` in a version that is no requirement: {error}",
                    dependency.name
                ))
            })
        };
        let wanted = parse(&dependency.version)?;
        let mut accepted = vec![wanted.clone()];
        accepted.extend(dependency.also.as_ref().map(parse).transpose()?);
        for kind in ["dependencies", "dev-dependencies"] {
            for (keys, table) in self.manifest.dependency_tables(kind) {
                let Some(item) = self.entry(table, &dependency.name)? else {
                    continue;
                };
                let said = self.said(self.manifest, &dependency.name, item)?;
                self.check(dependency, item, &said, &accepted)?;
                // An entry for one platform does not help on the others, nor one for tests the program.
                let elsewhere = keys.len() > 1 || (kind != "dependencies" && !dependency.dev);
                if elsewhere {
                    continue;
                }
                let missing = missing(dependency, &said);
                if missing.is_empty() {
                    return Ok(Answer::Satisfied);
                }
                // What only tests need is not put upon the program.
                if dependency.dev && kind == "dependencies" {
                    continue;
                }
                if item.get("optional").and_then(Item::as_bool) == Some(true) {
                    return Err(self.optional(dependency, item));
                }
                let splice = self.add_features(dependency, item, &missing)?;
                return Ok(Answer::Features { missing, splice });
            }
        }
        Ok(Answer::Entry(self.new_entry(dependency, &wanted)?))
    }

    /// A line for a dependency that the manifest lacks.
    fn new_entry(&self, dependency: &Dependency, wanted: &VersionReq) -> Result<String, Problem> {
        let name = &dependency.name;
        if let Some((root, item)) = self.shared(name) {
            let said = self.said(root, name, item)?;
            let fits = said.requirement.as_ref().is_none_or(|r| overlap(r, wanted));
            let locked = self.locked(name, said.requirement.as_ref());
            if fits && locked.is_none_or(|v| wanted.matches(&v)) {
                let missing = missing(dependency, &said);
                return Ok(match missing.as_slice() {
                    [] if self.inherits_dotted() => format!("{name}.workspace = true"),
                    [] => format!("{name} = {{ workspace = true }}"),
                    _ => format!("{name} = {{ workspace = true, {} }}", features(&missing)),
                });
            }
        }
        let version = Value::from(dependency.version.as_str());
        if dependency.default_features && dependency.features.is_empty() {
            return Ok(format!("{name} = {version}"));
        }
        let default = if dependency.default_features {
            ""
        } else {
            ", default-features = false"
        };
        let features = match dependency.features.as_slice() {
            [] => String::new(),
            names => format!(", {}", features(names)),
        };
        Ok(format!(
            "{name} = {{ version = {version}{default}{features} }}"
        ))
    }

    /// Whether the manifest writes `x.workspace = true`, as Cargo's own documentation does, rather than a table.
    fn inherits_dotted(&self) -> bool {
        let tables = self.manifest.dependency_tables("dependencies");
        let mut inherited = tables
            .iter()
            .flat_map(|(_, table)| table.iter())
            .filter(|(_, item)| item.get("workspace").is_some());
        inherited.next().is_none_or(|(_, item)| item.is_table())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::edit::cargo::count;
    use crate::types::ProjectPath;

    fn wanted(name: &str, version: &str, features: &[&str]) -> Dependency {
        Dependency {
            name: name.to_owned(),
            version: version.to_owned(),
            also: None,
            features: features.iter().map(|f| (*f).to_owned()).collect(),
            default_features: true,
            dev: false,
        }
    }

    #[test]
    fn dotted_keys_are_no_table_to_put_lines_below() {
        let files = project(&[("Cargo.toml", "dependencies.axum = \"0.8\"\n")]);
        let manifest = Manifest::read(&files, &ProjectPath::root())
            .unwrap()
            .unwrap();
        let problem =
            add_dependencies(&files, &manifest, &[wanted("serde", "1", &[])]).unwrap_err();
        assert!(
            problem.message.contains("is not written as a table"),
            "{problem}"
        );
    }

    fn project(files: &[(&str, &str)]) -> BTreeMap<ProjectPath, Arc<str>> {
        files
            .iter()
            .map(|(path, text)| (ProjectPath::existing(path).unwrap(), Arc::from(*text)))
            .collect()
    }

    fn run(
        files: &[(&str, &str)],
        dir: &str,
        dependencies: &[Dependency],
    ) -> Result<String, Problem> {
        let mut files = project(files);
        let dir = ProjectPath::existing(dir).unwrap();
        let manifest = Manifest::read(&files, &dir)?.unwrap();
        let Some(edit) = add_dependencies(&files, &manifest, dependencies)? else {
            return Ok("unchanged".to_owned());
        };
        for block in &edit.blocks {
            assert_eq!(count(&edit.text, block), 1, "{block:?}");
        }
        files.insert(edit.path, edit.text.as_str().into());
        let manifest = Manifest::read(&files, &dir)?.unwrap();
        assert_eq!(
            add_dependencies(&files, &manifest, dependencies)?,
            None,
            "a second run changes nothing"
        );
        Ok(edit.text)
    }

    fn added(manifest: &str, dependencies: &[Dependency]) -> String {
        run(&[("Cargo.toml", manifest)], ".", dependencies).unwrap_or_else(|p| p.to_string())
    }

    fn sqlx() -> Dependency {
        Dependency {
            default_features: false,
            ..wanted("sqlx", "0.9", &["postgres", "runtime-tokio"])
        }
    }

    #[test]
    fn a_sorted_table_stays_sorted() {
        let text = "[dependencies]\naxum = \"0.8\"\n# for all\ntokio = \"1\"\n\n[features]\n";
        assert_eq!(
            added(
                text,
                &[
                    wanted("tracing", "0.1", &[]),
                    sqlx(),
                    wanted("serde", "1", &["derive"])
                ]
            ),
            "[dependencies]\naxum = \"0.8\"\nserde = { version = \"1\", features = [\"derive\"] }\n\
             sqlx = { version = \"0.9\", default-features = false, features = [\"postgres\", \"runtime-tokio\"] }\n\
             # for all\ntokio = \"1\"\ntracing = \"0.1\"\n\n[features]\n"
        );
    }

    #[test]
    fn an_unsorted_table_grows_at_its_end() {
        let text = "[dependencies]\ntokio = \"1\" # async\naxum = \"0.8\" # web";
        assert_eq!(
            added(text, &[wanted("serde", "1", &[])]),
            "[dependencies]\ntokio = \"1\" # async\naxum = \"0.8\" # web\nserde = \"1\""
        );
    }

    #[test]
    fn features_come_after_a_dotted_key() {
        let text = "[dependencies]\nserde = { version = \"1\", a.b = [\"c\"] }\n";
        assert_eq!(
            added(text, &[wanted("serde", "1", &["derive"])]),
            "[dependencies]\nserde = { version = \"1\", a.b = [\"c\"], features = [\"derive\"] }\n"
        );
    }

    #[test]
    fn line_endings_and_byte_order_mark_stay() {
        let text = "\u{feff}[dependencies]\r\naxum = '0.8'\r\ntokio = \"1\"\r\n";
        assert_eq!(
            added(
                text,
                &[wanted("serde", "1", &[]), wanted("tokio", "1", &["rt"])]
            ),
            "\u{feff}[dependencies]\r\naxum = '0.8'\r\nserde = \"1\"\r\ntokio = { version = \"1\", features = [\"rt\"] }\r\n"
        );
    }

    #[test]
    fn features_are_added_in_the_form_that_is_there() {
        let tokio = [wanted("tokio", "1", &["rt", "time"])];
        let cases = [
            (
                "tokio = '1'",
                "tokio = { version = '1', features = [\"rt\", \"time\"] }",
            ),
            (
                "tokio = { version = \"1\" }",
                "tokio = { version = \"1\", features = [\"rt\", \"time\"] }",
            ),
            (
                "tokio = {version=\"1\",features=[\"rt\"]}",
                "tokio = {version=\"1\",features=[\"rt\", \"time\"]}",
            ),
            (
                "tokio = { version = \"1\", features = [] }",
                "tokio = { version = \"1\", features = [\"rt\", \"time\"] }",
            ),
            (
                "tokio.version = \"1\"",
                "tokio.version = \"1\"\ntokio.features = [\"rt\", \"time\"]",
            ),
            (
                "tokio = { version = \"1\", features = [\n    \"rt\", # why\n] }",
                "tokio = { version = \"1\", features = [\n    \"rt\", # why\n    \"time\",\n] }",
            ),
            (
                "tokio = { version = \"1\", features = [\n    \"rt\"\n] }",
                "tokio = { version = \"1\", features = [\n    \"rt\",\n    \"time\"\n] }",
            ),
            (
                "tokio = { version = \"1.40\", features = [\"full\"] }",
                "unchanged",
            ),
            (
                "tokio = { version = \"*\", features = [\"time\", \"rt\"] }",
                "unchanged",
            ),
            (
                "tokio = { version = \"1\", default-features = false, features = [\"rt\", \"time\"] }",
                "tokio = { version = \"1\", default-features = false, features = [\"rt\", \"time\", \"default\"] }",
            ),
        ];
        for (before, after) in cases {
            let got = added(&format!("[dependencies]\n{before}\n"), &tokio);
            let got = got
                .strip_prefix("[dependencies]\n")
                .map_or(got.as_str(), str::trim_end);
            assert_eq!(got, after);
        }
        assert_eq!(
            added(
                "[dependencies.tokio]\nversion = \"1\" # one\n\n[x]\n",
                &tokio
            ),
            "[dependencies.tokio]\nversion = \"1\" # one\nfeatures = [\"rt\", \"time\"]\n\n[x]\n"
        );
    }

    #[test]
    fn tables_in_other_forms() {
        assert_eq!(
            added(
                "[dependencies.axum]\nversion = \"0.8\"\n",
                &[wanted("serde", "1", &[])]
            ),
            "[dependencies]\nserde = \"1\"\n\n[dependencies.axum]\nversion = \"0.8\"\n"
        );
        assert_eq!(
            added("[dependencies] # none\n", &[wanted("serde", "1", &[])]),
            "[dependencies] # none\nserde = \"1\"\n"
        );
        let dev = Dependency {
            dev: true,
            ..wanted("serde", "1", &[])
        };
        assert_eq!(
            added(
                "[dependencies]\naxum = \"0.8\"\n",
                std::slice::from_ref(&dev)
            ),
            "[dependencies]\naxum = \"0.8\"\n\n[dev-dependencies]\nserde = \"1\"\n"
        );
        assert_eq!(
            added("[dependencies]\nserde = \"1\"\n", &[dev]),
            "unchanged"
        );
        assert_eq!(
            added(
                "[target.'cfg(unix)'.dependencies]\nserde = \"1\"\n[dependencies]\naxum = \"0.8\"\n",
                &[wanted("serde", "1", &[])]
            ),
            "[target.'cfg(unix)'.dependencies]\nserde = \"1\"\n[dependencies]\naxum = \"0.8\"\nserde = \"1\"\n"
        );
    }

    #[test]
    fn the_users_tls_is_theirs() {
        let ours = [Dependency {
            default_features: false,
            ..wanted(
                "sqlx",
                "0.9",
                &["postgres", "runtime-tokio", "tls-rustls-ring-webpki"],
            )
        }];
        assert_eq!(
            added(
                "[dependencies]\nsqlx = { version = \"0.9\", features = [\"postgres\", \"runtime-tokio\", \"tls-native-tls\"] }\n",
                &ours
            ),
            "unchanged"
        );
    }

    #[test]
    fn the_workspace_is_followed() {
        let root = "[workspace]\nmembers = [\"api\"]\n[workspace.dependencies]\ntokio = { version = \"1\", features = [\"rt\"] }\nserde = \"1\"\nsqlx = \"0.7\"\n";
        let member = |text: &str, wanted: &[Dependency]| {
            run(
                &[("Cargo.toml", root), ("api/Cargo.toml", text)],
                "api",
                wanted,
            )
            .unwrap_or_else(|p| p.to_string())
        };
        let api = "[dependencies]\naxum = \"0.8\"\n";
        assert_eq!(
            member(api, &[wanted("serde", "1", &[])]),
            "[dependencies]\naxum = \"0.8\"\nserde.workspace = true\n"
        );
        assert_eq!(
            member(
                "[dependencies]\naxum = { workspace = true }\n",
                &[wanted("serde", "1", &[])]
            ),
            "[dependencies]\naxum = { workspace = true }\nserde = { workspace = true }\n"
        );
        assert_eq!(
            member(api, &[wanted("tokio", "1", &["rt", "time"])]),
            "[dependencies]\naxum = \"0.8\"\ntokio = { workspace = true, features = [\"time\"] }\n"
        );
        assert_eq!(
            member(
                "[dependencies]\ntokio.workspace = true\n",
                &[wanted("tokio", "1", &["rt", "time"])]
            ),
            "[dependencies]\ntokio.workspace = true\ntokio.features = [\"time\"]\n"
        );
        assert_eq!(
            member(api, &[wanted("sqlx", "0.9", &[])]),
            "[dependencies]\naxum = \"0.8\"\nsqlx = \"0.9\"\n"
        );
        assert_eq!(
            member(
                "[dependencies]\nsqlx = { workspace = true }\n",
                &[wanted("sqlx", "0.9", &[])]
            ),
            "api/Cargo.toml:2:8: `sqlx` is there in a version that cannot work"
        );
    }

    #[test]
    fn a_new_table_goes_behind_one_that_ends_the_file() {
        let tower = Dependency {
            dev: true,
            ..wanted("tower", "0.5", &[])
        };
        assert_eq!(
            added("[dev-dependencies]", &[wanted("serde", "1", &[]), tower]),
            "[dev-dependencies]\ntower = \"0.5\"\n\n[dependencies]\nserde = \"1\"\n"
        );
    }

    #[test]
    fn a_list_below_a_dotted_key_stays_whole() {
        let text = "[dependencies]\ntokio.features = [\n]\ntokio.version = \"1\"\naxum.x = [\n]";
        assert_eq!(
            added(text, &[wanted("serde", "1", &[])]),
            format!("{text}\nserde = \"1\"")
        );
    }

    #[test]
    fn another_version_serves_where_it_is_there() {
        let ours = Dependency {
            also: Some("1.0.11".to_owned()),
            ..wanted("thiserror", "2", &[])
        };
        let added = |text: &str| added(text, std::slice::from_ref(&ours));
        for there in ["1", "1.0", "2", ">=1, <3"] {
            let text = format!("[dependencies]\nthiserror = \"{there}\"\n");
            assert_eq!(added(&text), "unchanged");
        }
        assert_eq!(
            added("[dependencies]\nthiserror = \"0.9\"\n"),
            "Cargo.toml:2:13: `thiserror` is there in a version that cannot work"
        );
        assert_eq!(
            added("[dependencies]\n"),
            "[dependencies]\nthiserror = \"2\"\n"
        );
    }

    #[test]
    fn what_cannot_work_is_pointed_at() {
        let cases = [
            (
                "sqlx = \"0.7\"",
                "Cargo.toml:2:8: `sqlx` is there in a version that cannot work",
            ),
            (
                "sqlx = { version = \"0.9\", optional = true }",
                "Cargo.toml:2:38: `sqlx` is an optional dependency here",
            ),
            (
                "sqlx = { package = \"sqlx-oldapi\", version = \"0.6\" }",
                "Cargo.toml:2:8: `sqlx` is the name of another package here",
            ),
            (
                "sqlx = \"new\"",
                "Cargo.toml:2:8: no valid version requirement: unexpected character 'n' while parsing major version number",
            ),
        ];
        for (line, problem) in cases {
            assert_eq!(
                added(&format!("[dependencies]\n{line}\n"), &[sqlx()]),
                problem
            );
        }
        let lock = "[[package]]\nname = \"tokio\"\nversion = \"1.20.0\"\n";
        let found = run(
            &[
                ("Cargo.toml", "[dependencies]\ntokio = \"1\"\n"),
                ("Cargo.lock", lock),
            ],
            ".",
            &[wanted("tokio", "1.40", &[])],
        );
        assert_eq!(
            found.unwrap_err().message,
            "`Cargo.lock` holds tokio 1.20.0, which cannot work"
        );
    }
}
