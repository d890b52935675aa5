//! What the frameworks in Rust have in common.

pub mod calls;
pub mod running;
pub mod toolchain;
pub mod types;
pub mod version;
pub mod wiring;

use semver::Version;
use serde_json::Value;
use toml_edit::Item;

use crate::edit::cargo::workspace::{
    CrateRoot, Manifest, Package, packages, rust_name, workspace_of,
};
use crate::edit::cargo::{self, exclude};
use crate::edit::rust::{At, HOLE, Program};
use crate::types::{
    Dependency, Facts, FileEdit, Files, ManualStep, OWN_DIRECTORY, Overlay, Problem, Profile,
    ProjectPath, Target, Unsure, relative,
};
use wiring::Patches;

/// The fact that says whether each worker has a pool of its own.
pub const POOL_PER_WORKER: &str = "pool_per_worker";

/// The packages that use a framework's crate, sorted by path.
///
/// # Errors
/// A manifest that cannot be read or parsed.
pub fn detect(
    files: &dyn Files,
    framework: &'static str,
    krate: &str,
) -> Result<Vec<Target>, Problem> {
    let using: Vec<Package> = packages(files)?
        .into_iter()
        .filter(|package| version::uses(&package.manifest, krate))
        .collect();
    // A library that helps applications is no application, unless there is nothing else.
    let applications = using.iter().any(|package| !package.bins.is_empty());
    Ok(using
        .into_iter()
        .filter(|package| !(applications && package.bins.is_empty()))
        .map(|package| Target {
            framework,
            root: package.dir().clone(),
            package: package.name,
            profile: Profile::Standard,
        })
        .collect())
}

/// The first release of sqlx that has no `Cow` where a transaction begins: `sqlx_0_8` is what is held below it.
const SQLX: Version = Version::new(0, 9, 0);

/// What all templates may ask about a package whose module is declared in `root`.
///
/// # Errors
/// A dependency that cannot be read as one.
pub fn facts(files: &dyn Files, package: &Package, root: &CrateRoot) -> Result<Facts, Problem> {
    let has_lib = package.lib.is_some();
    let source_root = root
        .file
        .parent()
        .and_then(|dir| dir.below(package.dir()))
        .map_or_else(|| "src".to_owned(), |dir| dir.to_string());
    let crate_name = if has_lib {
        root.name.clone()
    } else {
        rust_name(&package.name)
    };
    let sqlx_0_8 = cargo::is_held_below(files, &package.manifest, "sqlx", &SQLX)?;
    Ok(Facts::from([
        ("has_lib".to_owned(), Value::from(has_lib)),
        ("crate_name".to_owned(), Value::from(crate_name)),
        ("edition".to_owned(), Value::from(package.edition.clone())),
        ("source_root".to_owned(), Value::from(source_root)),
        ("sqlx_0_8".to_owned(), Value::from(sqlx_0_8)),
    ]))
}

/// What stood where a block of the wiring stands.
pub fn instead_of(block: &str) -> String {
    let call = |name: &str| block.split_once(name).map(|(before, _)| before.to_owned());
    if block.starts_with("let served = ") {
        let is_returned = block.ends_with("return served;");
        return if is_returned { "return …;" } else { "…" }.to_owned();
    }
    call(".configure(")
        .or_else(|| call(".shutdown_timeout("))
        .unwrap_or_else(|| if block.contains(HOLE) { "…" } else { "" }.to_owned())
}

/// Packages of every kind, as [`facts`] describes them.
pub fn sample_facts() -> Vec<Facts> {
    let mut samples = Vec::new();
    for (has_lib, sqlx_0_8) in [(false, false), (true, false), (true, true)] {
        for edition in ["2021", "2024"] {
            // A name that is a keyword, too.
            for crate_name in ["shop", "type"] {
                samples.push(Facts::from([
                    ("has_lib".to_owned(), Value::from(has_lib)),
                    ("crate_name".to_owned(), Value::from(crate_name)),
                    ("edition".to_owned(), Value::from(edition)),
                    ("source_root".to_owned(), Value::from("src")),
                    ("sqlx_0_8".to_owned(), Value::from(sqlx_0_8)),
                ]));
            }
        }
    }
    samples
}

/// Where an output of the module goes in the project.
pub fn place(target: &Target, facts: &Facts, output: &ProjectPath) -> ProjectPath {
    let source = facts.get("source_root").and_then(Value::as_str);
    let inside = output.as_str().strip_prefix("src/");
    match (source, inside) {
        (Some(source), Some(inside)) => {
            let source = ProjectPath::existing(source).unwrap_or_else(|_| ProjectPath::root());
            let inside = ProjectPath::existing(inside).unwrap_or_else(|_| output.clone());
            target.root.join(&source).join(&inside)
        }
        _ => target.root.join(output),
    }
}

/// The manifest with the dependencies added.
///
/// # Errors
/// A dependency that is there in a version or form that cannot work.
pub fn add_dependencies(
    files: &dyn Files,
    target: &Target,
    dependencies: &[Dependency],
) -> Result<Vec<FileEdit>, Problem> {
    let package = package(files, target)?;
    let edit = cargo::add_dependencies(files, &package.manifest, dependencies)?;
    let mut overlay = Overlay::new(files);
    if let Some(edit) = &edit {
        overlay.set(edit.path.clone(), edit.text.as_str());
    }
    let exclude = exclude::exclude(&overlay, OWN_DIRECTORY)?;
    Ok(edit.into_iter().chain(exclude).collect())
}

