//! Rebuilds the binary when the embedded module changes, and tells it that one's version.

#[allow(
    clippy::disallowed_macros,
    reason = "how a build script talks to cargo"
)]
fn main() {
    let manifest = std::fs::read_to_string("module.yaml").unwrap_or_default();
    let value = |key: &str| {
        let line = manifest.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_default().trim().to_owned()
    };
    println!(
        "cargo::rustc-env=MODULE={} {}",
        value("slug:"),
        value("version:")
    );
    for path in ["module.yaml", "module.sums", "config", "templates", "docs"] {
        println!("cargo::rerun-if-changed={path}");
    }
}
