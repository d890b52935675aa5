//! What is run, where, and what may come of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use rapidkit_pg::project::{Project, Recovered};
use rapidkit_pg::types::Problem;
use tempfile::TempDir;

use crate::trace::{self, Point};
use crate::tree::{Node, Tree};

/// A command, the project that it starts in, and the two projects that it may leave.
pub struct Scene {
    pub name: String,
    pub arguments: &'static [&'static str],
    pub start: Tree,
    pub old: Tree,
    pub new: Tree,
    /// It starts where another run was cut off.
    pub is_recovery: bool,
    /// The run's first part is what the scene is about: up to the first system call that contains this.
    pub until: Option<&'static str>,
    points: OnceLock<Vec<Point>>,
}

pub struct Scenes {
    pub all: Vec<Scene>,
    folder: TempDir,
}

/// What a project was found to be after the next run had finished or discarded what was left.
#[derive(Debug)]
pub enum Found {
    Old,
    New,
    Torn(String),
}

const FRAMEWORKS: [&str; 4] = ["axum", "actix", "fastapi", "nestjs"];
const ADD: &[&str] = &["add", "--yes"];
const REMOVE: &[&str] = &["remove", "--yes"];
/// The version before this one.
const ADD_BEFORE: &[&str] = &[
    "add",
    "--yes",
    "--module",
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/modules/1.0.0"),
];
const UPGRADE: &[&str] = &["upgrade", "--yes"];
/// An upgrade to the same version.
const RECONFIGURE: &[&str] = &["reconfigure", "--yes", "--set", "pool_size=7"];

impl Scenes {
    /// In every framework, or in one if it is to be `short`.
    pub fn new(short: bool) -> Self {
        // In memory: thousands of projects are written, and what is proved does not depend on the disk.
        let memory = Path::new("/dev/shm");
        let mut scenes = Self {
            all: Vec::new(),
            folder: match memory.is_dir() {
                true => TempDir::new_in(memory).unwrap(),
                false => TempDir::new().unwrap(),
            },
        };
        let frameworks = if short { &FRAMEWORKS[..1] } else { &FRAMEWORKS };
        for framework in frameworks {
            let old = application(framework);
            scenes.add(format!("add, {framework}"), ADD, old);
        }
        for (index, framework) in frameworks.iter().enumerate() {
            let added = scenes.all[index].new.clone();
            scenes.add(format!("remove, {framework}"), REMOVE, added.clone());
            scenes.add(format!("reconfigure, {framework}"), RECONFIGURE, added);
            let before = scenes.after(&scenes.all[index].old, ADD_BEFORE);
            scenes.add(format!("upgrade, {framework}"), UPGRADE, before);
        }
        scenes.recoveries();
        scenes
    }