/// The package of a target.
///
/// # Errors
/// There is none.
pub fn package(files: &dyn Files, target: &Target) -> Result<Package, Problem> {
    Package::read(files, &target.root)?
        .ok_or_else(|| Problem::input(format!("there is no package in {}", target.root)))
}

/// The crates of a package, and the libraries of the project that know the framework too.
///
/// # Errors
/// A file that cannot be read.
pub fn program(files: &dyn Files, package: &Package, framework: &str) -> Result<Program, Problem> {
    let mut program = Program::without(wiring::MODULE);
    for root in package.lib.iter().chain(&package.bins) {
        program.add(files, root)?;
    }
    program.own = program.crates.len();
    for root in neighbours(files, package, framework)? {
        program.add(files, &root)?;
    }
    Ok(program)
}

/// The libraries inside the project that a package depends on and that know the framework.
fn neighbours(
    files: &dyn Files,
    package: &Package,
    framework: &str,
) -> Result<Vec<CrateRoot>, Problem> {
    let mut found: Vec<CrateRoot> = Vec::new();
    let mut seen = vec![package.dir().clone()];
    let mut queue = path_dependencies(files, &package.manifest)?;
    while let Some((name, dir)) = queue.pop() {
        if seen.contains(&dir) {
            continue;
        }
        seen.push(dir.clone());
        let Some(other) = Package::read(files, &dir)? else {
            continue;
        };
        if version::uses(&other.manifest, framework)
            && let Some(lib) = &other.lib
        {
            let name = name.unwrap_or_else(|| lib.name.clone());
            found.push(CrateRoot {
                name,
                ..lib.clone()
            });
            queue.extend(path_dependencies(files, &other.manifest)?);
        }
    }
    Ok(found)
}

/// The directories of dependencies inside the project, with their name in code where it is not the library's own.
fn path_dependencies(
    files: &dyn Files,
    manifest: &Manifest,
) -> Result<Vec<(Option<String>, ProjectPath)>, Problem> {
    let workspace = workspace_of(files, &manifest.dir)?;
    let mut found = Vec::new();
    for (_, table) in manifest.dependency_tables("dependencies") {
        for (key, item) in table.iter() {
            let shared = workspace
                .as_ref()
                .filter(|_| item.get("workspace").is_some())
                .and_then(|root| Some((root, root.get(&["workspace", "dependencies", key])?)));
            let (base, item) =
                shared.map_or((&manifest.dir, item), |(root, item)| (&root.dir, item));
            let path = item.get("path").and_then(Item::as_str);
            let renamed = item.get("package").map(|_| rust_name(key));
            found.extend(
                path.and_then(|p| relative(base, p))
                    .map(|dir| (renamed, dir)),
            );
        }
    }
    Ok(found)
}

/// The application's sources as `edits` wires them.
///
/// # Errors
/// [`Unsure`] where there is no place that is certain, with the steps to take by hand.
pub fn wire(
    files: &dyn Files,
    target: &Target,
    framework: &str,
    steps: fn(bool, &str, &str) -> Vec<ManualStep>,
    edits: impl FnOnce(Patches) -> Result<Vec<FileEdit>, Problem>,
) -> Result<Vec<FileEdit>, Box<Unsure>> {
    let unsure = |problem: Problem, package: Option<&Package>| {
        let lib = package.and_then(|p| p.lib.as_ref());
        let root = lib.map_or("src/main.rs".to_owned(), |lib| lib.file.to_string());
        let name = lib.map_or(String::new(), |lib| lib.name.clone());
        Box::new(Unsure {
            problem,
            steps: steps(lib.is_some(), &root, &name),
        })
    };
    let package = package(files, target).map_err(|problem| unsure(problem, None))?;
    let program =
        program(files, &package, framework).map_err(|problem| unsure(problem, Some(&package)))?;
    let wiring = Patches {
        program: &program,
        package: &package,
    };
    edits(wiring).map_err(|problem| unsure(problem, Some(&package)))
}

/// The crate that declares the module: the library, else the one of the call that serves, else the one that `cargo run`
/// starts.
///
/// # Errors
/// A package without any crate, or a file that cannot be read.
pub fn home(
    files: &dyn Files,
    package: &Package,
    framework: &str,
    serving: impl for<'p> FnOnce(Patches<'p>) -> Option<At<'p>>,
) -> Result<CrateRoot, Problem> {
    if let Some(lib) = &package.lib {
        return Ok(lib.clone());
    }
    let program = program(files, package, framework)?;
    let wiring = Patches {
        program: &program,
        package,
    };
    if let Some(call) = serving(wiring) {
        let wiring = Patches {
            program: &program,
            package,
        };
        let home = wiring.home(Some(call));
        return Ok(program.crates[home.krate].clone());
    }
    let default = package.default_run.as_deref().unwrap_or(&package.name);
    let named = package.bins.iter().find(|bin| bin.name == default);
    named.or(package.bins.first()).cloned().ok_or_else(|| {
        Problem::input(format!(
            "package `{}` has no library and no binary",
            package.name
        ))
        .in_file(package.manifest.path())
    })
}
