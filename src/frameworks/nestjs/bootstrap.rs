//! Where the application is created, and the module that it is created from.

use tree_sitter::Node;

use super::module;
use super::packages::{Application, below};
use super::paths;
use crate::edit::splice::{Splice, indent};
use crate::edit::tree::{ancestors, named_children};
use crate::edit::typescript::{Source, edit, fault, import_paths, imported, reexported};
use crate::types::{Block, EntryKind, FileEdit, Files, Problem, Profile, ProjectPath, relative};

/// How deep below the sources a bootstrap is looked for.
const LEVELS: u32 = 3;
/// What an import may call a file by that is written in TypeScript.
const EXTENSIONS: [&str; 2] = [".js", ".ts"];
/// How many files a name is followed through.
const HOPS: u32 = 6;

/// Whether anything in a source directory creates an HTTP application.
pub fn exists(files: &dyn Files, source_root: &ProjectPath) -> Result<bool, Problem> {
    Ok(sources(files, source_root)?
        .iter()
        .any(|(_, text)| text.contains("NestFactory")))
}

/// The files below a directory that may bootstrap an application, tests left out.
///
/// # Errors
/// None of those that can be read does, and one cannot be read.
fn sources(
    files: &dyn Files,
    source_root: &ProjectPath,
) -> Result<Vec<(ProjectPath, std::sync::Arc<str>)>, Problem> {
    let mut found = Vec::new();
    let mut unreadable = None;
    for dir in below(files, source_root, LEVELS)? {
        for entry in files.entries(&dir)? {
            let name = entry.name.as_str();
            let is_source = name.ends_with(".ts")
                && ![".d.ts", ".spec.ts", ".test.ts", "-spec.ts"]
                    .iter()
                    .any(|end| name.ends_with(end));
            if entry.kind == EntryKind::File
                && is_source
                && let Some(path) = relative(&dir, name)
            {
                match files.text(&path) {
                    Ok(Some(text)) if text.contains("NestFactory") => found.push((path, text)),
                    Ok(_) => {}
                    Err(problem) => unreadable = unreadable.or(Some(problem)),
                }
            }
        }
    }
    match unreadable {
        Some(problem) if found.is_empty() => Err(problem),
        _ => Ok(found),
    }
}

/// What relative imports end in where applications are created; `None` if nothing is imported so.
pub fn extension(
    files: &dyn Files,
    source_root: &ProjectPath,
) -> Result<Option<&'static str>, Problem> {
    let mut endings = Vec::new();
    for (path, text) in sources(files, source_root)? {
        let paths = import_paths(&Source::parse(path, text));
        for from in paths.iter().filter(|from| from.starts_with('.')) {
            let ending = EXTENSIONS.into_iter().find(|ending| from.ends_with(ending));
            endings.push(ending.unwrap_or_default());
        }
    }
    // Of files without one, some are no TypeScript: `./package.json`.
    let written = endings.iter().find(|ending| !ending.is_empty());
    Ok(written.or(endings.first()).copied())
}

/// The edits that wire the module into an application.
///
/// # Errors
/// There is no place that is certain.
pub fn edits(
    files: &dyn Files,
    application: &Application,
    profile: Profile,
) -> Result<Vec<FileEdit>, Problem> {
    let mut created = Vec::new();
    for (path, text) in sources(files, &application.source_root)? {
        let source = Source::parse(path.clone(), text.clone());
        if creations(&source).is_empty() {
            continue;
        }
        if let Some(span) = fault(&text) {
            return Err(Problem::decision("a source file does not parse").at(
                &path,
                &text,
                span,
                "not TypeScript",
            ));
        }
        created.push(source);
    }
    let source = match created.as_slice() {
        [] => {
            return Err(Problem::decision("nothing here calls `NestFactory.create`")
                .in_file(&application.source_root)
                .note("only applications that serve HTTP have the health route"));
        }
        [source] => source,
        // Scripts and workers may stand beside the server.
        several => match several
            .iter()
            .filter(|s| s.path.file_name().strip_suffix(".ts") == Some(&application.entry))
            .collect::<Vec<_>>()
            .as_slice()
        {
            [main] => *main,
            _ => {
                return Err(Problem::decision("several files call `NestFactory.create`")
                    .in_file(&several[0].path)
                    .note(format!("another one: {}", several[1].path)));
            }
        },
    };
    let calls = creations(source);
    let [call] = calls.as_slice() else {
        return Err(unsure(
            source,
            calls[1],
            "several applications are created here",
            "another one",
        ));
    };
    let root = root_module(source, *call)?;
    let (home, class) = resolve(files, application, source, &root)?;
    let module_file = match home == source.path {
        true => source,
        false => &parse(files, &home)?,
    };
    let layer = super::import_path(profile);
    let from = import_path(application, &home, layer, application.extension(files)?);
    let (mut splices, mut blocks) = module::wire(module_file, &class, &from)?;
    let mut edits = Vec::new();
    let (hooks, hook_blocks) = shutdown(source, *call)?;
    if home == source.path {
        splices.extend(hooks);
        blocks.extend(hook_blocks);
    } else if !hooks.is_empty() {
        edits.push(edit(source, &hooks, hook_blocks)?);
    }
    if !splices.is_empty() {
        edits.push(edit(module_file, &splices, blocks)?);
    }
    edits.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(edits)
}

