//! What git knows, by its own plumbing and without a shell. A library that reads packed repositories is a hundred crates;
//! whoever has a baseline has git.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::types::Problem;

const LARGEST: usize = 4 << 20;
/// A path is no pattern.
const LITERAL: &str = "--literal-pathspecs";

/// A revision of a repository that a directory lies in.
#[derive(Debug)]
pub struct Revision {
    /// The root of its work tree.
    repository: PathBuf,
    /// The directory, from there.
    below: PathBuf,
    commit: String,
}

impl Revision {
    /// Resolves `name`: a branch, a tag, a commit of the repository that the directory lies in.
    ///
    /// # Errors
    /// No git, no repository, no such revision, or more than one.
    pub fn resolve(directory: &Path, name: &str) -> Result<Self, Problem> {
        let repository = repositories(directory)
            .next()
            .ok_or_else(|| Problem::input("in no git repository").help("verify a clone"))?;
        Self::of(directory, repository, name)?.ok_or_else(|| {
            Problem::input(format!(
                "git knows no revision `{}` here",
                name.escape_debug()
            ))
            .help("`git fetch`; in a shallow clone, which has the last commit only, `git fetch --unshallow`")
        })
    }

    /// As [`Self::resolve`], and then the revision of this name of each repository around that one, where there is one: what
    /// was a directory of the outer one may have become a submodule.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn every(directory: &Path, name: &str) -> Result<Vec<Self>, Problem> {
        let mut revisions = vec![Self::resolve(directory, name)?];
        for repository in repositories(directory).skip(1) {
            revisions.extend(Self::of(directory, repository, name)?);
        }
        Ok(revisions)
    }

    fn of(directory: &Path, repository: PathBuf, name: &str) -> Result<Option<Self>, Problem> {
        if !is_one(&repository, name)? {
            return Ok(None);
        }
        let commit = format!("{name}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--end-of-options", &commit];
        let directory = directory.canonicalize().unwrap_or_default();
        let below = directory.strip_prefix(&repository).map(Path::to_owned);
        Ok(run(&repository, arguments)?.map(|bytes| Self {
            commit: String::from_utf8_lossy(&bytes).trim().to_owned(),
            below: below.unwrap_or_default(),
            repository,
        }))
    }

    /// The bytes of the file at `path`, which is relative to the directory; `None` if it was not there.
    ///
    /// # Errors
    /// Git cannot be run or cannot read it, or the file is larger than 4 MiB.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Problem> {
        let file = self.below.join(path);
        let arguments = [LITERAL, "ls-tree", "-z", &self.commit, "--"].map(OsStr::new);
        let listed = run(
            &self.repository,
            arguments.iter().chain([&file.as_os_str()]),
        )?;
        // `100644 blob 0123…\tpath`
        let entry = match listed {
            Some(bytes) if bytes.is_empty() => return Ok(None),
            Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            None => return Err(lacking(path)),
        };
        let object = entry.split([' ', '\t']).nth(2).unwrap_or_default();
        match run(&self.repository, ["cat-file", "blob", object])? {
            Some(bytes) if bytes.len() > LARGEST => {
                Err(Problem::input("larger than 4 MiB at the baseline").in_file(path))
            }
            Some(bytes) => Ok(Some(bytes)),
            None => Err(lacking(path)),
        }
    }

    /// The files in and below the directory whose paths, relative to it, are `wanted`.
    ///
    /// # Errors
    /// Git cannot be run, or cannot list them.
    pub fn files(&self, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Problem> {
        let fault = |reason: String| Problem::input(format!("git cannot list files: {reason}"));
        let arguments = [
            LITERAL,
            "ls-tree",
            "-r",
            "-z",
            "--name-only",
            &self.commit,
            "--",
        ];
        let mut git = git(&self.repository, arguments);
        if self.below != Path::new("") {
            git.arg(&self.below);
        }
        let mut git = git
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| fault(error.to_string()))?;
        let mut files = Vec::new();
        for path in git
            .stdout
            .take()
            .into_iter()
            .flat_map(|out| BufReader::new(out).split(0))
        {
            let path = path.map_err(|error| fault(error.to_string()))?;
            let path = PathBuf::from(OsString::from_vec(path));
            if let Ok(path) = path.strip_prefix(&self.below)
                && wanted(path)
            {
                files.push(path.to_owned());
            }
        }
        match git.wait() {
            Ok(status) if status.success() => Ok(files),
            Ok(status) => Err(fault(status.to_string())),
            Err(error) => Err(fault(error.to_string())),
        }
    }

    /// The commit's hash.
    pub fn commit(&self) -> &str {
        &self.commit
    }
}

