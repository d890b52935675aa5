//! Rebuilds the binary when the embedded module changes.

#[allow(
    clippy::disallowed_macros,
    reason = "how a build script talks to cargo"
)]
fn main() {
    for path in ["module.yaml", "module.sums", "config", "templates", "docs"] {
        println!("cargo::rerun-if-changed={path}");
    }
}
