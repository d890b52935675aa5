//! Which version of Actix Web a package uses.

use semver::Version;

use crate::edit::cargo::workspace::Manifest;
use crate::frameworks::rust::version::version;
use crate::types::{Files, Problem};

/// Checks that a package uses Actix Web 4.
///
/// # Errors
/// Another version, or one that cannot be told.
pub fn check(files: &dyn Files, manifest: &Manifest) -> Result<(), Problem> {
    let newest = Version::new(4, u64::from(u32::MAX), 0);
    let (version, span) = version(files, manifest, super::CRATE, &[newest])?;
    match version.major {
        4 => Ok(()),
        0..4 => Err(manifest
            .problem(format!("actix-web {version} is not supported"), span, "this version")
            .note("it stands on an older Tokio; the generated code needs actix-web 4")
            .help("upgrade it first: https://github.com/actix/actix-web/blob/master/actix-web/MIGRATION-4.0.md")),
        _ => Err(manifest
            .problem(format!("actix-web {version} is not supported yet"), span, "this version")
            .note("the generated code is tested with actix-web 4")),
    }
}
