//! RK05, and what of RK04 a project's lock says: the answers and the module give the bytes that are recorded. It catches
//! somebody who rewrote the vendor tree and the lock consistently, with no key involved.

use std::collections::BTreeMap;

use super::findings::Findings;
use super::project::Subject;
use crate::lockfile::{LockedFile, LockedModule, block_base};
use crate::module::Module;
use crate::plan::{FINISHED, IGNORE, Templates, Used, WIRING, framework, patch_path, shared};
use crate::types::{
    Code, FileKind, Finding, LOCK, Level, OWN_DIRECTORY, Problem, ProjectPath, shell_word,
};

/// What is kept of a second rendering: no text, for there can be much.
pub(super) struct Again {
    records: Vec<LockedFile>,
    used: Used,
}

/// Renders what `locked` records, if `templates` are of its version.
pub(super) fn again(
    templates: &Templates,
    locked: &LockedModule,
) -> Option<Result<Again, Problem>> {
    let manifest = &templates.module.manifest;
    (locked.module == manifest.slug.value && locked.version == manifest.version.value)
        .then(|| render(templates, locked))
}

fn render(templates: &Templates, locked: &LockedModule) -> Result<Again, Problem> {
    let mut records = shared()?;
    let used = templates.render_each_locked(locked, &mut |file| {
        records.extend(file.records());
    })?;
    Ok(Again { records, used })
}

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let module = subject.setting.templates.module;
    for rerendered in &subject.modules {
        let locked = rerendered.locked;
        if locked.dev {
            let finding = findings
                .about(Code::DriftedLock, Level::Warning, LOCK)
                .expected("a module as it was released")
                .actual(format!("{} {}, drifted", locked.module, locked.version));
            findings.add_fixed_here(finding, "lock --overwrite");
        }
        let Some(rendering) = &rerendered.rendering else {
            not_rendered(module, locked, findings);
            continue;
        };
        if locked.content != module.content_hash() {
            let finding = findings
                .about(Code::OtherContent, Level::Finding, LOCK)
                .expected(format!("content {}", module.content_hash()))
                .actual(format!("content {}", locked.content));
            findings.add_fixed_here(finding, "lock --overwrite");
        }
        match rendering {
            Err(problem) => cannot(findings, locked, problem.to_string()),
            Ok(again) => {
                values(&again.used, locked, findings);
                compare(&again.records, locked, findings);
                blocks(module, locked, findings);
            }
        }
    }
}

fn not_rendered(module: &Module, locked: &LockedModule, findings: &mut Findings) {
    let manifest = &module.manifest;
    let level = match findings.release {
        true => Level::Unchecked,
        false => Level::Info,
    };
    let finding = findings
        .about(Code::NotRendered, level, LOCK)
        .expected(format!(
            "{} {}",
            manifest.slug.value, manifest.version.value
        ))
        .actual(format!("{} {}", locked.module, locked.version))
        .fix("rapidkit-pg verify-all --module DIR_OF_THAT_VERSION");
    findings.add(finding);
}

fn cannot(findings: &mut Findings, locked: &LockedModule, reason: String) {
    let finding = findings
        .about(Code::CannotRender, Level::Finding, LOCK)
        .expected(format!(
            "answers that {} {} accepts",
            locked.module, locked.version
        ))
        .actual(reason)
        .fix_path("git restore --");
    findings.add(finding);
}

/// Answers and facts that nothing reads could be anything.
fn values(used: &Used, locked: &LockedModule, findings: &mut Findings) {
    let answers = locked
        .answers
        .keys()
        .filter(|name| !used.answers.contains_key(*name));
    let facts = locked
        .facts
        .keys()
        .filter(|name| !used.facts.contains_key(*name));
    for name in answers.chain(facts) {
        cannot(
            findings,
            locked,
            format!("`{name}` is recorded and no template reads it"),
        );
    }
}

/// Records by path and kind, what the user's own hand decides left out.
type Records<'a> = BTreeMap<(&'a ProjectPath, FileKind), &'a LockedFile>;

