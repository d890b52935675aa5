//! Applications in TypeScript, with the packages of a list in `tests/fixtures/nestjs`, installed once by `tests/node`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::compiler::compile;
use crate::fixture::{Fixture, repository};
use crate::judged;

static MODULES: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());

/// What is generated outside of the layer in a project of RapidKit Core's.
const CORE: [&str; 3] = [
    "src/health/postgres-health.controller.ts",
    "src/health/postgres-health.module.ts",
    "tests/modules/integration/database/postgres.integration.spec.ts",
];

/// The packages of an application, by the version of NestJS that it asks for; linked into its workspace.
fn modules(folder: &Path) -> Result<PathBuf> {
    let manifest = std::fs::read_to_string(package(folder).join("package.json"))?;
    let list = match manifest.contains("\"@nestjs/core\": \"^10") {
        true => "package-10.json",
        false => "package.json",
    };
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    let installed = match modules.entry(list) {
        Entry::Occupied(entry) => entry.into_mut(),
        Entry::Vacant(entry) => {
            let printed = run(repository(), "tests/node", &[list])?;
            let last = printed.lines().last().context("tests/node says nothing")?;
            entry.insert(last.into())
        }
    };
    let here = folder.join("node_modules");
    if !here.exists() {
        std::os::unix::fs::symlink(&*installed, &here)?;
    }
    Ok(installed.clone())
}

fn tool(folder: &Path, name: &str) -> Result<PathBuf> {
    Ok(modules(folder)?.join(".bin").join(name))
}

/// Runs a program to its end; what it printed.
fn run(folder: &Path, program: impl AsRef<Path>, arguments: &[&str]) -> Result<String> {
    let program = program.as_ref();
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("CI", "1")
        .env_remove("DATABASE_URL")
        .env_remove("TEST_DATABASE_URL")
        .output()
        .with_context(|| program.display().to_string())?;
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout)
    );
    ensure!(output.status.success(), "{}:\n{printed}", program.display());
    Ok(printed)
}

/// The package below a folder, past the workspace around it.
fn package(folder: &Path) -> PathBuf {
    let member = folder.join("apps/api");
    match member.join("tsconfig.json").exists() {
        true => member,
        false => folder.to_owned(),
    }
}

/// Compiles it, with the types that it asks for itself.
pub fn build(fixture: &Fixture, folder: &Path) -> Result<Vec<OsString>> {
    let package = package(folder);
    let project = match package.join("tsconfig.build.json").exists() {
        true => "tsconfig.build.json",
        false => "tsconfig.json",
    };
    let options = json!({ "types": types(&package)?, "incremental": false });
    compile(&modules(folder)?, &package.join(project), &options)?;
    Ok(match fixture.start.as_slice() {
        [] => vec!["node".into(), package.join("dist/main.js").into()],
        words => words.iter().map(OsString::from).collect(),
    })
}

/// What there is of `@types` in the package itself: those of all applications are installed.
fn types(package: &Path) -> Result<Vec<String>> {
    let manifest = std::fs::read_to_string(package.join("package.json"))?;
    let words = manifest.split('"');
    let names = words.filter_map(|word| word.strip_prefix("@types/"));
    Ok(names.map(str::to_owned).collect())
}

/// The files of the user's that Prettier would change; generated ones have the style of Nest's starter.
pub fn unformatted(folder: &Path) -> Result<Vec<String>> {
    let output = Command::new(tool(folder, "prettier")?)
        .args(["--list-different", "**/*.ts"])
        .args(["!**/dist/**", "!**/db-postgres/**", "!**/db_postgres/**"])
        .args(["!src/health/postgres-health.*", "!tests/modules/**"])
        .current_dir(folder)
        .output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    Ok(printed.lines().map(str::to_owned).collect())
}

/// Prettier, as Nest's starter sets it up, the compiler at its strictest, and ESLint where the application has it, have
/// nothing to say.
pub fn lints(folder: &Path) -> Result<()> {
    let package = package(folder);
    let layer = walkdir::WalkDir::new(&package)
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name();
            ["dist", ".rapidkit", "tests"]
                .iter()
                .all(|aside| name != *aside)
        })
        .flatten()
        .find(|entry| {
            ["db-postgres", "db_postgres"]
                .iter()
                .any(|name| entry.file_name() == *name)
        })
        .context("there is no layer")?;
    let mut files = judged::files(layer.path())?;
    let mut patterns = vec![format!("{}/*.ts", layer.path().display())];
    for path in CORE {
        if package.join(path).exists() {
            files.push((path.into(), std::fs::read(package.join(path))?));
            patterns.push(package.join(path).display().to_string());
        }
    }
    let settings = package.join("tsconfig.json");
    files.push(("tsconfig.json".into(), std::fs::read(&settings)?));
    let is_linted = package.join("eslint.config.mjs").exists();
    files.push(("is linted".into(), vec![u8::from(is_linted)]));
    let modules = modules(folder)?;
    files.push((modules.clone(), Vec::new()));
    judged::once(files, || {
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let style = ["--no-config", "--single-quote", "--trailing-comma", "all"];
        let prettier = [&["--check"], &style[..], &patterns].concat();
        run(folder, tool(folder, "prettier")?, &prettier)?;
        if is_linted {
            run(&package, tool(folder, "eslint")?, &["src"])?;
        }
        let strict = json!({
            "types": types(&package)?,
            "incremental": false,
            "noEmit": true,
            "strict": true,
            "noImplicitOverride": true,
            "noFallthroughCasesInSwitch": true,
        });
        compile(&modules, &settings, &strict)
    })
}

/// Its tests, where it has some, and one of the indicator.
pub fn tests(folder: &Path) -> Result<()> {
    let manifest = std::fs::read_to_string(package(folder).join("package.json"))?;
    if !manifest.contains("\"jest\": {") {
        return Ok(());
    }
    if folder.join("src/db-postgres").is_dir() {
        let spec = repository().join("tests/corpus/terminus.spec.ts");
        std::fs::copy(spec, folder.join("src/terminus.spec.ts"))?;
    }
    let printed = run(folder, tool(folder, "jest")?, &["--verbose"])?;
    ensure!(
        printed.contains("needs TEST_DATABASE_URL") && printed.contains("skipped"),
        "the generated tests do not say why they did not run:\n{printed}"
    );
    ensure!(
        !printed.contains(".rapidkit"),
        "Jest finds tests among the pristine copies:\n{printed}"
    );
    Ok(())
}
