use std::collections::BTreeMap;

use super::adopt::{Adoption, Core};
use super::directories;
use super::edits::{Edited, block_record, edits, marked};
use super::finished::{self, FINISHED};
use super::rendering::{Finish, Rendered, Rendering, SHARED, Templates, patch_path, patch_record};
use super::state::normalised;
use super::wiring::{self, WIRING};
use crate::frameworks::Framework;
use crate::lockfile::{Lock, LockedFile, LockedModule};
use crate::module::Module;
use crate::types::{
    Answer, CORE_PROJECT, Change, Facts, FileKind, Files, LOCK, Overlay, Problem, Profile,
    ProjectPath, Target,
};

/// What is added, where, and with which answers.
pub struct Request<'a> {
    pub module: &'a Module,
    pub framework: &'a dyn Framework,
    pub target: &'a Target,
    pub answers: &'a BTreeMap<String, Answer>,
    /// Whether the application's sources are edited; without, the user wires by hand.
    pub wire: bool,
    /// Whether what RapidKit Core generated for its module of the same name is taken over.
    pub adopt: bool,
    /// The package is used already, in the version it has: only then may the module be marked as drifted.
    pub dev: bool,
    /// Runs the module's commands; without, files are written as they are rendered.
    pub finish: Option<Finish<'a>>,
}

/// All that `add` would do. Applying it is writing `changes` in their order.
#[derive(Debug)]
pub struct Plan {
    pub module: String,
    pub version: semver::Version,
    pub target: Target,
    /// Empty if the module is there already.
    pub changes: Vec<Change>,
    /// The module's commands for the files that are added.
    pub commands: Vec<Vec<String>>,
    /// What a person should know, a line each.
    pub notes: Vec<String>,
}

/// Plans a module's way into a target.
///
/// # Errors
/// Another version is there; a file of the user's stands where an output goes; a dependency that cannot work; no
/// certain place to wire; a lock that would be too large.
pub fn add(files: &dyn Files, lock: &Lock, request: &Request) -> Result<Plan, Problem> {
    let manifest = &request.module.manifest;
    let target = request.target;
    let mut plan = Plan {
        module: manifest.name.value.clone(),
        version: manifest.version.value.clone(),
        target: target.clone(),
        changes: Vec::new(),
        commands: Vec::new(),
        notes: Vec::new(),
    };
    if let Some(locked) = lock.find(&manifest.slug.value, &target.root) {
        if locked.version == plan.version {
            return Ok(plan);
        }
        return Err(Problem::decision(format!(
            "{} is here in version {}, this is version {}",
            plan.module, locked.version, plan.version
        ))
        .help("`rapidkit-pg upgrade` goes from one to the other"));
    }
    let facts = request.framework.pre_generation(files, target)?;
    let mut rendering = Templates::new(request.module)?.render(
        request.framework,
        target,
        request.answers,
        &facts,
    )?;
    let adoption = adoption(files, request, &rendering)?;
    no_conflicts(&adoption, &rendering, &plan.module)?;
    if let Some(finish) = request.finish {
        rendering.finish(finish)?;
    }
    // The user's edits were merged into what was rendered.
    for file in &mut rendering.files {
        if adoption.merged.contains_key(&file.path) {
            file.finished = None;
        }
    }
    let mut draft = Draft {
        disk: files,
        files: &adoption.files,
        merged: &adoption.merged,
        changes: Vec::new(),
        records: rendering.records()?,
    };
    let (fault, edits) = rayon::join(
        || rendering.fault(request.module, |_| true),
        || user_files(&adoption.files, request, &facts, &rendering, &plan.module),
    );
    if let Some(problem) = fault {
        return Err(problem);
    }
    draft.shared()?;
    for file in &rendering.files {
        draft.file(file)?;
    }
    let patch = draft.edits(edits?)?;
    draft.adopted(&adoption.changes);

    let finished = finished::patch(&rendering);
    let mut locked = LockedModule {
        module: manifest.slug.value.clone(),
        target: target.root.clone(),
        framework: target.framework.to_owned(),
        profile: target.profile.name().to_owned(),
        version: plan.version.clone(),
        content: request.module.content_hash(),
        dev: request.dev,
        answers: rendering.used.answers,
        facts: rendering.used.facts,
        directories: Vec::new(),
        files: draft.records,
    };
    for (name, patch) in [(WIRING, patch), (FINISHED, finished)] {
        if !patch.is_empty() {
            let path = patch_path(&locked, name)?;
            locked.files.push(patch_record(path.clone(), &patch));
            draft
                .changes
                .push(Change::new(path, FileKind::Vendor, None, Some(&patch)));
        }
    }
    let mut after = lock.clone();
    after.core = is_core(files)?;
    locked.directories = directories::empty_before(files, &draft.changes)?;
    plan.changes = draft.changes;
    plan.commands = rendering.commands;
    plan.notes = adoption.notes;
    let before = (!lock.modules.is_empty()).then(|| lock.render());
    plan.changes.push(Change::new(
        ProjectPath::existing(LOCK)?,
        FileKind::Vendor,
        before.as_deref(),
        Some(&after.with(locked).render_readable()?),
    ));
    Ok(plan)
}

