//! RK1003 and RK1004: templates read what is declared, and what is asked for is read.

use std::collections::BTreeSet;

use super::Subject;
use super::templates::{Trial, edges};
use crate::plan::framework;
use crate::types::{Code, Level};
use crate::verify::findings::Findings;

/// A branch that no trial took is looked at too: names are read off the template, not off a rendering.
pub(super) fn undeclared(subject: &Subject, findings: &mut Findings) {
    let manifest = &subject.module.manifest;
    for (name, variant) in &manifest.generation.variants {
        let mut known: BTreeSet<String> = ["name", "slug", "version"]
            .map(|name| format!("module.{name}"))
            .into();
        known.insert("profile".to_owned());
        let prompts = &subject.module.spec.prompts;
        known.extend(
            prompts
                .iter()
                .map(|prompt| format!("answers.{}", prompt.value.name)),
        );
        let samples = framework(name).map(|framework| framework.samples());
        for (_, facts) in samples.unwrap_or_default() {
            known.extend(facts.keys().map(|name| format!("facts.{name}")));
        }
        for file in &variant.value.files {
            let template = &file.template.value;
            let Ok(read) = subject.templates.variables(template) else {
                continue;
            };
            for variable in read.difference(&known) {
                let finding = findings
                    .about(Code::UndeclaredVariable, Level::Finding, template)
                    .expected("profile, module.*, answers.<a prompt>, facts.<of the framework>")
                    .actual(format!("`{variable}`, for {name}"));
                findings.add(finding);
            }
        }
    }
}

/// Two answers that give the same bytes everywhere: then one could be put in the other's place unseen, and nobody needs
/// to be asked.
pub(super) fn unused(subject: &Subject, findings: &mut Findings) {
    for prompt in subject
        .module
        .spec
        .prompts
        .iter()
        .map(|prompt| &prompt.value)
    {
        let with = |answer| {
            subject
                .trials
                .iter()
                .filter(move |trial| {
                    trial.answers.get(&prompt.name) == Some(answer)
                        && trial.answers.iter().all(|(name, other)| {
                            *name == prompt.name || is_default(subject, name, other)
                        })
                })
                .map(outputs)
                .collect::<Vec<_>>()
        };
        let default = with(&prompt.default);
        for edge in edges(prompt).iter().filter(|edge| **edge != prompt.default) {
            let other = with(edge);
            if !other.is_empty() && other == default {
                let finding = findings
                    .about(Code::UnusedAnswer, Level::Finding, "config/base.yaml")
                    .expected(format!("outputs that depend on `{}`", prompt.name))
                    .actual("outputs that are the same for different answers");
                findings.add(finding);
                break;
            }
        }
    }
}

fn is_default(subject: &Subject, name: &str, answer: &crate::types::Answer) -> bool {
    subject
        .module
        .spec
        .prompts
        .iter()
        .any(|prompt| prompt.value.name == name && prompt.value.default == *answer)
}

fn outputs(trial: &Trial) -> (&str, usize, Vec<&str>) {
    let texts = trial.rendering.files.iter().map(|file| file.text.as_str());
    (trial.framework, trial.sample, texts.collect())
}
