//! What the types of `module.yaml` and `config/base.yaml` cannot say.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use semver::Version;
use serde_yaml::Spanned;

use super::source::ModuleFiles;
use super::{Manifest, Spec};
use crate::types::{FileKind, Problem, ProjectPath, span_of};

struct Document<'a> {
    path: &'static str,
    text: &'a str,
}

impl Document<'_> {
    fn problem<T>(
        &self,
        message: impl Into<String>,
        at: &Spanned<T>,
        label: impl Into<String>,
    ) -> Problem {
        Problem::input(message).at(self.path, self.text, self.span(at), label)
    }

    fn span<T>(&self, at: &Spanned<T>) -> Range<usize> {
        span_of(self.text, at.referenced)
    }
}

pub(super) fn manifest(
    manifest: &Manifest,
    text: &str,
    files: &ModuleFiles,
) -> Result<(), Problem> {
    let document = Document {
        path: "module.yaml",
        text,
    };
    names(&document, manifest)?;
    compatible(&document, manifest)?;
    for (page, path) in &manifest.documentation {
        if !is_file(files, &path.value) {
            return Err(document.problem(
                format!("the documentation page `{page}` is missing"),
                path,
                "no such file in the module",
            ));
        }
    }
    for (framework, variant) in &manifest.generation.variants {
        if !manifest.compatibility.frameworks.contains_key(framework) {
            return Err(document.problem(
                format!("the variant `{framework}` has no entry under `compatibility.frameworks`"),
                variant,
                "of which versions?",
            ));
        }
        outputs(&document, &variant.value.files, files)?;
        moves(&document, &variant.value)?;
    }
    commands(&document, manifest)?;
    every_template_is_used(manifest, files)
}