/// Whether RapidKit Core manages the project too.
pub fn is_core(files: &dyn Files) -> Result<bool, Problem> {
    let project = ProjectPath::existing(CORE_PROJECT)?;
    files.exists(&project)
}

/// What of RapidKit Core's is taken over.
///
/// # Errors
/// There is something, and it was not asked for; or edits of the user's that cannot be merged.
fn adoption<'f>(
    files: &'f dyn Files,
    request: &Request,
    rendering: &Rendering,
) -> Result<Adoption<'f>, Problem> {
    let module = &request.module.manifest.name.value;
    let core = Core::read(files, &request.target.root, module)?;
    if !core.is_there(files, &rendering.files)? {
        return Ok(Adoption::none(files));
    }
    if !request.adopt {
        return Err(Problem::decision(format!(
            "RapidKit Core's {module} is here; nothing was written"
        ))
        .note("the two would serve the same health route and read the same settings")
        .help("take it over: `rapidkit-pg add --adopt`; with `--dry-run` to look first"));
    }
    if request.target.profile != Profile::Rapidkit {
        return Err(Problem::input(
            "only the profile `rapidkit` has the names that code of yours may import from RapidKit Core's",
        )
        .help("leave `--profile` out"));
    }
    Adoption::of(files, &core, &rendering.files)
}

/// Files and directories of the user's that stand where an output goes. What was adopted may leave other files in its
/// directories.
fn no_conflicts(adoption: &Adoption, rendering: &Rendering, module: &str) -> Result<(), Problem> {
    let files = &adoption.files;
    let mut conflicts = Vec::new();
    for file in rendering
        .files
        .iter()
        .filter(|file| file.kind != FileKind::Block)
    {
        let path = file.path.clone();
        let directory = path.parent().filter(|parent| parent.file_name() == module);
        if files.exists(&path)? {
            conflicts.push(path);
        } else if let Some(directory) = directory {
            if !adoption.is_any && !files.entries(&directory)?.is_empty() {
                conflicts.push(directory.clone());
            }
            // A module is a directory or a file, in every language that there is a plugin for.
            let extension = path.file_name().rsplit_once('.').map_or("", |(_, end)| end);
            let twin = ProjectPath::existing(&format!("{directory}.{extension}"))?;
            if files.exists(&twin)? {
                conflicts.push(twin);
            }
        }
    }
    conflicts.sort();
    conflicts.dedup();
    if conflicts.is_empty() {
        return Ok(());
    }
    let mut problem = Problem::decision(
        "files that are not rapidkit-pg's stand where it would write; nothing was written",
    );
    problem.notes = conflicts
        .iter()
        .map(|path| format!("exists: {path}"))
        .collect();
    Err(problem.help("move them away, or remove them if they are no longer needed"))
}

