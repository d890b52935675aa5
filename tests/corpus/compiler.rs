//! The TypeScript compiler, one process for all applications that have it from the same packages.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::fixture::repository;

static RUNNING: Mutex<BTreeMap<PathBuf, Compiler>> = Mutex::new(BTreeMap::new());

struct Compiler {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Compiler {
    fn start(modules: &Path) -> Result<Self> {
        let mut process = Command::new("node")
            .arg(repository().join("tests/corpus/compile.js"))
            .arg(modules)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node")?;
        Ok(Self {
            questions: process.stdin.take().context("no stdin")?,
            answers: BufReader::new(process.stdout.take().context("no stdout")?),
            process,
        })
    }

    fn ask(&mut self, question: &Value) -> Result<String> {
        writeln!(self.questions, "{question}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        serde_json::from_str(&answer).context("the compiler ended")
    }
}

/// Compiles the project of a `tsconfig.json`; `options` win over its own.
pub fn compile(modules: &Path, project: &Path, options: &Value) -> Result<()> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let compiler = match running.entry(modules.to_owned()) {
        Entry::Occupied(entry) => entry.into_mut(),
        Entry::Vacant(entry) => entry.insert(Compiler::start(modules)?),
    };
    let question = serde_json::json!({ "project": project, "options": options });
    let errors = compiler.ask(&question)?;
    ensure!(errors.is_empty(), "{}:\n{errors}", project.display());
    Ok(())
}

/// Ends all that run.
pub fn stop() {
    let running = std::mem::take(&mut *RUNNING.lock().unwrap_or_else(PoisonError::into_inner));
    for mut compiler in running.into_values() {
        drop(compiler.questions);
        let _ = compiler.process.wait();
    }
}
