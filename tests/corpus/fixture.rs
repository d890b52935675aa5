use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use toml_edit::{DocumentMut, Item, TableLike, Value};

/// A request that an application answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// `GET` or `HEAD`.
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    /// What the application as it is answers; the body where the fixture says it.
    pub status: u16,
    pub body: Option<String>,
}

/// An application under `tests/fixtures/<framework>/<name>/`, with a `fixture.toml` that says how it is asked.
#[derive(Debug)]
pub struct Fixture {
    /// The plugin's name, as the folder above is called.
    pub framework: String,
    /// The folder of its framework and its own: `axum-plain`.
    pub name: String,
    pub source: PathBuf,
    /// What it serves.
    pub routes: Vec<Route>,
    /// The variable that tells it its port.
    pub port_variable: String,
    /// The workspace member that gets the layer.
    pub package: Option<String>,
    /// The binary that is started, if there are several.
    pub binary: Option<String>,
    /// The command that starts it, where building it does not say.
    pub start: Vec<String>,
    /// Whether `add` takes over what RapidKit Core generated.
    pub adopt: bool,
    /// Whether it waits for something else once its server has stopped, so that a second signal has to end it.
    pub outlives_server: bool,
    /// What only answers once there is the layer and a database.
    pub with_database: Vec<Route>,
    /// Where `add` has to refuse: what it has to say.
    pub unsure: Option<String>,
}

impl Fixture {
    /// All fixtures of all frameworks, sorted by name.
    pub fn all() -> Vec<Self> {
        let folders = |path: &Path| {
            let entries = std::fs::read_dir(path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            entries
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.is_dir())
        };
        let mut fixtures: Vec<Self> = folders(&repository().join("tests/fixtures"))
            .flat_map(|framework| folders(&framework))
            .map(|path| {
                Self::read(&path).unwrap_or_else(|error| panic!("{}: {error:#}", path.display()))
            })
            .collect();
        fixtures.sort_by(|a, b| a.name.cmp(&b.name));
        fixtures
    }

    fn read(source: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(source.join("fixture.toml")).context("fixture.toml")?;
        let document: DocumentMut = text.parse()?;
        only(
            document.as_table(),
            &[
                "adopt",
                "bin",
                "outlives_server",
                "package",
                "port_env",
                "routes",
                "start",
                "unsure",
                "with_database",
            ],
        )?;
        let routes = Route::all(&document, "routes")?;
        let start: Vec<String> = document
            .get("start")
            .and_then(|item| item.as_array())
            .into_iter()
            .flatten()
            .filter_map(|word| Some(word.as_str()?.to_owned()))
            .collect();
        let framework = source
            .parent()
            .and_then(Path::file_name)
            .unwrap_or_default();
        let of_uvicorn = start.first().is_some_and(|program| program == "uvicorn");
        let port = if of_uvicorn { "UVICORN_PORT" } else { "PORT" };
        let unsure = word(document.as_table(), "unsure")?;
        ensure!(
            unsure.is_some() == routes.is_empty(),
            "an application is asked, one that `add` refuses is not: `routes` or `unsure`"
        );
        Ok(Self {
            framework: framework.to_string_lossy().into_owned(),
            start,
            name: [source.parent().unwrap_or(source), source]
                .map(|path| path.file_name().unwrap_or_default().to_string_lossy())
                .join("-"),
            source: source.to_owned(),
            routes,
            port_variable: word(document.as_table(), "port_env")?
                .unwrap_or_else(|| port.to_owned()),
            package: word(document.as_table(), "package")?,
            binary: word(document.as_table(), "bin")?,
            adopt: document.get("adopt").and_then(Item::as_bool) == Some(true),
            outlives_server: document.get("outlives_server").and_then(Item::as_bool) == Some(true),
            with_database: Route::all(&document, "with_database")?,
            unsure,
        })
    }

    /// The `Cargo.lock` of the application in Rust that was built last: the next one has the same versions, so that both
    /// share their dependencies' builds, and asks no registry.
    pub fn versions() -> PathBuf {
        target().join("Cargo.lock")
    }

    /// Where its built program is kept while it is asked.
    pub fn program(&self) -> PathBuf {
        target()
            .join("corpus")
            .join(format!("{}.program", self.name))
    }

    /// A fresh copy.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn copy(&self) -> Result<PathBuf> {
        let folder = target().join("corpus").join(&self.name);
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
        Ok(folder)
    }
}

impl Route {
    fn all(document: &DocumentMut, key: &str) -> Result<Vec<Self>> {
        let Some(item) = document.get(key) else {
            return Ok(Vec::new());
        };
        let tables = item
            .as_array_of_tables()
            .with_context(|| format!("`{key}` is no array of tables"))?;
        tables
            .iter()
            .map(|table| Self::read(table).with_context(|| table.to_string()))
            .collect()
    }

    fn read(table: &dyn TableLike) -> Result<Self> {
        only(table, &["method", "path", "headers", "status", "body"])?;
        let method = word(table, "method")?.unwrap_or_else(|| "GET".to_owned());
        ensure!(
            matches!(method.as_str(), "GET" | "HEAD"),
            "`method` is GET or HEAD"
        );
        let mut headers = Vec::new();
        if let Some(item) = table.get("headers") {
            let named = item.as_table_like().context("`headers` is no table")?;
            for (name, value) in named.iter() {
                let value = value.as_str().context("a header is no text")?;
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
        let status = table.get("status").and_then(|item| item.as_integer());
        Ok(Self {
            method,
            path: word(table, "path")?.context("no `path`")?,
            headers,
            status: status
                .and_then(|status| u16::try_from(status).ok())
                .context("no `status`")?,
            body: word(table, "body")?,
        })
    }
}

/// Refuses a key that nothing reads.
fn only(table: &dyn TableLike, known: &[&str]) -> Result<()> {
    match table.iter().find(|(key, _)| !known.contains(key)) {
        Some((key, _)) => bail!("unknown key `{key}`; known are {}", known.join(", ")),
        None => Ok(()),
    }
}

fn word(table: &dyn TableLike, key: &str) -> Result<Option<String>> {
    let Some(item) = table.get(key) else {
        return Ok(None);
    };
    let value = item.as_value().and_then(Value::as_str);
    Ok(Some(
        value
            .with_context(|| format!("`{key}` is no text"))?
            .to_owned(),
    ))
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where generated projects and their builds are.
pub fn target() -> PathBuf {
    repository().join("target/generated")
}
