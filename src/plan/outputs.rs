use std::collections::{BTreeMap, BTreeSet};

use crate::module::{Module, TemplateFile};
use crate::render::{Context, Renderer};
use crate::types::{Answer, Facts, FileKind, Problem, ProjectPath};

/// One rendered template.
#[derive(Debug)]
pub struct Output {
    pub template: String,
    /// Below the package, as `module.yaml` says.
    pub path: ProjectPath,
    pub kind: FileKind,
    pub text: String,
}

/// All outputs of a framework's variant, and the facts that they depend on.
#[derive(Debug)]
pub struct Outputs {
    pub files: Vec<Output>,
    pub facts: Facts,
}

/// Renders what `framework` gets of a module.
///
/// # Errors
/// A template that cannot be rendered, or a condition on a fact that the framework does not have.
pub fn render(
    module: &Module,
    framework: &str,
    answers: &BTreeMap<String, Answer>,
    facts: &Facts,
) -> Result<Outputs, Problem> {
    let renderer = Renderer::new(module.templates()?)?;
    let context = Context {
        module: BTreeMap::from([
            ("name", module.manifest.name.value.clone()),
            ("slug", module.manifest.slug.value.clone()),
            ("version", module.manifest.version.value.to_string()),
        ]),
        answers: answers.clone(),
        facts: facts.clone(),
    };
    let mut files = Vec::new();
    let mut used = BTreeSet::new();
    for file in &module.variant(framework)?.files {
        if let Some(condition) = &file.when {
            used.insert(condition.trim_start_matches('!').to_owned());
            if !holds(condition, facts, file)? {
                continue;
            }
        }
        let template = &file.template.value;
        let reads = renderer.variables(template)?;
        used.extend(
            reads
                .iter()
                .filter_map(|name| name.strip_prefix("facts."))
                .map(str::to_owned),
        );
        files.push(Output {
            template: template.clone(),
            path: file
                .output
                .value
                .parse()
                .map_err(|error| Problem::input(format!("{error}")))?,
            kind: file.kind.value,
            text: renderer.render(template, &context)?,
        });
    }
    let facts = facts
        .iter()
        .filter(|(name, _)| used.contains(*name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Ok(Outputs { files, facts })
}

fn holds(condition: &str, facts: &Facts, file: &TemplateFile) -> Result<bool, Problem> {
    let name = condition.trim_start_matches('!');
    let fact = facts.get(name).and_then(serde_json::Value::as_bool);
    match fact {
        Some(value) => Ok(value != condition.starts_with('!')),
        None => Err(Problem::input(format!(
            "`when: {condition}` of the output {} asks for a fact that the framework does not have",
            file.output.value
        ))
        .in_file("module.yaml")),
    }
}
