//! Adds packages to a `pyproject.toml`, of PEP 621 or of Poetry; every byte that need not change stays.

use toml_edit::{Array, Document, Item, Table, TableLike, Value};

use super::requirement::{Requirement, normalised, requirement};
use super::requirements::amended;
use crate::edit::splice::{Splice, indent, newline, spliced};
use crate::types::{Block, Dependency, FileEdit, Problem, ProjectPath};

/// A parsed `pyproject.toml`.
pub struct Pyproject {
    path: ProjectPath,
    text: String,
    document: Document<String>,
}

/// A program that installs packages.
pub enum Tool {
    Pdm,
    Poetry,
    Uv,
}

/// How setuptools knows what to build.
pub enum Built<'p> {
    /// It takes what is listed, which may be modules alone.
    Listed(Vec<&'p str>),
    /// It is told where to search.
    Searched,
    /// It takes the one package at the project's root, or modules where there is none, or what is in `src`.
    Guessed,
}

/// Where a project keeps the packages that it needs.
enum Place<'p> {
    /// `project.dependencies`
    Project(&'p Array),
    /// `tool.poetry.dependencies`, and where its last line ends, if it has lines of its own.
    Poetry(&'p dyn TableLike, Option<usize>),
}

impl Pyproject {
    /// Parses the file.
    ///
    /// # Errors
    /// It is not TOML.
    pub fn parse(path: ProjectPath, text: &str) -> Result<Self, Problem> {
        let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
        let document = Document::parse(bare.to_owned()).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            Problem::input("not valid TOML").at(&path, bare, span, error.message())
        })?;
        Ok(Self {
            path,
            text: text.to_owned(),
            document,
        })
    }

    fn item(&self, keys: &[&str]) -> Option<&Item> {
        let mut item = self.document.get(keys.first()?)?;
        for key in &keys[1..] {
            item = item.get(key)?;
        }
        Some(item)
    }

    fn place(&self) -> Option<Place<'_>> {
        if let Some(array) = self
            .item(&["project", "dependencies"])
            .and_then(Item::as_array)
        {
            return Some(Place::Project(array));
        }
        let table = self.item(&["tool", "poetry", "dependencies"])?;
        let end = table.as_table().and_then(end_of_entries);
        Some(Place::Poetry(table.as_table_like()?, end))
    }

    /// The project's name.
    pub fn name(&self) -> Option<&str> {
        [&["project", "name"][..], &["tool", "poetry", "name"]]
            .into_iter()
            .find_map(|keys| self.item(keys)?.as_str())
    }

    /// Whether another file says what it needs (setuptools' `dynamic`).
    pub fn is_dynamic(&self) -> bool {
        let dynamic = self.item(&["project", "dynamic"]).and_then(Item::as_array);
        dynamic.is_some_and(|names| {
            names
                .iter()
                .any(|name| name.as_str() == Some("dependencies"))
        })
    }

    /// The program that installs what it needs, where the file has settings of that program's.
    pub fn tool(&self) -> Option<Tool> {
        let has = |name: &str| self.item(&["tool", name]).is_some();
        match () {
            () if has("pdm") => Some(Tool::Pdm),
            () if has("poetry") => Some(Tool::Poetry),
            () if has("uv") => Some(Tool::Uv),
            () => None,
        }
    }

    /// Whether it says how a package is built of it.
    pub fn is_built(&self) -> bool {
        self.item(&["build-system"]).is_some()
    }

    /// What setuptools builds of it, where setuptools does.
    pub fn built_by_setuptools(&self) -> Option<Built<'_>> {
        let backend = self.item(&["build-system"])?.get("build-backend");
        let is_setuptools = backend
            .and_then(Item::as_str)
            .is_none_or(|name| name.starts_with("setuptools"));
        let settings = self.item(&["tool", "setuptools"]);
        let packages = settings.and_then(|settings| settings.get("packages"));
        let modules = settings.and_then(|settings| settings.get("py-modules"));
        is_setuptools.then_some(match (packages.map(Item::as_array), modules) {
            (Some(Some(names)), _) => {
                Built::Listed(names.iter().filter_map(Value::as_str).collect())
            }
            (Some(None), _) => Built::Searched,
            (None, Some(_)) => Built::Listed(Vec::new()),
            (None, None) => Built::Guessed,
        })
    }

    /// The versions of Python that it runs on.
    pub fn python(&self) -> Option<&str> {
        [
            &["project", "requires-python"][..],
            &["tool", "poetry", "dependencies", "python"],
        ]
        .into_iter()
        .find_map(|keys| self.item(keys)?.as_str())
    }

    /// The packages that it needs.
    pub fn requirements(&self) -> Vec<Requirement> {
        match self.place() {
            Some(Place::Project(array)) => array
                .iter()
                .filter_map(|value| Requirement::parse(value.as_str()?))
                .collect(),
            Some(Place::Poetry(table, _)) => table
                .iter()
                .filter_map(|(name, item)| Requirement::parse(&as_requirement(name, item)))
                .collect(),
            None => Vec::new(),
        }
    }

    /// The file with the packages that it lacks; `None` if it lacks none.
    ///
    /// # Errors
    /// A package in a version that cannot work; no place for packages.
    pub fn add_dependencies(
        &self,
        dependencies: &[Dependency],
    ) -> Result<Option<FileEdit>, Problem> {
        let mut splices = Vec::new();
        let mut blocks = Vec::new();
        let mut new = Vec::new();
        let place = self.place().ok_or_else(|| {
            Problem::input("it has no list of dependencies")
                .in_file(&self.path)
                .help("give `[project]` a `dependencies = []`, then run this again")
        })?;
        for wanted in dependencies {
            let block = |text: String| Block {
                name: format!("dependency {}", wanted.name),
                text,
            };
            match self.change(&place, wanted)? {
                Change::None => {}
                Change::Replace { splice, text } => {
                    splices.push(splice);
                    blocks.push(block(text));
                }
                Change::Add(text) => {
                    blocks.push(block(text.clone()));
                    new.push(text);
                }
            }
        }
        if blocks.is_empty() {
            return Ok(None);
        }
        if !new.is_empty() {
            splices.extend(match place {
                Place::Project(array) => self.array_splices(array, &new),
                Place::Poetry(_, Some(end)) => vec![self.table_splice(end, &new)],
                Place::Poetry(_, None) => {
                    return Err(
                        Problem::input("its dependencies have no table of their own")
                            .in_file(&self.path)
                            .help(
                                "list them below `[tool.poetry.dependencies]`, then run this again",
                            ),
                    );
                }
            });
        }
        let (newline, offset) = (newline(&self.text), self.offset());
        for splice in &mut splices {
            splice.text = splice.text.replace('\n', newline);
            splice.span = splice.span.start + offset..splice.span.end + offset;
        }
        let text = spliced(&self.text, &splices);
        // Where the user says where a package comes from, it is theirs.
        let after = Self::parse(self.path.clone(), &text)?;
        blocks.retain(|block| !after.is_redirected(&block.text));
        let lost = blocks.iter().find(|block| count(&text, &block.text) == 0);
        if let Some(lost) = lost {
            return Err(Problem::input(format!(
                "internal error: {} was not changed, since `{}` would not be in it",
                self.path, lost.text
            ))
            .help("please report this with the file"));
        }
        Ok(Some(FileEdit {
            path: self.path.clone(),
            text,
            blocks,
        }))
    }

    /// Whether something beside a block says where its package comes from, or that it is not always needed.
    fn is_redirected(&self, block: &str) -> bool {
        let Some(Requirement { name, .. }) = Requirement::parse(block) else {
            return false;
        };
        let named = |keys: &[&str]| {
            let table = self.item(keys).and_then(Item::as_table_like);
            let entries = table.into_iter().flat_map(TableLike::iter);
            entries.filter(|(key, _)| normalised(key) == name)
        };
        let says_more = |item: &Item| match item.as_table_like() {
            Some(table) => table.iter().any(|(key, value)| match key {
                "version" | "extras" => false,
                "optional" => value.as_bool() != Some(false),
                _ => true,
            }),
            None => !item.is_str(),
        };
        let listed = self.item(&["project", "dependencies"]);
        let mut listed = listed.and_then(Item::as_array).into_iter().flatten();
        let has_url = |text: &str| {
            let requirement = Requirement::parse(text);
            text != block
                && text.contains('@')
                && requirement.is_some_and(|there| there.name == name)
        };
        named(&["tool", "uv", "sources"]).next().is_some()
            || named(&["tool", "poetry", "dependencies"]).any(|(_, item)| says_more(item))
            || listed.any(|value| value.as_str().is_some_and(has_url))
    }

    fn change(&self, place: &Place, wanted: &Dependency) -> Result<Change, Problem> {
        match place {
            Place::Project(array) => {
                for value in array.iter() {
                    let (Some(text), Some(span)) = (value.as_str(), value.span()) else {
                        continue;
                    };
                    let Some(there) = Requirement::parse(text).filter(|r| r.name == wanted.name)
                    else {
                        continue;
                    };
                    return Ok(match amended(&self.path, text, &there, wanted)? {
                        None => Change::None,
                        Some(text) => Change::Replace {
                            splice: Splice {
                                span,
                                text: quoted(&text),
                            },
                            text,
                        },
                    });
                }
                Ok(Change::Add(requirement(wanted)))
            }
            Place::Poetry(table, _) => {
                let there = table
                    .iter()
                    .find(|(name, _)| normalised(name) == wanted.name);
                let Some((name, item)) = there else {
                    return Ok(Change::Add(poetry_line(&wanted.name, wanted)));
                };
                let text = as_requirement(name, item);
                let Some(parsed) = Requirement::parse(&text) else {
                    return Ok(Change::None);
                };
                let Some(amended) = amended(&self.path, &text, &parsed, wanted)? else {
                    return Ok(Change::None);
                };
                let (Some(version), Some(span)) = (item.as_str(), item.span()) else {
                    return Err(Problem::input(format!(
                        "{name} is here without its extras: {amended} is needed"
                    ))
                    .in_file(&self.path)
                    .help("add the extras, then run this again"));
                };
                let value = poetry_value(version, wanted);
                Ok(Change::Replace {
                    splice: Splice {
                        span,
                        text: value.clone(),
                    },
                    text: format!("{name} = {value}"),
                })
            }
        }
    }

    /// One value more a line where there is one a line, else one after the other.
    fn array_splices(&self, array: &Array, new: &[String]) -> Vec<Splice> {
        let text = self.document.raw();
        let Some(span) = array.span() else {
            return Vec::new();
        };
        let close = span.end - 1;
        let Some(last) = array.iter().last().and_then(Value::span) else {
            let lines: String = new
                .iter()
                .map(|r| format!("    {},\n", quoted(r)))
                .collect();
            let inside = &text[span.start + 1..close];
            // Comments stay; each has a line of its own before the bracket.
            return vec![
                match inside.rfind('\n').filter(|_| !inside.trim().is_empty()) {
                    Some(end) => Splice::insert(span.start + 1 + end + 1, lines),
                    None => Splice {
                        span,
                        text: format!("[\n{lines}]"),
                    },
                },
            ];
        };
        let is_lined = text[last.end..close].contains('\n');
        if !is_lined {
            let values: String = new.iter().map(|r| format!(", {}", quoted(r))).collect();
            return vec![Splice::insert(last.end, values)];
        }
        let indent = indent(text, last.start);
        // The comma may stand below a comment.
        let has_comma = array.trailing_comma();
        let behind = match has_comma {
            true => array.trailing().span().map_or(close, |span| span.start),
            false => last.end,
        };
        let end = behind + text[behind..close].find('\n').unwrap_or(0);
        let end = end - usize::from(text[..end].ends_with('\r'));
        let mut splices = Vec::new();
        if !has_comma {
            splices.push(Splice::insert(last.end, ","));
        }
        let lines: Vec<String> = new
            .iter()
            .map(|r| format!("\n{indent}{}", quoted(r)))
            .collect();
        let tail = if has_comma { "," } else { "" };
        splices.push(Splice::insert(end, lines.join(",") + tail));
        splices
    }

    fn table_splice(&self, last: usize, new: &[String]) -> Splice {
        let text = self.document.raw();
        let end = text[last..].find('\n').map_or(text.len(), |n| last + n);
        let end = end - usize::from(text[..end].ends_with('\r'));
        let lines: String = new.iter().map(|line| format!("\n{line}")).collect();
        Splice::insert(end, lines)
    }

    /// Bytes that come before what is parsed.
    fn offset(&self) -> usize {
        self.text.len() - self.document.raw().len()
    }
}