fn by_path(files: &[LockedFile]) -> Records<'_> {
    files
        .iter()
        .filter(|file| file.kind != FileKind::Block)
        .map(|file| ((&file.path, file.kind), file))
        .collect()
}

/// The records that a rendering gives and a lock does not have. A seed is the user's alone, so its record may be gone.
fn unrecorded<'r>(rendered: &'r [LockedFile], locked: &LockedModule) -> Vec<&'r LockedFile> {
    let recorded = by_path(&locked.files);
    by_path(rendered)
        .into_iter()
        .filter(|(key, file)| file.kind != FileKind::Seed && !recorded.contains_key(key))
        .filter(|(_, file)| file.path.as_str() != IGNORE)
        .map(|(_, file)| file)
        .collect()
}

fn compare(rendered: &[LockedFile], locked: &LockedModule, findings: &mut Findings) {
    for file in unrecorded(rendered, locked) {
        let finding = findings
            .about(Code::RenderOther, Level::Finding, file.path.as_str())
            .expected("a record in the lock")
            .actual("none");
        taken_back(finding, findings);
    }
    let rendered = by_path(rendered);
    let patches = [WIRING, FINISHED].map(|name| patch_path(locked, name).ok());
    for (key, record) in by_path(&locked.files) {
        let about = |code| findings.about(code, Level::Finding, record.path.as_str());
        let hash = |file: &LockedFile| {
            file.base
                .map_or("nothing".to_owned(), |base| format!("sha256 {base}"))
        };
        let from = |file: &LockedFile| {
            file.template
                .clone()
                .map_or("no template".to_owned(), |name| format!("from {name}"))
        };
        let finding = match rendered.get(&key) {
            // Made from what the user's files were: there is nothing to make it from again.
            None if record.template.is_none() && patches.contains(&Some(record.path.clone())) => {
                continue;
            }
            None => about(Code::RenderOther)
                .expected("no such file")
                .actual(format!("recorded, {}", from(record))),
            Some(file) if file.base != record.base => about(Code::RenderDiffers)
                .expected(format!("{} when rendered", hash(file)))
                .actual(format!("{} in the lock", hash(record))),
            Some(file) if file.template != record.template => about(Code::RenderOther)
                .expected(from(file))
                .actual(from(record)),
            Some(_) => continue,
        };
        taken_back(finding, findings);
    }
}

/// Adds a finding about what does not go together: lock and vendor tree are taken back together.
fn taken_back(finding: Finding, findings: &mut Findings) {
    let place = shell_word(&findings.root.join(OWN_DIRECTORY));
    findings.add(finding.fix(format!("git restore -- {place}")));
}

/// Names of blocks are those that the module and the framework give.
fn blocks(module: &Module, locked: &LockedModule, findings: &mut Findings) {
    let Ok(framework) = framework(&locked.framework) else {
        return;
    };
    let packages = module.spec.dependencies.get(&locked.framework);
    let has = |kind: FileKind, path: Option<&ProjectPath>| {
        let mut files = locked.files.iter().filter(|file| file.kind == kind);
        files.any(|file| path.is_none_or(|path| file.path == *path))
    };
    if let Ok(path) = patch_path(locked, WIRING)
        && has(FileKind::Block, None)
        && !has(FileKind::Vendor, Some(&path))
    {
        let finding = findings
            .about(Code::RenderOther, Level::Finding, path.as_str())
            .expected("a record in the lock")
            .actual("none");
        taken_back(finding, findings);
    }
    for file in locked
        .files
        .iter()
        .filter(|file| file.kind == FileKind::Block)
    {
        let name = block_base(file.name.as_deref().unwrap_or_default());
        let is_dependency = |name: &str| {
            packages
                .into_iter()
                .flatten()
                .any(|package| package.name == name)
        };
        let known = name == module.manifest.name.value
            || framework.block_names().contains(&name)
            || file.dependency().is_some_and(is_dependency);
        if !known {
            let finding = findings
                .about(Code::RenderOther, Level::Finding, file.path.as_str())
                .expected("a block that the module puts in")
                .actual(format!("a block `{name}`"));
            taken_back(finding, findings);
        }
    }
}
