//! What a block can be, and that no block is anything else.

use crate::page::pages;

/// Language and role, and what is done with such a block.
const ROLES: &[(&str, &str)] = &[
    (
        "rust,item",
        "a module of the application that usage.md makes; compiled",
    ),
    (
        "rust,test",
        "the same, and its tests are run on a real server",
    ),
    ("rust,file", "of a walk: written to the file"),
    ("rust,append", "of a walk: put at the end of the file"),
    ("rust,is", "of a walk: what the file holds at that point"),
    ("python,file", "the same"),
    ("python,append", "the same"),
    ("python,is", "the same"),
    ("ts,file", "the same"),
    ("ts,append", "the same"),
    ("ts,is", "the same"),
    ("ini,file", "the same"),
    ("rust,nowire", "main.rs wired by hand; compiled and asked"),
    ("rust,signatures", "declarations that the layer has"),
    (
        "sh,walk",
        "usage.md, actix.md, fastapi.md, nestjs.md: executed, in the order of the page, in one session",
    ),
    (
        "sh,serve",
        "of a walk: started, until `<!-- test: stop -->`",
    ),
    ("sh,run", "executed in a new Axum application"),
    ("sh,added", "executed in one that has the layer"),
    (
        "sh,workspace",
        "executed in a new workspace with several applications",
    ),
    (
        "sh,core",
        "executed in an application that RapidKit Core has made, with its module",
    ),
    ("sh,module", "executed in a copy of the module"),
    (
        "sh,verify",
        "verification.md: executed, in the order of the page, in one session; `=N`: exit code",
    ),
    (
        "sh,release",
        "release.md: the same, in a copy of the module",
    ),
    ("sh,nowire", "executed before the files of `rust,nowire`"),
    ("sh,add", "executed before the snippets are compiled"),
    ("sh,demo", "parsed; tests/cli runs the demo"),
    ("sh,parse", "parsed as the command parses it"),
    ("sh,tests", "the program is there"),
    ("sh,install", "the package has this program"),
    (
        "sh,outside",
        "programs that are not ours; only their names are looked at",
    ),
    ("sql,walk", "of a walk: executed on the server"),
    (
        "sql,file",
        "of a walk: written to the file; advanced.md: before the snippets are compiled",
    ),
    ("text,answer", "of a walk: what the last command printed"),
    (
        "text,contains",
        "of a walk, verification.md: lines that the last command printed",
    ),
    (
        "text,log",
        "lines that the application logs; `…` stands for anything",
    ),
    (
        "text,logged",
        "of a walk: lines that the application stopped last has logged; `…` stands for anything",
    ),
    (
        "text,start",
        "what the application prints when it refuses to start",
    ),
    (
        "text,messages",
        "messages of the command; `…` stands for anything",
    ),
    ("text,usage", "the command's usage line"),
    ("text,diagram", "a picture"),
    (
        "json,answer",
        "of a walk: shape of what the last command printed; `=exact`: the same",
    ),
    (
        "json,health",
        "shape of the health payload; `=refused`, `=plain`: when",
    ),
    ("yaml,parse", "is valid"),
    (
        "yaml,github",
        "a workflow, whose `run` lines are executed in a clone; `=NAME`: its job",
    ),
    ("yaml,gitlab", "the same of a pipeline and its `script`"),
    ("toml,parse", "is valid"),
    ("env", "settings that the layer accepts"),
    ("env,runtime", "set when the lines of `text,log` are made"),
];

#[test]
fn every_block_has_a_role() {
    let mut strangers = Vec::new();
    for page in pages() {
        for block in page.blocks() {
            if !ROLES.iter().any(|(kind, _)| *kind == block.kind()) {
                strangers.push(block.to_string());
            }
        }
    }
    assert!(
        strangers.is_empty(),
        "blocks that nothing checks: {strangers:#?}"
    );
}

#[test]
fn what_is_data_parses() {
    for page in pages() {
        for block in page.blocks() {
            let error = match block.language.as_str() {
                "yaml" => serde_yaml::from_str::<serde_json::Value>(&block.text)
                    .err()
                    .map(|e| e.to_string()),
                "toml" => block
                    .text
                    .parse::<toml_edit::DocumentMut>()
                    .err()
                    .map(|e| e.to_string()),
                "python" => rapidkit_pg::edit::python::fault(&block.text)
                    .map(|span| block.text[span].to_owned()),
                "json" => serde_json::from_str::<serde_json::Value>(&block.text)
                    .err()
                    .map(|e| e.to_string()),
                _ => None,
            };
            assert!(error.is_none(), "{block}: {}", error.unwrap_or_default());
        }
    }
}