enum Change {
    None,
    Replace { splice: Splice, text: String },
    Add(String),
}

/// Where a table's header and entries end; those of tables within stand elsewhere.
fn end_of_entries(table: &Table) -> Option<usize> {
    if table.is_implicit() || table.is_dotted() {
        return None;
    }
    let entries = table.get_values();
    let ends = entries.iter().filter_map(|(_, value)| value.span());
    ends.chain(table.span()).map(|span| span.end).max()
}

fn quoted(text: &str) -> String {
    crate::types::quote(text)
}

fn poetry_line(name: &str, wanted: &Dependency) -> String {
    format!("{name} = {}", poetry_value(&wanted.version, wanted))
}

fn poetry_value(version: &str, wanted: &Dependency) -> String {
    if wanted.features.is_empty() {
        return quoted(version);
    }
    let extras: Vec<String> = wanted.features.iter().map(|extra| quoted(extra)).collect();
    format!(
        "{{ version = {}, extras = [{}] }}",
        quoted(version),
        extras.join(", ")
    )
}

/// A dependency of Poetry as PEP 508 would have it; the clauses stay Poetry's.
fn as_requirement(name: &str, item: &Item) -> String {
    let version = item
        .as_str()
        .or_else(|| item.get("version").and_then(Item::as_str))
        .unwrap_or_default();
    let extras: Vec<&str> = item
        .get("extras")
        .and_then(Item::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match extras.is_empty() {
        true => format!("{name} {version}"),
        false => format!("{name}[{}] {version}", extras.join(",")),
    }
}

/// How often what a block of [`Pyproject::add_dependencies`] records is in a file.
pub fn count(text: &str, block: &str) -> usize {
    let Ok(pyproject) = Pyproject::parse(ProjectPath::root(), text) else {
        return 0;
    };
    if pyproject.is_redirected(block) {
        return 0;
    }
    match pyproject.place() {
        Some(Place::Project(array)) => array
            .iter()
            .filter(|value| value.as_str() == Some(block))
            .count(),
        Some(Place::Poetry(table, _)) => {
            let Ok(ours) = Document::parse(block) else {
                return 0;
            };
            let same = |(name, item): (&str, &Item)| {
                table
                    .get(name)
                    .is_some_and(|there| as_requirement(name, there) == as_requirement(name, item))
            };
            ours.iter().filter(|entry| same(*entry)).count()
        }
        None => 0,
    }
}

/// What a block would record if its package were put in as it stands now; `None` if that cannot be compared.
pub fn current(text: &str, block: &str) -> Option<String> {
    let pyproject = Pyproject::parse(ProjectPath::root(), text).ok()?;
    let now = match pyproject.place()? {
        Place::Project(array) => {
            let name = Requirement::parse(block)?.name;
            let is_it = |there: &&str| Requirement::parse(there).is_some_and(|it| it.name == name);
            let mut all = array.iter().filter_map(Value::as_str).filter(is_it);
            all.next()?.to_owned()
        }
        Place::Poetry(table, _) => {
            let ours = Document::parse(block).ok()?;
            let (name, _) = ours.iter().next()?;
            let there = table.get(name)?.clone().into_value().ok()?;
            format!("{name} = {}", there.decorated("", ""))
        }
    };
    (count(text, &now) == 1).then_some(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> [Dependency; 2] {
        let of = |name: &str, version: &str, features: &[&str]| Dependency {
            name: name.to_owned(),
            version: version.to_owned(),
            also: None,
            features: features.iter().map(|f| (*f).to_owned()).collect(),
            default_features: true,
            dev: false,
        };
        [
            of("asyncpg", ">=0.29,<1", &[]),
            of("sqlalchemy", ">=2.0,<3", &["asyncio"]),
        ]
    }

    fn added(text: &str) -> String {
        let path = ProjectPath::existing("pyproject.toml").unwrap();
        let edit = |text: &str| {
            let pyproject = Pyproject::parse(path.clone(), text).unwrap();
            pyproject.add_dependencies(&wanted()).unwrap()
        };
        let edited = edit(text).unwrap();
        for block in &edited.blocks {
            assert_eq!(count(&edited.text, &block.text), 1, "{}", block.text);
        }
        assert!(
            edit(&edited.text).is_none(),
            "a second time changes nothing"
        );
        edited.text
    }

    #[test]
    fn arrays_keep_their_shape() {
        let head = "[project]\nname = 'a'\n";
        for (before, after) in [
            (
                "dependencies = []\n",
                "dependencies = [\n    \"asyncpg>=0.29,<1\",\n    \"sqlalchemy[asyncio]>=2.0,<3\",\n]\n",
            ),
            (
                "dependencies = ['fastapi']\n",
                "dependencies = ['fastapi', \"asyncpg>=0.29,<1\", \"sqlalchemy[asyncio]>=2.0,<3\"]\n",
            ),
            (
                "dependencies = [\n  'fastapi',  # web\n]\n",
                "dependencies = [\n  'fastapi',  # web\n  \"asyncpg>=0.29,<1\",\n  \"sqlalchemy[asyncio]>=2.0,<3\",\n]\n",
            ),
            (
                "dependencies = [\n\t'fastapi'  # web\n\t]\n",
                "dependencies = [\n\t'fastapi',  # web\n\t\"asyncpg>=0.29,<1\",\n\t\"sqlalchemy[asyncio]>=2.0,<3\"\n\t]\n",
            ),
            (
                "dependencies = [\n  'fastapi'  # web\n  ,\n]\n",
                "dependencies = [\n  'fastapi'  # web\n  ,\n  \"asyncpg>=0.29,<1\",\n  \"sqlalchemy[asyncio]>=2.0,<3\",\n]\n",
            ),
            (
                "dependencies = ['asyncpg', 'SQLAlchemy>=2']\n",
                "dependencies = ['asyncpg', \"SQLAlchemy[asyncio]>=2\"]\n",
            ),
        ] {
            assert_eq!(added(&format!("{head}{before}")), format!("{head}{after}"));
        }
    }

    #[test]
    fn poetry_gets_tables() {
        let text = "\u{feff}[tool.poetry.dependencies]\r\npython = \"^3.11\"\r\nSQLAlchemy = \"^2.0\"\r\n\r\n[tool.x]\r\n";
        assert_eq!(
            added(text),
            "\u{feff}[tool.poetry.dependencies]\r\npython = \"^3.11\"\r\nSQLAlchemy = { version = \"^2.0\", extras = \
             [\"asyncio\"] }\r\nasyncpg = \">=0.29,<1\"\r\n\r\n[tool.x]\r\n"
        );
    }

    #[test]
    fn tables_of_single_packages_stay_below() {
        let single = "[tool.poetry.dependencies.fastapi]\nversion = '*'\n";
        let new = "asyncpg = \">=0.29,<1\"\nsqlalchemy = { version = \">=2.0,<3\", extras = [\"asyncio\"] }\n";
        for head in [
            "[tool.poetry.dependencies] # of ours\n",
            "[tool.poetry.dependencies]\npython = '*'\nx.version = '*'\n",
        ] {
            assert_eq!(
                added(&format!("{head}{single}")),
                format!("{head}{new}{single}")
            );
        }
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let path = ProjectPath::existing("pyproject.toml").unwrap();
        for text in [
            "[project]\ndependencies = ['sqlalchemy<2']\n",
            "[tool.poetry.dependencies]\nsqlalchemy = '^1.4'\n",
            "[project]\nname = 'a'\n",
            "[tool.poetry.dependencies.fastapi]\nversion = '*'\n",
            "[tool.poetry]\ndependencies = { fastapi = '*' }\n",
            "[tool.poetry]\ndependencies.fastapi = '*'\n",
        ] {
            let pyproject = Pyproject::parse(path.clone(), text).unwrap();
            assert!(pyproject.add_dependencies(&wanted()).is_err(), "{text}");
        }
        assert!(Pyproject::parse(path, "[project\n").is_err());
    }

    #[test]
    fn comments_in_an_empty_list_stay() {
        let text = added("[project]\ndependencies = [\n  # None yet.\n  ]\n");
        assert!(
            text.starts_with("[project]\ndependencies = [\n  # None yet.\n    \""),
            "{text}"
        );
        assert!(text.ends_with("\",\n  ]\n"), "{text}");
    }

    #[test]
    fn another_source_is_another_package() {
        let poetry = added("[tool.poetry.dependencies]\npython = '^3.11'\n");
        let project = added("[project]\ndependencies = []\n");
        let blocks = ["asyncpg = \">=0.29,<1\"", "asyncpg>=0.29,<1"];
        let count = |text: &str| blocks.map(|block| count(text, block)).into_iter().max();
        for instead in [
            "{ version = '>=0.29,<1' }",
            "{ optional = false, version = '>=0.29,<1' }",
        ] {
            let text = poetry.replace("\">=0.29,<1\"", instead);
            assert_eq!(count(&text), Some(1), "{text}");
        }
        for more in [
            "path = 'evil'",
            "source = 'evil'",
            "git = 'https://example.org/evil'",
            "url = 'https://example.org/evil'",
            "optional = true",
            "markers = 'python_version < \"3\"'",
            "platform = 'darwin'",
        ] {
            let value = format!("{{ version = '>=0.29,<1', {more} }}");
            let text = poetry.replace("\">=0.29,<1\"", &value);
            assert_eq!(count(&text), Some(0), "{text}");
            let text = poetry.replace("asyncpg = \">=0.29,<1\"\n", "")
                + &format!("[tool.poetry.dependencies.asyncpg]\nversion = '>=0.29,<1'\n{more}\n");
            assert_eq!(count(&text), Some(0), "{text}");
            let text = format!("{project}[tool.poetry.dependencies]\nAsyncPG = {{ {more} }}\n");
            assert_eq!(count(&text), Some(0), "{text}");
            let text = format!("{project}[tool.uv.sources]\nasyncpg = {{ {more} }}\n");
            assert_eq!(count(&text), Some(0), "{text}");
        }
        let second = project.replace("[\n", "[\n'asyncpg @ https://example.org/evil',\n");
        assert_eq!(count(&second), Some(0), "{second}");
    }

    #[test]
    fn a_package_whose_source_the_user_says_is_theirs() {
        for (text, names) in [
            (
                "[project]\ndependencies = ['sqlalchemy']\n[tool.uv.sources]\nsqlalchemy = { index = 'ours' }\n",
                &["dependency asyncpg"][..],
            ),
            (
                "[project]\ndependencies = ['sqlalchemy @ https://example.org']\n",
                &["dependency asyncpg", "dependency sqlalchemy"],
            ),
        ] {
            let path = ProjectPath::existing("pyproject.toml").unwrap();
            let pyproject = Pyproject::parse(path, text).unwrap();
            let edit = pyproject.add_dependencies(&wanted()).unwrap().unwrap();
            assert!(edit.text.contains("sqlalchemy[asyncio]"), "{}", edit.text);
            let blocks = edit.blocks.iter().map(|block| block.name.as_str());
            assert!(blocks.eq(names.iter().copied()), "{:?}", edit.blocks);
        }
    }
}