pub fn unsure(source: &Source, node: Node, what: &str, label: &str) -> Problem {
    Problem::decision(what).at(&source.path, &source.text, node.byte_range(), label)
}

/// The calls of `NestFactory.create`.
fn creations(source: &Source) -> Vec<Node<'_>> {
    source
        .all("call_expression")
        .into_iter()
        .filter(|call| {
            let function = call.child_by_field_name("function");
            function.is_some_and(|f| called(source.slice(f)) == "NestFactory.create")
        })
        .collect()
}

/// What is called. Where there are type arguments, the grammar takes `await` for a part of it.
fn called(function: &str) -> &str {
    function
        .strip_prefix("await")
        .map_or(function, str::trim_start)
}

/// The name of the class that an application is created from.
fn root_module(source: &Source, call: Node) -> Result<String, Problem> {
    let arguments = call.child_by_field_name("arguments").map(named_children);
    let Some(first) = arguments.as_ref().and_then(|list| list.first().copied()) else {
        return Err(unsure(
            source,
            call,
            "the application has no module",
            "expected a class",
        ));
    };
    // `AppModule.forRoot(…)` is a form of `AppModule`.
    let named = match first.kind() {
        "call_expression" => first
            .child_by_field_name("function")
            .and_then(|function| function.child_by_field_name("object")),
        _ => Some(first),
    };
    match named {
        Some(name) if name.kind() == "identifier" => Ok(source.slice(name).to_owned()),
        _ => Err(unsure(
            source,
            first,
            "it is not certain which module the application is created from",
            "expected the name of a class",
        )),
    }
}

/// The file that declares a class, and its name there.
fn resolve(
    files: &dyn Files,
    application: &Application,
    source: &Source,
    name: &str,
) -> Result<(ProjectPath, String), Problem> {
    let mut at = (source.path.clone(), name.to_owned());
    let lost = |from: &str| {
        Problem::decision(format!("the file of `{name}` was not found"))
            .in_file(&source.path)
            .note(format!("looked for `{from}`"))
    };
    for _ in 0..HOPS {
        let file = parse(files, &at.0)?;
        if module::class(&file, &at.1).is_some() {
            let class = match at.1.as_str() {
                "default" => module::class(&file, "default")
                    .and_then(|class| class.child_by_field_name("name"))
                    .map_or_else(String::new, |name| file.slice(name).to_owned()),
                other => other.to_owned(),
            };
            return Ok((at.0, class));
        }
        let mut candidates: Vec<_> = imported(&file, &at.1).into_iter().collect();
        candidates.extend(reexported(&file, &at.1));
        let mut next = None;
        for candidate in &candidates {
            let Some(path) = locate(files, application, &at.0, &candidate.from)? else {
                continue;
            };
            let file = parse(files, &path)?;
            let knows = module::class(&file, &candidate.name).is_some()
                || imported(&file, &candidate.name).is_some()
                || !reexported(&file, &candidate.name).is_empty();
            if knows {
                next = Some((path, candidate.name.clone()));
                break;
            }
        }
        at = next.ok_or_else(|| {
            lost(
                candidates
                    .first()
                    .map_or("its declaration", |c| c.from.as_str()),
            )
        })?;
    }
    Err(lost(at.0.as_str()))
}

fn parse(files: &dyn Files, path: &ProjectPath) -> Result<Source, Problem> {
    let text = files.text(path)?.unwrap_or_default();
    match fault(&text) {
        Some(span) => Err(Problem::decision("a source file does not parse").at(
            path,
            &text,
            span,
            "not TypeScript",
        )),
        None => Ok(Source::parse(path.clone(), text)),
    }
}

/// The file that an import means: relative, of a name that tsconfig.json gives, or `src/…` as Nest's own `baseUrl` has it.
fn locate(
    files: &dyn Files,
    application: &Application,
    importer: &ProjectPath,
    from: &str,
) -> Result<Option<ProjectPath>, Problem> {
    let mut bases = Vec::new();
    if from.starts_with('.') {
        bases.extend(importer.parent().and_then(|dir| relative(&dir, from)));
    } else {
        bases.extend(paths::mapped(files, application, from)?);
        let usual = ["@/", "~/"]
            .iter()
            .find_map(|alias| from.strip_prefix(alias))
            .map(|rest| relative(&application.source_root, rest));
        bases.extend(usual.unwrap_or_else(|| relative(&application.root, from)));
    }
    for base in bases {
        let path = base.as_str();
        let stem = EXTENSIONS
            .into_iter()
            .find_map(|ending| path.strip_suffix(ending))
            .unwrap_or(path);
        for path in [format!("{stem}.ts"), format!("{stem}/index.ts")] {
            if let Ok(path) = ProjectPath::existing(&path)
                && files.text(&path)?.is_some()
            {
                return Ok(Some(path));
            }
        }
    }
    Ok(None)
}

