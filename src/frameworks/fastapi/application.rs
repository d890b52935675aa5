//! The application object, found by syntax tree.

use std::sync::Arc;

use tree_sitter::Node;

use super::HEALTH;
use super::manifest::{child, is_searched};
use crate::edit::python::{Import, Source};
use crate::edit::splice::line_start;
use crate::edit::tree::{ancestors, descendants, named_children};
use crate::types::{EntryKind, Files, Problem, Profile, ProjectPath, Target};

/// Directories whose files serve nobody.
const ASIDE: [&str; 8] = [
    "alembic",
    "docs",
    "docs_src",
    "examples",
    "notebooks",
    "scripts",
    "test",
    "tests",
];

/// A file of the application's.
pub struct File {
    pub source: Source,
    pub imports: Vec<Import>,
}

/// Where `FastAPI(…)` is made and given a name.
#[derive(Clone)]
pub struct Application<'f> {
    pub file: &'f File,
    /// What it is called: `app`, `self.app`.
    pub name: String,
    /// The statement that makes it.
    pub statement: Node<'f>,
}

/// What RapidKit Core puts beside an application, which makes one only to collect routes.
const CORE_ASIDE: [&str; 2] = ["src/health", "src/modules"];

/// The Python files of a target that could make or hold an application. Those of the layer itself are left out.
///
/// # Errors
/// A file that cannot be read.
pub fn files(files: &dyn Files, target: &Target) -> Result<Vec<File>, Problem> {
    const WORDS: [&str; 5] = ["FastAPI", "fastapi", "Mount(", ".mount(", HEALTH];
    let parsed = |(path, text): (ProjectPath, Arc<str>)| {
        let source = Source::parse(path, text);
        let imports = Import::all(&source);
        File { source, imports }
    };
    let (near, others): (Vec<_>, Vec<_>) = texts(files, target)?
        .into_iter()
        .partition(|(_, text)| WORDS.iter().any(|word| text.contains(word)));
    let mut found: Vec<File> = near.into_iter().map(parsed).collect();
    // A file that makes an application of a class of the project's may not name FastAPI.
    let classes: Vec<String> = found.iter().flat_map(subclasses).collect();
    let others = others.into_iter();
    let makers = others.filter(|(_, text)| classes.iter().any(|class| text.contains(class)));
    found.extend(makers.map(parsed));
    found.sort_by(|a, b| a.source.path.cmp(&b.source.path));
    Ok(found)
}