fn user_files(
    files: &dyn Files,
    request: &Request,
    facts: &Facts,
    rendering: &Rendering,
    module: &str,
) -> Result<BTreeMap<ProjectPath, Edited>, Problem> {
    let (framework, target) = (request.framework, request.target);
    let edits = edits(
        files,
        request.module,
        framework,
        target,
        facts,
        request.wire,
    );
    let mut edits = edits.map_err(|problem| {
        let or = if problem.help.is_empty() { "" } else { "or " };
        match problem.steps.is_empty() {
            true => problem,
            false => problem.help(format!(
                "{or}run this again with `--no-wire`, which adds all the rest, and add these lines by hand"
            )),
        }
    })?;
    let is_block = |file: &&Rendered| file.kind == FileKind::Block;
    for file in rendering.files.iter().filter(is_block) {
        let text = files.text(&file.path)?.unwrap_or_default();
        edits.extend(marked(file, &text, module).map(|edited| (file.path.clone(), edited)));
    }
    Ok(edits)
}

/// Changes and their records in the lock, as they come together.
struct Draft<'a> {
    disk: &'a dyn Files,
    /// Without what is taken over.
    files: &'a Overlay<'a>,
    merged: &'a BTreeMap<ProjectPath, String>,
    changes: Vec<Change>,
    records: Vec<LockedFile>,
}

impl Draft<'_> {
    /// Shared by all targets, so it may be there.
    fn shared(&mut self) -> Result<(), Problem> {
        for (path, wanted) in SHARED {
            let path = ProjectPath::existing(path)?;
            match self.files.text(&path)? {
                None => self.create(path, FileKind::Vendor, wanted)?,
                Some(text) if *text == *wanted => {}
                Some(_) => {
                    return Err(Problem::decision("exists and is not rapidkit-pg's").in_file(&path));
                }
            }
        }
        Ok(())
    }

    fn file(&mut self, file: &Rendered) -> Result<(), Problem> {
        if let Some(vendor) = &file.vendor {
            self.create(vendor.clone(), FileKind::Vendor, &file.text)?;
        }
        if file.kind == FileKind::Block {
            return Ok(());
        }
        let Some(merged) = self.merged.get(&file.path) else {
            return self.create(file.path.clone(), file.kind, file.written());
        };
        // Whoever adopts has seen the plan.
        let is_of = |record: &&mut LockedFile| {
            record.path == file.path && record.kind == FileKind::Generated
        };
        if let Some(record) = self.records.iter_mut().find(is_of) {
            record.accepted = Some(normalised(merged));
        }
        self.create(file.path.clone(), file.kind, merged)
    }

    /// What becomes of files that are taken over, where it is no part of another change.
    fn adopted(&mut self, changes: &[Change]) {
        for change in changes {
            if self.changes.iter().all(|other| other.path != change.path) {
                self.changes.push(change.clone());
            }
        }
    }

    /// Returns the patch of all edits.
    fn edits(&mut self, edits: BTreeMap<ProjectPath, Edited>) -> Result<String, Problem> {
        let mut patch = String::new();
        for (path, edited) in edits {
            let before = self.files.text(&path)?;
            patch += &wiring::section(&path, before.as_deref(), &edited.text);
            let names = edited.blocks.iter().map(|block| block.name.clone());
            let on_disk = self.disk.text(&path)?;
            let change = Change::new(
                path.clone(),
                FileKind::Block,
                on_disk.as_deref(),
                Some(&edited.text),
            );
            self.changes.push(Change {
                summary: names.collect(),
                ..change
            });
            let blocks = edited.blocks.into_iter();
            self.records
                .extend(blocks.map(|block| block_record(path.clone(), block)));
        }
        Ok(patch)
    }

    /// Where something is taken over, it takes its place.
    fn create(&mut self, path: ProjectPath, kind: FileKind, text: &str) -> Result<(), Problem> {
        let before = self.disk.text(&path)?;
        let change = Change::new(path, kind, before.as_deref(), Some(text));
        self.changes
            .extend((change.before != change.after).then_some(change));
        Ok(())
    }
}
