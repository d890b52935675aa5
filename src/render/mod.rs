//! The one minijinja environment and its policy: undefined is an error, nothing is escaped by guess, and no text
//! reaches an output unless an encoder for its place there has seen it.

mod encode;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use crate::types::{Answer, Facts, Problem};

/// The values that templates see.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Context {
    /// The profile's name.
    pub profile: &'static str,
    pub module: BTreeMap<&'static str, String>,
    pub answers: BTreeMap<String, Answer>,
    pub facts: Facts,
}

/// The compiled templates of a module.
pub struct Renderer<'m> {
    texts: BTreeMap<&'m str, &'m str>,
    environment: Environment<'m>,
}

impl<'m> Renderer<'m> {
    /// Compiles templates: path → text.
    ///
    /// # Errors
    /// A template that does not parse, at its line.
    pub fn new(texts: BTreeMap<&'m str, &'m str>) -> Result<Self, Problem> {
        let mut environment = environment()?;
        for (name, text) in texts.iter().filter(|(name, _)| name.ends_with(".j2")) {
            environment
                .add_template(name, text)
                .map_err(|error| problem(&error, name, text))?;
        }
        Ok(Self { texts, environment })
    }

    /// Renders a template; one without `.j2` is copied.
    ///
    /// # Errors
    /// An undefined variable, or a value that no encoder has seen, at its line.
    pub fn render(&self, template: &str, context: &Context) -> Result<String, Problem> {
        let text = self.texts.get(template).copied().unwrap_or_default();
        if !template.ends_with(".j2") {
            return Ok(text.to_owned());
        }
        self.environment
            .get_template(template)
            .and_then(|compiled| compiled.render(Serde(context)))
            .map_err(|error| problem(&error, template, text))
    }

    /// The names that a template reads, dotted: `answers.pool_size`, `facts.axum`.
    ///
    /// # Errors
    /// The template is not there.
    pub fn variables(&self, template: &str) -> Result<BTreeSet<String>, Problem> {
        if !template.ends_with(".j2") {
            return Ok(BTreeSet::new());
        }
        let compiled = self
            .environment
            .get_template(template)
            .map_err(|error| problem(&error, template, ""))?;
        Ok(compiled.undeclared_variables(true).into_iter().collect())
    }
}

/// What one template may take, in minijinja's fuel: one an instruction, and one for each 64 bytes of what it makes, so that
/// 4 MiB is the most. The module in this repository takes 355 for its largest one.
const MOST_WORK: u64 = (4 << 20) / 64;

fn environment<'m>() -> Result<Environment<'m>, Problem> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .keep_trailing_newline(true)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(|error| Problem::input(error.to_string()))?;
    environment.set_syntax(syntax);
    environment.set_fuel(Some(MOST_WORK));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_debug(true);
    environment.set_formatter(|out, _, value| {
        if value.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        if value.is_number() || value.is_safe() {
            return Ok(write!(out, "{value}")?);
        }
        Err(Error::new(
            ErrorKind::BadEscape,
            "a value needs an encoder for its place, such as `| rust_string`",
        ))
    });
    for (name, encode) in encode::ENCODERS {
        environment.add_filter(*name, move |value: Value| -> Result<Value, Error> {
            let text = match value.as_str() {
                Some(text) => text.to_owned(),
                None if value.is_undefined() => return Err(Error::from(ErrorKind::UndefinedError)),
                None => value.to_string(),
            };
            encode(&text)
                .map(Value::from_safe_string)
                .map_err(|reason| Error::new(ErrorKind::BadEscape, reason))
        });
    }
    Ok(environment)
}

fn problem(error: &Error, template: &str, text: &str) -> Problem {
    let message = match error.detail() {
        _ if error.kind() == ErrorKind::OutOfFuel => {
            "this is too much work, or makes too much text".to_owned()
        }
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    let line_start = |line: usize| {
        text.split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum::<usize>()
    };
    let span = error
        .range()
        .or_else(|| error.line().map(|line| line_start(line)..line_start(line)))
        .unwrap_or(0..0);
    Problem::input(format!("cannot render the template {template}"))
        .at(template, text, span, message)
}