/// The Python files of a target's own, sorted by path.
///
/// # Errors
/// A file that cannot be read.
pub fn texts(files: &dyn Files, target: &Target) -> Result<Vec<(ProjectPath, Arc<str>)>, Problem> {
    let mut found = Vec::new();
    let mut queue = vec![target.root.clone()];
    let is_core = |directory: &ProjectPath| {
        target.profile == Profile::Rapidkit
            && CORE_ASIDE
                .iter()
                .any(|aside| *directory == child(&target.root, aside))
    };
    while let Some(directory) = queue.pop() {
        let entries = files.entries(&directory)?;
        if entries.iter().any(|entry| entry.name == "pyvenv.cfg") {
            continue;
        }
        for entry in entries {
            let is_ours = entry.name == super::MODULE;
            match entry.kind {
                EntryKind::Directory
                    if is_searched(&entry.name)
                        && !is_ours
                        && !ASIDE.contains(&entry.name.as_str())
                        && !is_core(&child(&directory, &entry.name)) =>
                {
                    queue.push(child(&directory, &entry.name));
                }
                EntryKind::File if is_python(&entry.name) => {
                    let path = child(&directory, &entry.name);
                    if let Some(text) = files.text(&path)? {
                        found.push((path, text));
                    }
                }
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_python(name: &str) -> bool {
    name.ends_with(".py")
        && ProjectPath::existing(name).is_ok()
        && !name.starts_with("test_")
        && name != "conftest.py"
}

/// The one application that is served, among the files of `directory`.
///
/// # Errors
/// None or several, or one that cannot be wired for certain.
pub fn find<'f>(files: &'f [File], directory: &ProjectPath) -> Result<Application<'f>, Problem> {
    for file in files {
        no_such_route(file)?;
    }
    let mut found = Vec::new();
    let mut other = None;
    let classes: Vec<String> = files.iter().flat_map(subclasses).collect();
    for file in files {
        for call in calls(file, &classes) {
            match made(file, call) {
                Ok(application) => found.push(application),
                Err(problem) => other = other.or(Some(problem)),
            }
        }
    }
    let broken = files.iter().find_map(|file| {
        let error = file.source.error()?;
        // Under another name, too, if it was found.
        let makes = file.source.text.contains("FastAPI(")
            || found.iter().any(|one| std::ptr::eq(one.file, file));
        makes.then(|| {
            Problem::decision("this is not Python 3").at(
                &file.source.path,
                &file.source.text,
                error.byte_range(),
                "here",
            )
        })
    });
    if let Some(problem) = broken {
        return Err(problem);
    }
    let mounted: Vec<(ProjectPath, String)> =
        files.iter().flat_map(|file| mounts(files, file)).collect();
    let is_mounted = |application: &Application| {
        mounted.contains(&(
            application.file.source.path.clone(),
            application.name.clone(),
        ))
    };
    let served: Vec<&Application> = found.iter().filter(|a| !is_mounted(a)).collect();
    match served.as_slice() {
        [] if found.is_empty() => Err(other.unwrap_or_else(|| {
            let place = match directory.is_root() {
                true => String::new(),
                false => format!(" in {directory}, where its packages are named"),
            };
            Problem::decision(format!(
                "no application: `FastAPI(…)` is called nowhere{place}"
            ))
        })),
        [] => Err(unsure(
            &found[0],
            "it is not certain what serves this application",
            "it is mounted in another one, which does not run its lifespan",
        )),
        [only] => {
            // One that is made in a way that was not understood may be the one that is served.
            if let Some(other) = other {
                return Err(other);
            }
            keeps_its_lifespan(files)?;
            Ok((*only).clone())
        }
        [first, others @ ..] => {
            let mut problem = unsure(
                first,
                "it is not certain which application is served",
                "one of them",
            );
            problem.notes = others
                .iter()
                .map(|a| format!("another one: `{}` in {}", a.name, a.file.source.path))
                .collect();
            Err(problem)
        }
    }
}

fn unsure(application: &Application, what: &str, label: &str) -> Problem {
    let source = &application.file.source;
    let span = application.statement.byte_range();
    Problem::decision(what).at(&source.path, &source.text, span, label)
}

/// The classes of a file that derive from `FastAPI`.
fn subclasses(file: &File) -> Vec<String> {
    let names = names(file);
    let source = &file.source;
    descendants(source.root())
        .into_iter()
        .filter(|node| node.kind() == "class_definition")
        .filter(|class| {
            let bases = class.child_by_field_name("superclasses");
            bases.is_some_and(|bases| {
                named_children(bases)
                    .into_iter()
                    .any(|base| names.iter().any(|name| name == source.slice(base)))
            })
        })
        .filter_map(|class| Some(source.slice(class.child_by_field_name("name")?).to_owned()))
        .collect()
}

/// What `FastAPI` is called in a file: `FastAPI`, `fastapi.FastAPI`, an alias.
fn names(file: &File) -> Vec<String> {
    let of = |import: &Import| match (import.module.as_str(), import.name.as_deref()) {
        ("fastapi" | "fastapi.applications", Some("FastAPI")) => Some(import.alias.clone()),
        ("fastapi", None) => Some(format!("{}.FastAPI", import.alias)),
        _ => None,
    };
    file.imports.iter().filter_map(of).collect()
}

/// Where an application is made: by `FastAPI` or one of the project's `classes` of that kind.
fn calls<'f>(file: &'f File, classes: &[String]) -> Vec<Node<'f>> {
    let mut names = names(file);
    let of_others = file.imports.iter().filter(|import| {
        import
            .name
            .as_ref()
            .is_some_and(|name| classes.contains(name))
    });
    names.extend(of_others.map(|import| import.alias.clone()));
    names.extend(subclasses(file));
    descendants(file.source.root())
        .into_iter()
        .filter(|node| {
            let callee = node.child_by_field_name("function");
            node.kind() == "call"
                && callee.is_some_and(|callee| {
                    names.iter().any(|name| name == file.source.slice(callee))
                })
        })
        .collect()
}

fn made<'f>(file: &'f File, call: Node<'f>) -> Result<Application<'f>, Problem> {
    let source = &file.source;
    let unsure = |label: &str| {
        Problem::decision("it is not certain where the application can be wired").at(
            &source.path,
            &source.text,
            call.byte_range(),
            label,
        )
    };
    let assignment = call
        .parent()
        .filter(|parent| parent.kind() == "assignment")
        .filter(|parent| parent.child_by_field_name("right") == Some(call))
        .ok_or_else(|| unsure("what this makes gets no name of its own"))?;
    let name = assignment
        .child_by_field_name("left")
        .filter(|left| matches!(left.kind(), "identifier" | "attribute"))
        .ok_or_else(|| unsure("this is not assigned to one name"))?;
    let statement = assignment
        .parent()
        .filter(|parent| parent.kind() == "expression_statement")
        .ok_or_else(|| unsure("this is assigned to several names"))?;
    let start = line_start(&source.text, statement.start_byte());
    let before = source.text[start..statement.start_byte()].trim_start_matches('\u{feff}');
    let after = source.text[statement.end_byte()..].trim_start_matches([' ', '\t']);
    let is_followed = after
        .strip_prefix(';')
        .is_some_and(|rest| !rest.lines().next().unwrap_or_default().trim().is_empty());
    if !before.trim().is_empty() || is_followed {
        return Err(unsure("this shares its line with other code"));
    }
    let in_class = statement
        .parent()
        .and_then(|block| block.parent())
        .is_some_and(|outer| outer.kind() == "class_definition");
    if in_class {
        return Err(unsure("this is made in the body of a class"));
    }
    Ok(Application {
        file,
        name: source.slice(name).to_owned(),
        statement,
    })
}

