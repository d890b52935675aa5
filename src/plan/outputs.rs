use std::collections::{BTreeMap, BTreeSet};

use crate::frameworks::Framework;
use crate::module::{self, Module};
use crate::render::{Context, Renderer};
use crate::types::{Answer, Facts, FileKind, Problem, Profile, ProjectPath};

/// One rendered template.
#[derive(Debug)]
pub struct Output {
    pub template: String,
    /// Below the package, as `module.yaml` says.
    pub path: ProjectPath,
    pub kind: FileKind,
    pub text: String,
}

/// What outputs depend on.
#[derive(Debug, Default)]
pub struct Used {
    /// The answers that a template read.
    pub answers: BTreeMap<String, Answer>,
    /// The facts that a template or a place depends on.
    pub facts: Facts,
}

/// Renders what `framework` gets of a module, and hands over one output after the other.
///
/// # Errors
/// A template that cannot be rendered, or a condition on a fact that the framework does not have.
pub fn render(
    module: &Module,
    renderer: &Renderer,
    framework: &dyn Framework,
    profile: Profile,
    answers: &BTreeMap<String, Answer>,
    facts: &Facts,
    each: &mut dyn FnMut(Output),
) -> Result<Used, Problem> {
    let context = context(module, profile, answers, facts);
    let mut used: BTreeSet<String> = framework
        .own_facts()
        .iter()
        .map(|name| format!("facts.{name}"))
        .collect();
    let packages = module.spec.dependencies.get(framework.name());
    let conditions = packages
        .into_iter()
        .flatten()
        .filter_map(|p| p.when.as_deref());
    used.extend(conditions.map(|condition| format!("facts.{}", module::subject(condition))));
    for file in &module.variant(framework.name())?.files {
        if let Some(condition) = &file.when {
            used.insert(format!("facts.{}", module::subject(condition)));
            let of = format!("the output {}", file.output.value);
            let holds = module::holds(condition, profile, facts, &of);
            if !holds.map_err(|problem| problem.in_file("module.yaml"))? {
                continue;
            }
        }
        let template = &file.template.value;
        used.extend(renderer.variables(template)?);
        each(Output {
            template: template.clone(),
            path: file.output.value.parse()?,
            kind: file.kind.value,
            text: renderer.render(template, &context)?,
        });
    }
    // A value that nothing depends on would be recorded and never checked.
    let is_used =
        |map: &str, name: &str| used.contains(map) || used.contains(&format!("{map}.{name}"));
    let mut answers = answers.clone();
    answers.retain(|name, _| is_used("answers", name));
    let mut facts = facts.clone();
    facts.retain(|name, _| is_used("facts", name));
    Ok(Used { answers, facts })
}

/// What the templates of a module see.
pub fn context(
    module: &Module,
    profile: Profile,
    answers: &BTreeMap<String, Answer>,
    facts: &Facts,
) -> Context {
    Context {
        profile: profile.name(),
        module: BTreeMap::from([
            ("name", module.manifest.name.value.clone()),
            ("slug", module.manifest.slug.value.clone()),
            ("version", module.manifest.version.value.to_string()),
        ]),
        answers: answers.clone(),
        facts: facts.clone(),
    }
}
