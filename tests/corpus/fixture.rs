use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use toml_edit::{DocumentMut, Item};

/// An application under `tests/fixtures/<framework>/<name>/`, with a `fixture.toml` that says how it is asked.
#[derive(Debug)]
pub struct Fixture {
    /// The plugin's name, as the folder above is called.
    pub framework: String,
    pub name: String,
    pub source: PathBuf,
    /// Paths that it serves; what they answer is taken from the application as it is.
    pub routes: Vec<String>,
    /// The variable that tells it its port.
    pub port_variable: String,
    /// The workspace member that gets the layer.
    pub package: Option<String>,
    /// The binary that is started, if there are several.
    pub binary: Option<String>,
    /// The program that is started, if it is not the usual one.
    pub main: Option<String>,
    /// Where `add` has to refuse: what it has to say.
    pub unsure: Option<String>,
}

impl Fixture {
    /// All fixtures, sorted by name.
    pub fn all() -> Vec<Self> {
        let mut fixtures: Vec<Self> = ["axum", "nestjs"]
            .into_iter()
            .flat_map(|framework| folders(&repository().join("tests/fixtures").join(framework)))
            .map(|path| {
                Self::read(&path).unwrap_or_else(|error| panic!("{}: {error:#}", path.display()))
            })
            .collect();
        fixtures.sort_by(|a, b| a.label().cmp(&b.label()));
        fixtures
    }

    fn read(source: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(source.join("fixture.toml")).context("fixture.toml")?;
        let document: DocumentMut = text.parse()?;
        let word = |key: &str| document.get(key).and_then(Item::as_str).map(str::to_owned);
        let routes = document
            .get("routes")
            .and_then(Item::as_array_of_tables)
            .into_iter()
            .flatten()
            .filter_map(|route| Some(route.get("path")?.as_str()?.to_owned()))
            .collect();
        let framework = source
            .parent()
            .and_then(Path::file_name)
            .unwrap_or_default();
        Ok(Self {
            framework: framework.to_string_lossy().into_owned(),
            main: word("main"),
            name: source
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            source: source.to_owned(),
            routes,
            port_variable: word("port_env").unwrap_or_else(|| "PORT".to_owned()),
            package: word("package"),
            binary: word("bin"),
            unsure: word("unsure"),
        })
    }

    /// What it is called among all: `axum/plain`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.framework, self.name)
    }

    /// A fresh copy, always in the same place so that builds are shared between runs.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn copy(&self) -> Result<PathBuf> {
        let folder = target().join("corpus").join(self.label());
        let lock = std::fs::read(folder.join("Cargo.lock")).ok();
        let _ = std::fs::remove_dir_all(&folder);
        for entry in walkdir::WalkDir::new(&self.source) {
            let entry = entry?;
            let to = folder.join(entry.path().strip_prefix(&self.source)?);
            match entry.file_type().is_dir() {
                true => std::fs::create_dir_all(&to)?,
                false => drop(std::fs::copy(entry.path(), &to)?),
            }
        }
        std::fs::remove_file(folder.join("fixture.toml"))?;
        // Tools look upwards: not into the repository's own work tree, nor its clippy.toml.
        std::fs::write(target().join("clippy.toml"), "")?;
        std::fs::create_dir(folder.join(".git"))?;
        if let Some(lock) = lock.filter(|_| !folder.join("Cargo.lock").exists()) {
            std::fs::write(folder.join("Cargo.lock"), lock)?;
        }
        Ok(folder)
    }
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect()
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where generated projects and their builds are.
pub fn target() -> PathBuf {
    repository().join("target/generated")
}
