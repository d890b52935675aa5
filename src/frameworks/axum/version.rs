//! Which version of axum a package uses.

use semver::{Version, VersionReq};
use toml_edit::Item;

use crate::edit::cargo_workspace::{Manifest, cargo_lock, relative, workspace_of};
use crate::types::{Files, Problem, ProjectPath};

/// Whether a package depends on axum to run.
pub fn uses_axum(manifest: &Manifest) -> bool {
    entry(manifest).is_some()
}

fn entry(manifest: &Manifest) -> Option<(&str, &Item)> {
    manifest
        .dependency_tables("dependencies")
        .into_iter()
        .flat_map(|(_, table)| table.iter())
        .find(|(key, item)| {
            let package = item.get("package").and_then(Item::as_str);
            package.unwrap_or(key) == "axum"
        })
}

/// The minor version of axum that a package uses: `0.7` or `0.8`.
///
/// # Errors
/// One that is not supported, or that cannot be told.
pub fn axum(files: &dyn Files, manifest: &Manifest) -> Result<&'static str, Problem> {
    let Some((key, item)) = entry(manifest) else {
        return Err(Problem::input("this package does not depend on axum").in_file(manifest.path()));
    };
    let span = item.span();
    if key != "axum" {
        return Err(manifest
            .problem(
                "axum is a dependency under another name",
                span,
                "renamed here",
            )
            .note("the generated code says `axum::…`")
            .help("name the dependency `axum`"));
    }
    let (requirement, version) = requirement(files, manifest, item)?;
    let locked = locked(files, &manifest.dir, requirement.as_ref())?;
    let Some(version) = locked.or(version) else {
        return Err(manifest
            .problem(
                "it cannot be told which version of axum this is",
                span,
                "no version here",
            )
            .note("there is no `Cargo.lock` that has it")
            .help("run `cargo generate-lockfile`, or add a `version` here"));
    };
    match (version.major, version.minor) {
        (0, 8) => Ok("0.8"),
        // Graceful shutdown came with 0.7.3.
        (0, 7) if version.patch >= 3 => Ok("0.7"),
        (0, 7) => Err(manifest
            .problem(format!("axum {version} has no graceful shutdown"), span, "this version")
            .help("run `cargo update -p axum`")),
        (0, minor) if minor < 7 => Err(manifest
            .problem(format!("axum {version} is not supported"), span, "this version")
            .note("it stands on hyper 0.14; the generated code needs axum 0.7 or 0.8")
            .help("upgrade axum to 0.8 first: https://github.com/tokio-rs/axum/blob/main/axum/CHANGELOG.md")),
        _ => Err(manifest
            .problem(format!("axum {version} is not supported yet"), span, "this version")
            .note("the generated code is tested with axum 0.7 and 0.8")),
    }
}

/// What an entry asks for, and the version that it names if there is no lock.
fn requirement(
    files: &dyn Files,
    manifest: &Manifest,
    item: &Item,
) -> Result<(Option<VersionReq>, Option<Version>), Problem> {
    if item.get("workspace").and_then(Item::as_bool) == Some(true) {
        let root = workspace_of(files, &manifest.dir)?;
        let shared = root.as_ref().and_then(|root| {
            let item = root.get(&["workspace", "dependencies", "axum"])?;
            Some((root, item))
        });
        return match shared {
            Some((root, item)) => requirement(files, root, item),
            None => Err(manifest.problem(
                "axum is inherited, but the workspace does not have it",
                item.span(),
                "`[workspace.dependencies]` has no `axum`",
            )),
        };
    }
    if let Some(path) = item.get("path").and_then(Item::as_str)
        && let Some(found) = version_at(files, &manifest.dir, path)?
    {
        return Ok((None, Some(found)));
    }
    let text = item
        .as_str()
        .or_else(|| item.get("version").and_then(Item::as_str));
    let Some(text) = text else {
        return Ok((None, None));
    };
    let requirement = VersionReq::parse(text).map_err(|error| {
        manifest.problem(
            format!("no valid version requirement: {error}"),
            item.span(),
            "here",
        )
    })?;
    let version = likely(&requirement);
    Ok((Some(requirement), version))
}

/// The version of the package that a path dependency leads to, if that is inside the root.
fn version_at(
    files: &dyn Files,
    base: &ProjectPath,
    path: &str,
) -> Result<Option<Version>, Problem> {
    let Some(dir) = relative(base, path) else {
        return Ok(None);
    };
    let Some(other) = Manifest::read(files, &dir)? else {
        return Ok(None);
    };
    let inherited = other.get(&["package", "version", "workspace"]).is_some();
    let text = if inherited {
        let root = workspace_of(files, &dir)?;
        root.and_then(|r| {
            r.str(&["workspace", "package", "version"])
                .map(str::to_owned)
        })
    } else {
        other.str(&["package", "version"]).map(str::to_owned)
    };
    Ok(text.and_then(|t| Version::parse(&t).ok()))
}

/// The version in `Cargo.lock` that fits.
fn locked(
    files: &dyn Files,
    dir: &ProjectPath,
    requirement: Option<&VersionReq>,
) -> Result<Option<Version>, Problem> {
    let Some((_, text)) = cargo_lock(files, dir)? else {
        return Ok(None);
    };
    let Ok(lock) = toml_edit::Document::parse(text.to_string()) else {
        return Ok(None);
    };
    let packages = lock
        .as_item()
        .get("package")
        .and_then(Item::as_array_of_tables);
    Ok(packages
        .into_iter()
        .flatten()
        .filter(|package| package.get("name").and_then(Item::as_str) == Some("axum"))
        .filter_map(|package| Version::parse(package.get("version")?.as_str()?).ok())
        .filter(|version| requirement.is_none_or(|r| r.matches(version)))
        .max())
}

/// The version that Cargo would take for a requirement, as far as that can be told without asking a registry.
fn likely(requirement: &VersionReq) -> Option<Version> {
    let newest = |minor| Version::new(0, minor, u64::from(u32::MAX));
    if let Some(supported) = [8, 7]
        .map(newest)
        .into_iter()
        .find(|v| requirement.matches(v))
    {
        return Some(supported);
    }
    let first = requirement.comparators.first()?;
    Some(Version::new(
        first.major,
        first.minor?,
        first.patch.unwrap_or(0),
    ))
}