/// The applications that a file mounts in others, as (file, name).
fn mounts(files: &[File], file: &File) -> Vec<(ProjectPath, String)> {
    let source = &file.source;
    let mut found = Vec::new();
    for node in descendants(source.root()) {
        let is_mount = node.kind() == "call"
            && node.child_by_field_name("function").is_some_and(|callee| {
                let callee = source.slice(callee);
                callee.ends_with(".mount") || matches!(callee, "Mount" | "Host" | "routing.Mount")
            });
        let Some(arguments) = node.child_by_field_name("arguments").filter(|_| is_mount) else {
            continue;
        };
        for argument in named_children(arguments) {
            let argument = match argument.kind() {
                "keyword_argument" => argument.child_by_field_name("value").unwrap_or(argument),
                _ => argument,
            };
            let text = source.slice(argument);
            let import = file.imports.iter().find(|import| {
                let first = text.split('.').next().unwrap_or_default();
                import.alias == first
            });
            let (module, name) = match (argument.kind(), import) {
                ("identifier", None) => (None, text),
                ("identifier", Some(import)) => (
                    Some(import.module.as_str()),
                    import.name.as_deref().unwrap_or(text),
                ),
                ("attribute", Some(import)) => (
                    import.name.as_deref().or(Some(import.module.as_str())),
                    text.rsplit('.').next().unwrap_or_default(),
                ),
                _ => continue,
            };
            match module {
                None => found.push((source.path.clone(), name.to_owned())),
                Some(module) => {
                    let last = module.rsplit('.').next().unwrap_or_default();
                    let from = files
                        .iter()
                        .filter(|other| is_module(&other.source.path, last));
                    found.extend(from.map(|other| (other.source.path.clone(), name.to_owned())));
                }
            }
        }
    }
    found
}

fn is_module(path: &ProjectPath, name: &str) -> bool {
    let stem = path.file_name().trim_end_matches(".py");
    let package = path.parent().filter(|_| stem == "__init__");
    package.map_or(stem == name, |package| package.file_name() == name)
}

/// Code that sets another lifespan afterwards would take ours away, as does an application that
/// `VersionedFastAPI` makes of another one's routes; one that takes its routes away, the health route.
fn keeps_its_lifespan(files: &[File]) -> Result<(), Problem> {
    for file in files {
        let source = &file.source;
        let says = |node: &Node, field: &str, end: &str| {
            let part = node.child_by_field_name(field);
            part.is_some_and(|part| source.slice(part).ends_with(end))
        };
        let change = descendants(source.root()).into_iter().find_map(|node| {
            let (lifespan, routes) = match node.kind() {
                "assignment" => (says(&node, "left", ".lifespan_context"), false),
                "call" => (
                    says(&node, "function", "VersionedFastAPI"),
                    says(&node, "function", ".routes.clear"),
                ),
                _ => (false, false),
            };
            (lifespan || routes).then_some((node, lifespan))
        });
        if let Some((node, lifespan)) = change {
            let (message, label) = match lifespan {
                true => (
                    "it is not certain which lifespan the application will have",
                    "this sets another one",
                ),
                false => (
                    "it is not certain which routes the application will have",
                    "this takes those away that are there",
                ),
            };
            return Err(Problem::decision(message).at(
                &source.path,
                &source.text,
                node.byte_range(),
                label,
            ));
        }
    }
    Ok(())
}

fn no_such_route(file: &File) -> Result<(), Problem> {
    let source = &file.source;
    let route = descendants(source.root()).into_iter().find(|node| {
        node.kind() == "string"
            && source.slice(*node).contains(HEALTH)
            && ancestors(*node).any(|above| above.kind() == "call")
    });
    match route {
        None => Ok(()),
        Some(node) => Err(
            Problem::decision("the application has this route already").at(
                &source.path,
                &source.text,
                node.byte_range(),
                "the health route of the layer",
            ),
        ),
    }
}