fn commands(document: &Document, manifest: &Manifest) -> Result<(), Problem> {
    for hook in &manifest.hooks.post_generation {
        let known =
            |name: &&Spanned<String>| manifest.generation.variants.contains_key(&name.value);
        if let Some(framework) = hook.frameworks.iter().find(|name| !known(name)) {
            return Err(document.problem(
                format!("a command for `{}`, which has no variant", framework.value),
                framework,
                "of which framework?",
            ));
        }
        let is_name = |word: &str| {
            let mut characters = word.chars();
            characters.next().is_some_and(|c| c.is_ascii_alphanumeric())
                && characters.all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        match hook.command.first() {
            Some(program) if is_name(&program.value) => {}
            Some(program) => {
                return Err(document.problem(
                    "a command begins with the name of a program",
                    program,
                    "expected a name without a path",
                ));
            }
            None => {
                return Err(
                    Problem::input("a command of `hooks.post_generation` is empty")
                        .in_file(document.path),
                );
            }
        }
    }
    Ok(())
}

fn names(document: &Document, manifest: &Manifest) -> Result<(), Problem> {
    let name = &manifest.name.value;
    let identifier = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !identifier {
        return Err(document.problem(
            "the module's name is no identifier",
            &manifest.name,
            "expected lowercase letters, digits and `_`, a letter first",
        ));
    }
    match manifest.slug.value.parse::<ProjectPath>() {
        Ok(slug) if slug.file_name() == name => Ok(()),
        Ok(_) => Err(document.problem(
            "the slug and the name differ",
            &manifest.slug,
            format!("expected a last segment `{name}`"),
        )),
        Err(error) => {
            Err(document.problem("the slug is no path", &manifest.slug, error.to_string()))
        }
    }
}

fn compatible(document: &Document, manifest: &Manifest) -> Result<(), Problem> {
    let wanted = &manifest.compatibility.rapidkit_pg;
    let ours = env!("CARGO_PKG_VERSION");
    match Version::parse(ours) {
        Ok(version) if wanted.value.matches(&version) => Ok(()),
        _ => Err(document
            .problem(
                format!("this module is not made for rapidkit-pg {ours}"),
                wanted,
                "this is wanted",
            )
            .help("install a version of rapidkit-pg that matches")),
    }
}

fn moves(document: &Document, variant: &super::Variant) -> Result<(), Problem> {
    let is_output = |path: &str| variant.files.iter().any(|file| file.output.value == path);
    for moved in &variant.moves {
        if let Err(error) = moved.from.value.parse::<ProjectPath>() {
            let label = error.to_string();
            return Err(document.problem("a move from what is no path", &moved.from, label));
        }
        if is_output(&moved.from.value) {
            return Err(document.problem(
                format!("`{}` has moved and is an output still", moved.from.value),
                &moved.from,
                "only one of both can be",
            ));
        }
        if !is_output(&moved.to.value) {
            return Err(document.problem(
                format!("`{}` is no output", moved.to.value),
                &moved.to,
                "expected an `output` of this framework",
            ));
        }
    }
    Ok(())
}

fn outputs(
    document: &Document,
    templates: &[super::TemplateFile],
    files: &ModuleFiles,
) -> Result<(), Problem> {
    let mut seen: BTreeMap<(String, Option<&str>), ()> = BTreeMap::new();
    for file in templates {
        let template = &file.template;
        if !template.value.starts_with("templates/") || !is_file(files, &template.value) {
            return Err(document.problem(
                format!("the template `{}` is missing", template.value),
                template,
                "no such file under templates/",
            ));
        }
        if let Err(error) = file.output.value.parse::<ProjectPath>() {
            return Err(document.problem(
                error.to_string(),
                &file.output,
                "unsafe as an output path",
            ));
        }
        if file
            .output
            .value
            .to_ascii_lowercase()
            .starts_with(".rapidkit/")
        {
            return Err(document.problem(
                "an output lies under .rapidkit/",
                &file.output,
                "what is there is not for modules to say",
            ));
        }
        if file.kind.value == FileKind::Vendor {
            return Err(document.problem(
                "a module cannot ask for kind `vendor`",
                &file.kind,
                "expected `generated`, `seed` or `block`",
            ));
        }
        let key = (file.output.value.to_ascii_lowercase(), file.when.as_deref());
        if seen.insert(key, ()).is_some() {
            return Err(document.problem(
                format!("the output `{}` is there twice", file.output.value),
                &file.output,
                "an entry above has it too, letter case aside",
            ));
        }
    }
    Ok(())
}

fn every_template_is_used(manifest: &Manifest, files: &ModuleFiles) -> Result<(), Problem> {
    let used: BTreeSet<&str> = manifest
        .generation
        .variants
        .values()
        .flat_map(|variant| &variant.value.files)
        .map(|file| file.template.value.as_str())
        .collect();
    let mut unused = files
        .keys()
        .filter(|path| path.as_str().starts_with("templates/") && !used.contains(path.as_str()));
    match unused.next() {
        Some(path) => Err(Problem::input("no variant uses this template")
            .in_file(path)
            .help("name it under `generation.variants` in module.yaml, or delete it")),
        None => Ok(()),
    }
}

pub(super) fn spec(spec: &Spec, text: &str, manifest: &Manifest) -> Result<(), Problem> {
    let document = Document {
        path: "config/base.yaml",
        text,
    };
    let mut names = BTreeSet::new();
    for prompt in &spec.prompts {
        if !names.insert(prompt.value.name.as_str()) {
            return Err(document.problem(
                format!("the prompt `{}` is there twice", prompt.value.name),
                prompt,
                "an entry above has this name",
            ));
        }
        if !prompt.value.accepts(&prompt.value.default) {
            return Err(document.problem(
                format!(
                    "the default of `{}` is not accepted by its own prompt",
                    prompt.value.name
                ),
                prompt,
                format!("expected {}", prompt.value.expected()),
            ));
        }
    }
    let variants: BTreeSet<&String> = manifest.generation.variants.keys().collect();
    let dependencies: BTreeSet<&String> = spec.dependencies.keys().collect();
    match variants.symmetric_difference(&dependencies).next() {
        Some(framework) => Err(Problem::input(format!(
            "`{framework}` is in only one of `generation.variants` (module.yaml) and `dependencies` (config/base.yaml)"
        ))),
        None => Ok(()),
    }
}

fn is_file(files: &ModuleFiles, path: &str) -> bool {
    path.parse::<ProjectPath>()
        .is_ok_and(|path| files.contains_key(&path))
}
