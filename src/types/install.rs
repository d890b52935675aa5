use std::fmt;

use super::{ProjectPath, shell_word};

/// How the packages that a manifest asks for are installed: commands, each after the one before has succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// Where they run.
    pub directory: ProjectPath,
    /// Program and arguments.
    pub commands: Vec<Vec<String>>,
}

impl Install {
    /// A command of words without spaces in them; `&&` between commands.
    pub fn new(directory: &ProjectPath, line: &str) -> Self {
        let words = |command: &str| command.split_whitespace().map(str::to_owned).collect();
        Self {
            directory: directory.clone(),
            commands: line.split("&&").map(words).collect(),
        }
    }
}

/// As a person types it in the project's root.
impl fmt::Display for Install {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.directory.is_root() {
            write!(f, "cd {} && ", shell_word(self.directory.as_str().as_ref()))?;
        }
        // Some shells take brackets for a pattern.
        let word = |word: &String| match word.contains('[') {
            true => format!("'{word}'"),
            false => word.clone(),
        };
        let line = |words: &Vec<String>| words.iter().map(word).collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = self.commands.iter().map(line).collect();
        f.write_str(&lines.join(" && "))
    }
}
