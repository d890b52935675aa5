//! Rebuilds the binary when the embedded module changes.

fn main() {
    for path in ["module.yaml", "module.sums", "config", "templates", "docs"] {
        println!("cargo::rerun-if-changed={path}");
    }
}
