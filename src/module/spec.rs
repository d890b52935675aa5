use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_yaml::Spanned;

use crate::types::Answer;

/// `config/base.yaml`: the questions asked before generation, and the packages that generated code needs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "RapidKit module: prompts and dependencies")]
pub struct Spec {
    /// Asked in this order.
    #[schemars(with = "Vec<Prompt>")]
    pub prompts: Vec<Spanned<Prompt>>,
    /// Framework → packages.
    pub dependencies: BTreeMap<String, Vec<Package>>,
}

/// A question and its default answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// Templates read it as `answers.<name>`.
    pub name: String,
    /// What is asked, one line.
    pub ask: String,
    /// What the answer changes, and its unit.
    pub help: String,
    #[serde(rename = "type")]
    pub kind: PromptType,
    pub default: Answer,
    /// Smallest integer that is accepted.
    pub min: Option<i64>,
    /// Largest integer, or longest text in characters, that is accepted.
    pub max: Option<i64>,
}

/// What an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PromptType {
    Integer,
    Boolean,
    /// One line of text without control characters.
    String,
}

/// A package of the framework's ecosystem.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Package {
    pub name: String,
    /// A requirement in the ecosystem's syntax.
    pub version: String,
    /// Another requirement that serves as well where the project has it already.
    #[serde(default)]
    pub also: Option<String>,
    #[serde(default)]
    pub features: Vec<String>,
    /// Whether the package's default features are wanted.
    #[serde(default = "yes", rename = "default-features")]
    pub default_features: bool,
    /// Needed by tests only.
    #[serde(default)]
    pub dev: bool,
    /// The package is wanted only where this fact about the project is true, or in this profile: `sqlx_0_8`, `!sqlx_0_8`,
    /// `rapidkit`.
    #[serde(default)]
    pub when: Option<String>,
}

fn yes() -> bool {
    true
}

impl Prompt {
    /// Reads an answer typed by a person or given with `--set`.
    ///
    /// # Errors
    /// What is accepted, one line.
    pub fn parse(&self, text: &str) -> Result<Answer, String> {
        let answer = match self.kind {
            PromptType::Integer => text.parse().map(Answer::Integer).ok(),
            PromptType::Boolean => text.parse().map(Answer::Boolean).ok(),
            PromptType::String => Some(Answer::String(text.to_owned())),
        };
        answer
            .filter(|answer| self.accepts(answer))
            .ok_or_else(|| self.expected())
    }

    /// Whether `answer` has the prompt's type and lies within its bounds.
    pub fn accepts(&self, answer: &Answer) -> bool {
        let within =
            |n: i64| self.min.is_none_or(|min| n >= min) && self.max.is_none_or(|max| n <= max);
        match (self.kind, answer) {
            (PromptType::Integer, Answer::Integer(value)) => within(*value),
            (PromptType::Boolean, Answer::Boolean(_)) => true,
            (PromptType::String, Answer::String(text)) => {
                within(i64::try_from(text.chars().count()).unwrap_or(i64::MAX))
                    && !text.chars().any(char::is_control)
            }
            _ => false,
        }
    }

    /// What an answer must be, for people.
    pub fn expected(&self) -> String {
        let bounds = match (self.min, self.max) {
            (Some(min), Some(max)) => format!(" from {min} to {max}"),
            (Some(min), None) => format!(", at least {min}"),
            (None, Some(max)) => format!(", at most {max}"),
            (None, None) => String::new(),
        };
        match self.kind {
            PromptType::Integer => format!("a whole number{bounds}"),
            PromptType::Boolean => "`true` or `false`".to_owned(),
            PromptType::String => match self.max {
                Some(max) => format!(
                    "one line of at most {max} characters, none of them a control character"
                ),
                None => "one line without control characters".to_owned(),
            },
        }
    }
}
