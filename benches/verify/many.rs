//! A project with as many vendor files as a lock can record.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{command, run, shop};

/// Beside these the lock records `.rapidkit/.gitattributes` and `.rapidkit/.ignore`.
const OUTPUTS: usize = 9_998;
/// A module holds 10,000 files at most, `module.yaml` and the like among them; the first templates have two outputs.
const TEMPLATES: usize = 9_990;
const SIZE: usize = 8 << 10;

pub struct Many {
    pub project: PathBuf,
    pub module: PathBuf,
    /// What `sha256sum -c` reads, in the project's root.
    pub sums: PathBuf,
    pub count: usize,
}

pub fn make(folder: &Path) -> Many {
    let made = Many {
        project: folder.join("project"),
        module: folder.join("module"),
        sums: folder.join("sums"),
        count: OUTPUTS + 2,
    };
    shop::make(&made.project);
    module(&made.module);
    run(
        &mut command(&made.module, &["-q", "lock", "--overwrite"]),
        0,
    );
    // A generated file has two records, a block of a file where the block stands already has only that of its pristine copy.
    std::fs::create_dir_all(made.project.join("f")).expect("a folder");
    for number in 0..OUTPUTS {
        std::fs::write(
            made.project.join(output(number)),
            "# >>> many\n# <<< many\n",
        )
        .expect("a file");
    }
    let from = made.module.to_str().expect("UTF-8");
    let add = ["-q", "add", "many", "--yes", "--no-wire", "--module", from];
    run(&mut command(&made.project, &add), 0);
    let sums = Command::new("sh")
        .args([
            "-c",
            "find .rapidkit/vendor -type f | sort | xargs sha256sum",
        ])
        .current_dir(&made.project)
        .output()
        .expect("sha256sum");
    let lines = sums.stdout.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(lines, OUTPUTS);
    std::fs::write(&made.sums, sums.stdout).expect("a file");
    made
}

fn output(number: usize) -> String {
    format!("f/{number:04}")
}

fn template(number: usize) -> String {
    format!("templates/{:04}", number % TEMPLATES)
}

fn module(root: &Path) {
    for directory in ["config", "docs", "templates"] {
        std::fs::create_dir_all(root.join(directory)).expect("a folder");
    }
    let write = |path: &str, text: &str| std::fs::write(root.join(path), text).expect("a file");
    let mut manifest = String::from(
        "name: many\nslug: bench/many\nversion: 1.0.0\nsummary: Many files\nlicense: MIT\n\
         compatibility:\n  rapidkit-pg: \">=1.0.0\"\n  postgresql: any\n  frameworks:\n    axum: \">=0.7\"\n\
         capabilities: []\ndocumentation: {}\nhooks:\n  runtime: []\n\
         generation:\n  variants:\n    axum:\n      files:\n",
    );
    for number in 0..OUTPUTS {
        writeln!(
            manifest,
            "        - {{ template: {}, output: {}, kind: block }}",
            template(number),
            output(number)
        )
        .expect("a string");
    }
    write("module.yaml", &manifest);
    write(
        "config/base.yaml",
        "prompts: []\ndependencies:\n  axum: []\n",
    );
    for number in 0..TEMPLATES {
        let line = format!("A_SETTING_OF_FILE_{number}=1\n");
        let mut text = line.repeat(SIZE / line.len() + 1);
        text.truncate(SIZE - 1);
        write(&template(number), &(text + "\n"));
    }
}
