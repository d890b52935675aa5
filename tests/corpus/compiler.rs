//! The TypeScript compiler, one process for all applications.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::fixture::repository;

static RUNNING: Mutex<Option<Compiler>> = Mutex::new(None);

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
    let compiler = match &mut *running {
        Some(compiler) => compiler,
        none => none.insert(Compiler::start(modules)?),
    };
    let question = serde_json::json!({ "project": project, "options": options });
    let errors = compiler.ask(&question)?;
    ensure!(errors.is_empty(), "{}:\n{errors}", project.display());
    Ok(())
}

/// Ends the process, if there is one.
pub fn stop() {
    let running = RUNNING
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(mut compiler) = running {
        drop(compiler.questions);
        let _ = compiler.process.wait();
    }
}