/// How a file imports the generated module.
fn import_path(
    application: &Application,
    importer: &ProjectPath,
    layer: &str,
    extension: &str,
) -> String {
    let below = importer
        .parent()
        .and_then(|dir| dir.below(&application.source_root))
        .unwrap_or_else(ProjectPath::root);
    let depth = below
        .as_str()
        .split('/')
        .filter(|s| !s.is_empty() && *s != ".")
        .count();
    let path = match depth {
        0 => layer.to_owned(),
        depth => "../".repeat(depth) + layer.trim_start_matches("./"),
    };
    match extension {
        "" => path,
        // Whoever asks for file extensions has no index files found, either.
        extension => format!("{path}/index{extension}"),
    }
}

/// `enableShutdownHooks`, unless the application ends in order already.
fn shutdown(source: &Source, call: Node) -> Result<(Vec<Splice>, Vec<Block>), Problem> {
    let nothing = (Vec::new(), Vec::new());
    let calls = source.all("call_expression");
    let is_called = |name: &str| {
        let mut callees = calls
            .iter()
            .filter_map(|c| c.child_by_field_name("function"));
        callees.any(|callee| source.slice(callee).ends_with(name))
    };
    if is_called(".enableShutdownHooks") {
        return Ok(nothing);
    }
    let handles_signals = calls.iter().any(|call| {
        let text = source.slice(*call);
        (text.starts_with("process.on") || text.starts_with("process.once")) && text.contains("SIG")
    });
    if handles_signals && is_called(".close") {
        return Ok(nothing);
    }
    if handles_signals {
        return Err(unsure(
            source,
            call,
            "signals are handled here, and nothing closes the application",
            "this application",
        ));
    }
    if let Some(made) = returned(source, call) {
        return Ok(made);
    }
    let declared = ancestors(call)
        .take_while(|node| !matches!(node.kind(), "arrow_function" | "function_declaration"))
        .find(|node| node.kind() == "variable_declarator")
        .filter(|declarator| {
            declarator
                .child_by_field_name("value")
                .is_some_and(|value| awaits(source, value, call))
        });
    let name = declared.and_then(|declarator| declarator.child_by_field_name("name"));
    let statement = declared.and_then(|declarator| declarator.parent());
    let (Some(name), Some(statement)) = (name.filter(|n| n.kind() == "identifier"), statement)
    else {
        return Err(unsure(
            source,
            call,
            "it is not certain where the application can be told to end in order",
            "expected `const app = await NestFactory.create(…)`",
        ));
    };
    let line = hooks(source, statement, source.slice(name));
    let indent = indent(&source.text, statement.start_byte());
    let splice = Splice::insert(statement.end_byte(), format!("\n{indent}{}", line.text));
    Ok((vec![splice], vec![line]))
}

/// The line that turns the hooks on, ended as a statement of the user's.
fn hooks(source: &Source, like: Node, app: &str) -> Block {
    let end = match source.slice(like).ends_with(';') {
        true => ";",
        false => "",
    };
    Block {
        name: "shutdown".to_owned(),
        text: format!("{app}.enableShutdownHooks(){end}"),
    }
}

/// Whether an expression is `await` before a call.
fn awaits(source: &Source, expression: Node, call: Node) -> bool {
    let inner = match expression.kind() {
        "await_expression" => named_children(expression).first().copied(),
        _ if source.slice(expression).starts_with("await") => Some(expression),
        _ => None,
    };
    inner.is_some_and(|inner| inner.byte_range() == call.byte_range())
}

/// Where a function returns the new application, it is given a name first.
fn returned(source: &Source, call: Node) -> Option<(Vec<Splice>, Vec<Block>)> {
    const NAME: &str = "app";
    let statement = ancestors(call).find(|node| node.kind() == "return_statement")?;
    let expression = named_children(statement).first().copied()?;
    let block = statement
        .parent()
        .filter(|node| node.kind() == "statement_block")?;
    let is_taken = source
        .all("identifier")
        .into_iter()
        .any(|name| source.slice(name) == NAME && block.byte_range().contains(&name.start_byte()));
    if !awaits(source, expression, call) || is_taken {
        return None;
    }
    let line = hooks(source, statement, NAME);
    let end = &line.text[line.text.len() - usize::from(line.text.ends_with(';'))..];
    let indent = indent(&source.text, statement.start_byte());
    let splices = vec![
        Splice {
            span: statement.start_byte()..expression.start_byte(),
            text: format!("const {NAME} = "),
        },
        Splice::insert(
            statement.end_byte(),
            format!("\n{indent}{}\n{indent}return {NAME}{end}", line.text),
        ),
    ];
    Some((splices, vec![line]))
}
