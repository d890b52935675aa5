use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that serves `path`.
pub struct Side {
    pub name: &'static str,
    pub folder: PathBuf,
    /// Program and arguments; `PORT` stands for the port.
    pub command: Vec<String>,
    pub variables: &'static [(&'static str, &'static str)],
    pub path: &'static str,
    /// The place of the generated side that this one is a peer of: how many times as fast that is, is printed.
    pub peer_of: Option<usize>,
}

/// A project of these files, anew.
pub fn project(folder: &Path, files: &[(&str, &str)]) {
    let _ = std::fs::remove_dir_all(folder);
    // The root of a project of its own.
    std::fs::create_dir_all(folder.join(".git")).expect("a folder");
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
}

/// Puts the layer into a project.
pub fn add(folder: &Path) {
    run(Command::new(env!("CARGO_BIN_EXE_rapidkit-pg"))
        .args(["-q", "add", "--yes"])
        .current_dir(folder));
}

/// Runs a command to its end; what it printed.
pub fn run(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The last line that a script of `tests/` prints: where it has installed packages.
pub fn installed_by(script: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(script);
    let printed = run(&mut Command::new(script));
    printed.lines().last().expect("a path").to_owned()
}
