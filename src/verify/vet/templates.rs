//! RK1001 and RK1002: every template, for every framework, every kind of target and the edges of every answer.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::fails;
use crate::frameworks::Framework;
use crate::module::{Prompt, PromptType};
use crate::plan::{Rendering, Templates, check_syntax, framework};
use crate::types::{Answer, Code, Facts, Level, Problem, Profile, ProjectPath, Target};
use crate::verify::findings::Findings;

/// One rendering that worked.
pub(super) struct Trial {
    pub framework: &'static str,
    /// Which of the framework's kinds of target.
    pub sample: usize,
    pub answers: BTreeMap<String, Answer>,
    pub rendering: Rendering,
}

pub(super) fn check(templates: &Templates, findings: &mut Findings) -> Vec<Trial> {
    let mut trials = Vec::new();
    for name in templates.module.manifest.generation.variants.keys() {
        let framework = match framework(name) {
            Ok(framework) => framework,
            Err(problem) => {
                let finding = findings
                    .about(Code::TemplateFails, Level::Finding, "module.yaml")
                    .expected("a framework that rapidkit-pg knows")
                    .actual(problem.message);
                findings.add(finding);
                continue;
            }
        };
        trials.extend(of_framework(templates, framework, findings));
    }
    trials
}

fn of_framework(
    templates: &Templates,
    framework: &'static dyn Framework,
    findings: &mut Findings,
) -> Vec<Trial> {
    let samples = framework.samples().into_iter().enumerate();
    let cases = samples.flat_map(|(sample, kind)| {
        answers(templates)
            .into_iter()
            .map(move |answers| (sample, kind.clone(), answers))
    });
    let tried: Vec<Result<Trial, Box<Problem>>> = cases
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(sample, kind, answers)| {
            one(templates, framework, sample, kind, answers).map_err(Box::new)
        })
        .collect();
    let mut trials = Vec::new();
    for trial in tried {
        match trial {
            Ok(trial) => trials.push(trial),
            Err(problem) => fails(
                findings,
                &problem,
                "a template that renders for every answer that is accepted",
            ),
        }
    }
    parse(&trials, findings);
    trials
}

fn one(
    templates: &Templates,
    framework: &'static dyn Framework,
    sample: usize,
    (profile, facts): (Profile, Facts),
    answers: BTreeMap<String, Answer>,
) -> Result<Trial, Problem> {
    let target = Target {
        framework: framework.name(),
        root: ProjectPath::root(),
        package: String::new(),
        profile,
    };
    templates
        .module
        .dependencies(framework.name(), profile, &facts)?;
    let rendering = templates.render(framework, &target, &answers, &facts)?;
    Ok(Trial {
        framework: framework.name(),
        sample,
        answers,
        rendering,
    })
}

/// Each output once, however many trials gave the same bytes.
fn parse(trials: &[Trial], findings: &mut Findings) {
    let mut outputs = BTreeMap::new();
    for file in trials.iter().flat_map(|trial| &trial.rendering.files) {
        outputs.insert((&file.path, &file.text), &file.template);
    }
    let faults: Vec<(&String, Problem)> = outputs
        .into_par_iter()
        .filter_map(|((path, text), template)| Some((template, check_syntax(path, text).err()?)))
        .collect();
    for (template, problem) in faults {
        let at = problem.location.as_deref();
        let place = at.map_or(String::new(), |at| {
            let (line, column) = at.line_column();
            format!("{}:{line}:{column}: {}", at.path, at.label)
        });
        let finding = findings
            .about(Code::OutputInvalid, Level::Finding, template)
            .expected("an output that its language's parser accepts")
            .actual(place);
        findings.add(finding);
    }
}

/// The defaults; then each question's edges, one at a time; then the first and the last edge of all at once.
pub(super) fn answers(templates: &Templates) -> Vec<BTreeMap<String, Answer>> {
    let prompts: Vec<&Prompt> = templates
        .module
        .spec
        .prompts
        .iter()
        .map(|prompt| &prompt.value)
        .collect();
    let with = |choose: &dyn Fn(&Prompt) -> Option<Answer>| -> BTreeMap<String, Answer> {
        prompts
            .iter()
            .map(|prompt| {
                let answer = choose(prompt).unwrap_or_else(|| prompt.default.clone());
                (prompt.name.clone(), answer)
            })
            .collect()
    };
    let mut all = vec![
        with(&|_| None),
        with(&|prompt| edges(prompt).first().cloned()),
        with(&|prompt| edges(prompt).last().cloned()),
    ];
    for prompt in &prompts {
        for edge in edges(prompt) {
            all.push(with(&|other| {
                (other.name == prompt.name).then(|| edge.clone())
            }));
        }
    }
    all.sort_by_key(|answers| format!("{answers:?}"));
    all.dedup();
    all
}

/// Answers at the ends of what a question accepts, and texts that try to break out of where they are put.
pub(super) fn edges(prompt: &Prompt) -> Vec<Answer> {
    let candidates: Vec<Answer> = match prompt.kind {
        PromptType::Boolean => vec![Answer::Boolean(false), Answer::Boolean(true)],
        PromptType::Integer => vec![
            Answer::Integer(prompt.min.unwrap_or(i64::MIN)),
            Answer::Integer(prompt.max.unwrap_or(i64::MAX)),
        ],
        PromptType::String => {
            let longest = usize::try_from(prompt.max.unwrap_or(200)).unwrap_or(200);
            [
                "",
                "a",
                "\"; std::process::exit(1); \"",
                "\\",
                "{{ answers }}",
                "${HOME} `id` $(id)",
                "'; DROP TABLE x; --",
                "# comment",
                "\u{65e5}\u{672c} \u{202e}",
                &"x".repeat(longest.min(10_000)),
            ]
            .map(|text| Answer::String(text.to_owned()))
            .into()
        }
    };
    candidates
        .into_iter()
        .filter(|answer| prompt.accepts(answer))
        .collect()
}
