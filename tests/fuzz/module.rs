//! `module.yaml` and `config/base.yaml`.

use std::borrow::Cow;

use rapidkit_pg::module::{Bump, Module, ModuleFiles};
use rapidkit_pg::plan::Templates;
use rapidkit_pg::types::Answer;

use crate::inputs::mutated_text;
use crate::run::{refused, run};

const WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b" ",
    b"  ",
    b"\t",
    b"\"",
    b"'",
    b":",
    b": ",
    b"- ",
    b"#",
    b"&a ",
    b"*a",
    b"!!str ",
    b"!!binary ",
    b"<<: *a\n",
    b"|\n",
    b">-\n",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"?",
    b"---\n",
    b"...\n",
    b"%YAML 1.1\n",
    b"\\",
    b"\\u0000",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"\xe2\x80\xa8",
    b"~",
    b"null",
    b"true",
    b"0x10",
    b"1e9",
    b"99999999999999999999",
    b"../",
    b"/",
    b".git",
    b"templates/a.j2",
    b"1.0.0",
    b">=1.0.0",
    b"version: ",
    b"when: has_lib\n",
    b"kind: vendor",
    b"min: 1\n",
    b"a: &a [*a, *a]\n",
];

const MANIFEST: &str = "\
name: tiny
slug: free/tiny
version: 1.0.0 # of what is generated
summary: A é module
license: MIT
compatibility: { rapidkit-pg: \">=1.0.0\", postgresql: any, frameworks: { axum: \">=0.7\" } }
capabilities: [async]
documentation:
  changelog: docs/changelog.md
hooks:
  runtime:
    - { variable: TINY_ECHO, effect: Says it }
generation:
  variants:
    axum:
      files:
        - template: templates/a.j2
          output: src/a.rs
        - template: templates/b
          output: src/b.rs
          kind: seed
          when: has_lib
";

const SPEC: &str = "\
prompts:
  - name: size
    ask: How many?
    help: None.
    type: integer
    default: 10
    min: 1
    max: 10000
  - { name: colour, ask: Which?, help: \"\", type: string, default: \"é\", max: 20 }
  - { name: fast, ask: Fast?, help: \"\", type: boolean, default: true }
dependencies:
  axum:
    - name: serde
      version: \"1\"
      features: [derive]
      default-features: false
";

fn load(manifest: &str, spec: &str) -> Option<Module> {
    let texts = [
        ("module.yaml", manifest),
        ("config/base.yaml", spec),
        ("docs/changelog.md", "# Changelog\n\n## 1.0.0\n"),
        (
            "templates/a.j2",
            "// {{ answers.size }} {{ answers.colour | rust_string }}\n",
        ),
        ("templates/b", "// b\n"),
    ];
    let files: ModuleFiles = texts
        .iter()
        .map(|(path, text)| (path.parse().unwrap(), Cow::Owned(text.as_bytes().to_vec())))
        .collect();
    match Module::load(files) {
        Ok(module) => Some(module),
        Err(problem) => {
            refused(&problem);
            None
        }
    }
}

#[test]
fn module_yaml() {
    let quoted = MANIFEST.replace("1.0.0 #", "'1.0.0' #");
    let crlf = MANIFEST.replace('\n', "\r\n");
    let strategy = mutated_text(&[MANIFEST, &quoted, &crlf], WORDS);
    run("module.yaml", 1_000, strategy, |text| {
        let Some(module) = load(text, SPEC) else {
            return false;
        };
        let after = Bump::Minor.of(&module.manifest.version.value);
        match module.with_version(&after) {
            Ok(edited) => {
                // The version is what was edited, and nothing else.
                let kept = text
                    .len()
                    .min(edited.len())
                    .saturating_sub(after.to_string().len() + 40);
                let same =
                    |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
                let reversed = |text: &str| text.bytes().rev().collect::<Vec<u8>>();
                let tail = reversed(text)
                    .iter()
                    .zip(reversed(&edited))
                    .take_while(|(a, b)| **a == *b)
                    .count();
                assert!(same(text, &edited) + tail >= kept, "{edited}");
            }
            Err(problem) => refused(&problem),
        }
        if let Err(problem) = module.with_changelog_entry(&after) {
            refused(&problem);
        }
        true
    });
}

#[test]
fn base_yaml() {
    let crlf = SPEC.replace('\n', "\r\n");
    let strategy = mutated_text(
        &[SPEC, &crlf, "prompts: []\ndependencies: { axum: [] }\n"],
        WORDS,
    );
    run("config/base.yaml", 1_000, strategy, |text| {
        let Some(module) = load(MANIFEST, text) else {
            return false;
        };
        for prompt in module.spec.prompts.iter().map(|prompt| &prompt.value) {
            assert!(prompt.accepts(&prompt.default));
            for typed in ["", "10", "true", "é\n", "99999999999999999999"] {
                match prompt.parse(typed) {
                    Ok(answer) => assert!(prompt.accepts(&answer)),
                    Err(expected) => assert!(!expected.is_empty()),
                }
            }
            assert!(!prompt.accepts(&Answer::String("\0".to_owned())));
        }
        assert!(Templates::new(&module).is_ok());
        true
    });
}