/// The roots of the work trees that a directory lies in, the innermost first. Git's own search would also take a directory
/// for a repository that only has the files of a bare one, and those can be committed.
pub fn repositories(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let directory = directory.canonicalize().unwrap_or_default();
    let roots: Vec<PathBuf> = directory
        .ancestors()
        .filter(|root| root.join(".git").symlink_metadata().is_ok())
        .map(Path::to_owned)
        .collect();
    roots.into_iter()
}

/// Whether `name` may be resolved. Git takes a tag before a branch of another repository, `origin/main` for one, and a name
/// before the beginning of a hash. A name in full is that and no other; `false` if it is not there.
fn is_one(repository: &Path, name: &str) -> Result<bool, Problem> {
    let end = [name.find(['^', '~', ':']), name.find("@{")];
    let (base, _) = name.split_at(end.into_iter().flatten().min().unwrap_or(name.len()));
    let is_full = base.starts_with("refs/");
    let candidates: Vec<String> = match is_full {
        true => vec![base.to_owned()],
        false => ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"]
            .map(|place| format!("{place}{base}"))
            .into_iter()
            .chain([format!("refs/remotes/{base}/HEAD")])
            .collect(),
    };
    let arguments = ["for-each-ref", "--format=%(refname)"].map(str::to_owned);
    let listed = run(repository, arguments.iter().chain(&candidates))?.unwrap_or_default();
    let listed = String::from_utf8_lossy(&listed).into_owned();
    // A pattern matches what lies below, too.
    let mut found: Vec<&str> = listed
        .lines()
        .filter(|name| candidates.iter().any(|candidate| candidate == name))
        .collect();
    let is_short_hash =
        (4..40).contains(&base.len()) && base.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hashes = match is_short_hash && !found.is_empty() {
        true => run(repository, ["rev-parse", &format!("--disambiguate={base}")])?,
        false => None,
    };
    let hashes = String::from_utf8_lossy(&hashes.unwrap_or_default()).into_owned();
    found.extend(hashes.lines());
    if let [first, _, ..] = found[..] {
        let could_be = found.join(" or ");
        return Err(Problem::input(format!("`{base}` could be {could_be}"))
            .help(format!("name one in full, as `--baseline {first}`")));
    }
    Ok(!is_full || !found.is_empty())
}

fn lacking(path: &str) -> Problem {
    Problem::input("git cannot read what was there at the baseline")
        .in_file(path)
        .help("`git fetch --refetch --no-filter`: a partial clone has the files of the last commit only")
}

/// A question that git answers beside other work.
pub struct Ignored(Option<Child>);

impl Ignored {
    /// Asks which of `paths`, relative to the directory, git leaves out of a commit.
    pub fn ask<'p>(directory: &Path, paths: impl Iterator<Item = &'p str>) -> Self {
        let arguments = ["check-ignore", "--"].into_iter().chain(paths);
        Self(start(directory, arguments).ok())
    }

    /// Those paths; none where there is no git.
    pub fn paths(self) -> Vec<String> {
        let answer = self.0.and_then(|child| finish(child).ok()?);
        let listed = answer.unwrap_or_default();
        let listed = String::from_utf8_lossy(&listed);
        listed.lines().map(str::to_owned).collect()
    }
}

/// Standard output, `None` if git refused.
fn run(
    directory: &Path,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<Option<Vec<u8>>, Problem> {
    finish(start(directory, arguments)?)
}

fn start(
    directory: &Path,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<Child, Problem> {
    git(directory, arguments)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))
}

fn finish(mut child: Child) -> Result<Option<Vec<u8>>, Problem> {
    // `Child::wait_with_output` panics where the pipe cannot be read.
    let mut printed = Vec::new();
    let pipe = child.stdout.take();
    let read = pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut printed));
    let status = child.wait().map_err(|error| failed(&error))?;
    read.map_err(|error| failed(&error))?;
    Ok(status.success().then_some(printed))
}

fn failed(error: &std::io::Error) -> Problem {
    Problem::input(format!("cannot run git: {error}"))
}

fn git(directory: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut git = Command::new("git");
    git.current_dir(directory)
        // A directory with the files of a bare repository is none.
        .args(["-c", "safe.bareRepository=explicit"])
        .args(arguments)
        // A repository's own settings must not make git fetch, ask or write.
        .env("GIT_NO_LAZY_FETCH", "1")
        // As much for a git that does not know that one.
        .env("GIT_ALLOW_PROTOCOL", "none")
        // A hook's, which would be taken for every directory's.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    git
}