    /// A command that is run in `old`.
    fn add(&mut self, name: String, arguments: &'static [&'static str], old: Tree) {
        let new = self.after(&old, arguments);
        assert!(new != old, "{name}");
        self.all.push(Scene {
            name,
            arguments,
            new,
            start: old.clone(),
            old,
            is_recovery: false,
            until: None,
            points: OnceLock::new(),
        });
    }

    /// What a command makes of a project.
    fn after(&self, project: &Tree, arguments: &[&str]) -> Tree {
        let project = self.project(project);
        let ran = command(project.path(), arguments).output().unwrap();
        assert!(ran.status.success(), "{arguments:?}: {ran:?}");
        Tree::of(project.path())
    }

    /// The next run, after a run that was killed at a place that matters.
    fn recoveries(&mut self) {
        let add = &self.all[0];
        let cut = |call: &str, nth: u32| {
            let project = self.project(&add.old);
            let killed = kill(project.path(), add.arguments, call, nth);
            assert!(killed, "{call} {nth}");
            let left = Tree::of(project.path());
            assert!(
                left.0.contains_key(Path::new(".rapidkit/txn")),
                "{call} {nth}"
            );
            left
        };
        let scene = |name: &str, start: Tree, until| Scene {
            name: format!("recovery, {name}"),
            arguments: ADD,
            start,
            old: add.old.clone(),
            new: add.new.clone(),
            is_recovery: true,
            until,
            points: OnceLock::new(),
        };
        let removed = Some("\"txn\", AT_REMOVEDIR");
        let made = [
            scene("before the commit", cut("renameat", 1), removed),
            scene("after the commit", cut("mkdirat", 3), None),
            scene("between two files", cut("renameat2", 12), None),
            scene("while it cleans up", cut("unlinkat", 4), removed),
        ];
        // A file was edited while the run lay there: all is taken back, but for the edit.
        let edit = |mut tree: Tree| {
            let Some(Node::File { bytes, .. }) = tree.0.get_mut(Path::new("Cargo.toml")) else {
                panic!("no Cargo.toml");
            };
            bytes.extend_from_slice(b"# an edit\n");
            tree
        };
        let start = edit(cut("renameat2", 12));
        let old = edit(add.old.clone());
        let taken_back = Scene {
            old: old.clone(),
            new: old,
            ..scene("that takes back", start, None)
        };
        self.all.extend(made);
        self.all.push(taken_back);
    }

    /// Keeps the scenes whose name has one of these words; all if there are none.
    pub fn keep(&mut self, words: &[String]) {
        let is_named = |scene: &Scene| words.iter().any(|word| scene.name.contains(word));
        self.all.retain(|scene| words.is_empty() || is_named(scene));
    }

    /// A new project like `tree`.
    pub fn project(&self, tree: &Tree) -> TempDir {
        let folder = TempDir::new_in(self.folder.path()).unwrap();
        tree.make(folder.path());
        folder
    }
}

impl Scene {
    /// Every system call of its run.
    pub fn points(&self, scenes: &Scenes) -> Vec<Point> {
        self.points
            .get_or_init(|| trace::points(scenes, self))
            .clone()
    }

    /// What a project is after recovery.
    pub fn find(&self, root: &Path) -> Found {
        // Files that were edited are named, and stay: an error, and no torn project.
        let recovered = recover(root);
        let now = Tree::of(root);
        if now == self.old {
            Found::Old
        } else if now == self.new {
            Found::New
        } else {
            let [old, new] = [&self.old, &self.new].map(|tree| now.differences(tree));
            Found::Torn(format!(
                "recovery: {recovered:?}\n  not the old one: {old}\n  not the new one: {new}"
            ))
        }
    }
}

/// What the next run does first.
pub fn recover(root: &Path) -> Result<Option<Recovered>, Problem> {
    let project = Project::open(root)?;
    let (_, recovered) = project.writer()?;
    Ok(recovered)
}

/// A small application of a framework, with a file and a mode that the command has no business with.
fn application(framework: &str) -> Tree {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut tree = Tree::of(&fixtures.join(framework).join("plain"));
    let bytes = b"#!/bin/sh\n".to_vec();
    let own = Node::File { mode: 0o750, bytes };
    tree.0.insert(PathBuf::from("run.sh"), own);
    tree
}

/// The command in a project, with no terminal and no settings from outside.
pub fn command(project: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rapidkit-pg"));
    command.args(arguments);
    clean(&mut command, project);
    command
}

/// The command under `strace`.
pub fn traced(project: &Path, arguments: &[&str], options: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command
        .args(["-qq", "-o", "/dev/null"])
        .args(options)
        .arg(env!("CARGO_BIN_EXE_rapidkit-pg"))
        .args(arguments);
    clean(&mut command, project);
    command
}

/// Runs the command and kills it at the `nth` call of this name by its first thread; `false` if it got through.
fn kill(project: &Path, arguments: &[&str], call: &str, nth: u32) -> bool {
    let inject = format!("inject={call}:signal=KILL:when={nth}");
    let options = ["-e", &format!("trace={call}"), "-e", &inject];
    !traced(project, arguments, &options)
        .output()
        .unwrap()
        .status
        .success()
}

fn clean(command: &mut Command, project: &Path) {
    command
        .current_dir(project)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", project)
        .stdin(Stdio::null());
}
