//! Which release of a dependency a package is held to.

use semver::{Comparator, Op, Version, VersionReq};

use super::dependencies::Editor;
use super::version_req::overlap;
use super::workspace::{Manifest, workspace_of};
use crate::types::{Files, Problem};

/// Whether a package has `name`, or would inherit it of its workspace, in a version below `version`: by a requirement that
/// nothing newer meets, or by `Cargo.lock` where it leaves the choice.
///
/// # Errors
/// An entry of that name that cannot be read as one.
pub fn is_held_below(
    files: &dyn Files,
    manifest: &Manifest,
    name: &str,
    version: &Version,
) -> Result<bool, Problem> {
    let editor = Editor {
        manifest,
        workspace: workspace_of(files, &manifest.dir)?,
        lock: None,
    };
    let only = |op| VersionReq {
        comparators: vec![Comparator {
            op,
            major: version.major,
            minor: Some(version.minor),
            patch: Some(version.patch),
            pre: version.pre.clone(),
        }],
    };
    let (below, above) = (only(Op::Less), only(Op::GreaterEq));
    for requirement in editor.requirements(name)? {
        if !overlap(&requirement, &below) {
            continue;
        }
        let is_held = !overlap(&requirement, &above) || {
            let locked = Editor::read(files, manifest)?.locked(name, Some(&requirement));
            locked.is_some_and(|locked| locked < *version)
        };
        if is_held {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Editor<'_> {
    /// What each entry of a package asks for; without one, what the workspace offers.
    fn requirements(&self, name: &str) -> Result<Vec<VersionReq>, Problem> {
        let mut requirements = Vec::new();
        let mut is_there = false;
        for kind in ["dependencies", "dev-dependencies"] {
            for (_, table) in self.manifest.dependency_tables(kind) {
                if let Some(item) = self.entry(table, name)? {
                    is_there = true;
                    requirements.extend(self.said(self.manifest, name, item)?.requirement);
                }
            }
        }
        if let Some((root, item)) = self.shared(name).filter(|_| !is_there) {
            requirements.extend(self.said(root, name, item)?.requirement);
        }
        Ok(requirements)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::types::ProjectPath;

    fn is_old(own: &str, shared: &str, lock: &str) -> bool {
        let root = format!("[workspace]\nmembers = [\"api\"]\n[workspace.dependencies]\n{shared}");
        let files: BTreeMap<ProjectPath, Arc<str>> = [
            ("Cargo.toml", root.as_str()),
            ("Cargo.lock", lock),
            ("api/Cargo.toml", own),
        ]
        .map(|(path, text)| (ProjectPath::existing(path).unwrap(), Arc::from(text)))
        .into();
        let dir = ProjectPath::existing("api").unwrap();
        let manifest = Manifest::read(&files, &dir).unwrap().unwrap();
        is_held_below(&files, &manifest, "sqlx", &Version::new(0, 9, 0)).unwrap()
    }

    #[test]
    fn what_holds_a_package_below_a_release() {
        for (own, shared, lock, expected) in [
            ("[dependencies]\nsqlx = '0.8'\n", "", "", true),
            ("[dependencies]\nsqlx = '0.9'\n", "", "", false),
            ("[dependencies]\nsqlx = '>=0.8, <0.10'\n", "", "", false),
            (
                "[dependencies]\nsqlx = '>=0.8, <0.10'\n",
                "",
                "[[package]]\nname = 'sqlx'\nversion = '0.8.6'\n",
                true,
            ),
            ("[dev-dependencies]\nsqlx = '0.8'\n", "", "", true),
            (
                "[target.'cfg(unix)'.dependencies]\nsqlx = '0.8'\n",
                "",
                "",
                true,
            ),
            (
                "[dependencies]\nsqlx.workspace = true\n",
                "sqlx = '0.8'\n",
                "",
                true,
            ),
            ("[dependencies]\n", "sqlx = '0.8'\n", "", true),
            (
                "[dependencies]\n",
                "sqlx = { package = 'sqlx-oldapi', version = '0.6' }\n",
                "",
                false,
            ),
            (
                "[dependencies]\nsqlx = '0.9'\n",
                "sqlx = '0.8'\n",
                "",
                false,
            ),
            (
                "[dependencies]\nsqlx = { git = 'https://example.com/sqlx' }\n",
                "",
                "",
                false,
            ),
            ("[dependencies]\n", "", "", false),
        ] {
            assert_eq!(is_old(own, shared, lock), expected, "{own} {shared} {lock}");
        }
    }
}
