//! Which version of axum a package uses.

use semver::Version;

use crate::edit::cargo::workspace::Manifest;
use crate::frameworks::rust::version::version;
use crate::types::{Files, Problem};

/// The minor version of axum that a package uses: `0.7` or `0.8`.
///
/// # Errors
/// One that is not supported, or that cannot be told.
pub fn axum(files: &dyn Files, manifest: &Manifest) -> Result<&'static str, Problem> {
    let supported = [8, 7].map(|minor| Version::new(0, minor, u64::from(u32::MAX)));
    let (version, span) = version(files, manifest, "axum", &supported)?;
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
