//! Which version of a framework a package uses.

use std::ops::Range;

use semver::{Version, VersionReq};
use toml_edit::Item;

use crate::edit::cargo::workspace::{Manifest, cargo_lock, rust_name, workspace_of};
use crate::types::{Files, Problem, ProjectPath, relative};

/// Whether a package depends on a framework's crate to run.
pub fn uses(manifest: &Manifest, krate: &str) -> bool {
    entry(manifest, krate).is_some()
}

fn entry<'m>(manifest: &'m Manifest, krate: &str) -> Option<(&'m str, &'m Item)> {
    manifest
        .dependency_tables("dependencies")
        .into_iter()
        .flat_map(|(_, table)| table.iter())
        .find(|(key, item)| {
            let package = item.get("package").and_then(Item::as_str);
            package.unwrap_or(key) == krate
        })
}

/// The version of the framework's crate that a package uses, and where the manifest says so.
///
/// # Errors
/// One that cannot be told, or a crate under another name.
pub fn version(
    files: &dyn Files,
    manifest: &Manifest,
    krate: &str,
    supported: &[Version],
) -> Result<(Version, Option<Range<usize>>), Problem> {
    let Some((key, item)) = entry(manifest, krate) else {
        return Err(
            Problem::input(format!("this package does not depend on {krate}"))
                .in_file(manifest.path()),
        );
    };
    let span = item.span();
    if key != krate {
        return Err(manifest
            .problem(
                format!("{krate} is a dependency under another name"),
                span,
                "renamed here",
            )
            .note(format!("the generated code says `{}::…`", rust_name(krate)))
            .help(format!("name the dependency `{krate}`")));
    }
    if item.get("optional").and_then(Item::as_bool) == Some(true) {
        return Err(manifest
            .problem(
                format!("{krate} is optional here"),
                span,
                "only some builds have it",
            )
            .note("the generated code would be in all of them")
            .help("move the server into a package of its own"));
    }
    let (requirement, version) = requirement(files, manifest, item, krate, supported)?;
    let locked = locked(files, &manifest.dir, requirement.as_ref(), krate)?;
    match locked.or(version) {
        Some(version) => Ok((version, span)),
        None => Err(manifest
            .problem(
                format!("it cannot be told which version of {krate} this is"),
                span,
                "no version here",
            )
            .note("there is no `Cargo.lock` that has it")
            .help("run `cargo generate-lockfile`, or add a `version` here")),
    }
}

/// What an entry asks for, and the version that it names if there is no lock.
fn requirement(
    files: &dyn Files,
    manifest: &Manifest,
    item: &Item,
    krate: &str,
    supported: &[Version],
) -> Result<(Option<VersionReq>, Option<Version>), Problem> {
    if item.get("workspace").and_then(Item::as_bool) == Some(true) {
        let root = workspace_of(files, &manifest.dir)?;
        let shared = root.as_ref().and_then(|root| {
            let item = root.get(&["workspace", "dependencies", krate])?;
            Some((root, item))
        });
        return match shared {
            Some((root, item)) => requirement(files, root, item, krate, supported),
            None => Err(manifest.problem(
                format!("{krate} is inherited, but the workspace does not have it"),
                item.span(),
                format!("`[workspace.dependencies]` has no `{krate}`"),
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
    let version = likely(&requirement, supported);
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
    krate: &str,
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
        .filter(|package| package.get("name").and_then(Item::as_str) == Some(krate))
        .filter_map(|package| Version::parse(package.get("version")?.as_str()?).ok())
        .filter(|version| requirement.is_none_or(|r| r.matches(version)))
        .max())
}

/// The version that Cargo would take for a requirement, as far as that can be told without asking a registry.
fn likely(requirement: &VersionReq, supported: &[Version]) -> Option<Version> {
    if let Some(supported) = supported.iter().find(|v| requirement.matches(v)) {
        return Some(supported.clone());
    }
    let first = requirement.comparators.first()?;
    // Below 1.0 the minor version decides what fits.
    let minor = match first.major {
        0 => first.minor?,
        _ => first.minor.unwrap_or(0),
    };
    Some(Version::new(first.major, minor, first.patch.unwrap_or(0)))
}
