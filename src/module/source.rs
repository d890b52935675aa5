use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use include_dir::{Dir, include_dir};
use walkdir::WalkDir;

use super::sums::SUMS;
use crate::types::{Problem, ProjectPath};

/// The bytes of every file of a module, by path; borrowed where the binary carries them.
pub type ModuleFiles = BTreeMap<ProjectPath, Cow<'static, [u8]>>;

const DIRECTORIES: [&str; 3] = ["config", "docs", "templates"];
const ROOT_FILES: [&str; 2] = ["module.yaml", SUMS];
const LARGEST_FILE: u64 = 4 << 20;
const MOST_FILES: usize = 10_000;

static CONFIG: Dir = include_dir!("$CARGO_MANIFEST_DIR/config");
static DOCS: Dir = include_dir!("$CARGO_MANIFEST_DIR/docs");
static TEMPLATES: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The module that the binary carries.
pub fn embedded() -> ModuleFiles {
    let mut files = ModuleFiles::new();
    let mut put = |path: &str, bytes: &'static [u8]| {
        if let Ok(path) = path.parse() {
            files.insert(path, Cow::Borrowed(bytes));
        }
    };
    put("module.yaml", include_bytes!("../../module.yaml"));
    put(SUMS, include_bytes!("../../module.sums"));
    for (name, directory) in DIRECTORIES.iter().zip([&CONFIG, &DOCS, &TEMPLATES]) {
        let mut open = vec![directory];
        while let Some(directory) = open.pop() {
            for file in directory.files() {
                put(&format!("{name}/{}", slashed(file.path())), file.contents());
            }
            open.extend(directory.dirs());
        }
    }
    files
}

/// A module on disk. Only what belongs to a module is read, so that a repository may hold it beside its own sources.
///
/// # Errors
/// No `module.yaml`; a link, device or unsafe name; a file over 4 MiB or more than 10,000 files; unreadable.
pub fn from_directory(root: &Path) -> Result<ModuleFiles, Problem> {
    let mut files = ModuleFiles::new();
    for name in ROOT_FILES {
        if root.join(name).exists() {
            files.insert(parse(name)?, read(root, name)?);
        }
    }
    for directory in DIRECTORIES {
        let entries = WalkDir::new(root.join(directory)).sort_by_file_name();
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error)
                    if error
                        .io_error()
                        .is_some_and(|e| e.kind() == std::io::ErrorKind::NotFound) =>
                {
                    break;
                }
                Err(error) => {
                    return Err(Problem::input(format!("cannot read the module: {error}")));
                }
            };
            let path = slashed(entry.path().strip_prefix(root).unwrap_or(entry.path()));
            if entry.file_type().is_dir() {
                continue;
            }
            if !entry.file_type().is_file() {
                return Err(Problem::input(format!(
                    "`{}` in the module is neither a file nor a directory",
                    path.escape_debug()
                ))
                .help("a module holds regular files only; put a copy in place of a link"));
            }
            if files.len() >= MOST_FILES {
                return Err(Problem::input(format!(
                    "the module has more than {MOST_FILES} files"
                )));
            }
            files.insert(parse(&path)?, read(root, &path)?);
        }
    }
    if files.contains_key(&parse("module.yaml")?) {
        Ok(files)
    } else {
        Err(Problem::input(format!(
            "`{}` is no module: it has no module.yaml",
            root.display()
        ))
        .help("`--module` wants a module's root, the directory that holds module.yaml"))
    }
}

fn parse(path: &str) -> Result<ProjectPath, Problem> {
    path.parse()
        .map_err(|error| Problem::input(format!("the module has an {error}")))
}

fn read(root: &Path, path: &str) -> Result<Cow<'static, [u8]>, Problem> {
    let fault =
        |what: String| Problem::input(format!("cannot read `{path}` of the module: {what}"));
    let full = root.join(path);
    let metadata = full
        .symlink_metadata()
        .map_err(|error| fault(error.to_string()))?;
    if !metadata.is_file() {
        return Err(fault("it is not a regular file".to_owned()));
    }
    if metadata.len() > LARGEST_FILE {
        return Err(fault("it is larger than 4 MiB".to_owned()));
    }
    match std::fs::read(full) {
        Ok(bytes) => Ok(Cow::Owned(bytes)),
        Err(error) => Err(fault(error.to_string())),
    }
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
