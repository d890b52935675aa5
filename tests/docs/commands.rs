//! What is said about the command line, against the command line.

use clap::{Command, CommandFactory, Parser};
use rapidkit_pg::cli::Cli;

use crate::page::{Page, blocks, page, pages};
use crate::repository;
use crate::session::Session;

/// Programs in `sh,outside` blocks.
const OUTSIDE: &[&str] = &["docker", "cargo", "sqlx", "ssh-keygen"];

#[test]
fn commands_that_are_not_run_are_parsed() {
    for page in pages() {
        for block in page.blocks().filter(|block| block.language == "sh") {
            for line in block.text.lines() {
                let line = line.split(['>', '|']).next().unwrap_or_default();
                if line.starts_with("rapidkit-pg ") {
                    let words = line.split_whitespace();
                    if let Err(error) = Cli::try_parse_from(words) {
                        panic!("{block}: {error}");
                    }
                }
            }
        }
    }
    for block in blocks("sh,parse") {
        for line in block.text.lines() {
            assert!(line.starts_with("rapidkit-pg "), "{block}: {line}");
        }
    }
    for block in blocks("sh,demo") {
        let line = block.text.replace("cargo run --release --", "rapidkit-pg");
        let line = line.split_whitespace();
        let command = Cli::try_parse_from(line).map(|cli| cli.command);
        assert!(
            matches!(command, Ok(rapidkit_pg::cli::Command::Demo(_))),
            "{block}"
        );
    }
    for block in blocks("sh,outside") {
        for line in block.text.lines() {
            let program = line.split(' ').next().unwrap();
            assert!(OUTSIDE.contains(&program), "{block}: {line}");
        }
    }
}

#[test]
fn the_programs_of_the_readme_are_there() {
    for block in blocks("sh,tests") {
        let program = repository().join(block.text.trim());
        assert!(program.is_file(), "{block}");
        Session::new(repository()).ok(&block, &format!("test -x {}", program.display()));
    }
    for block in blocks("sh,install") {
        assert_eq!(block.text, "cargo install --locked --path .\n", "{block}");
        let manifest = std::fs::read_to_string(repository().join("Cargo.toml")).unwrap();
        let manifest: toml_edit::DocumentMut = manifest.parse().unwrap();
        assert_eq!(manifest["package"]["name"].as_str(), Some("rapidkit-pg"));
        assert!(repository().join("src/main.rs").is_file());
        assert!(repository().join("Cargo.lock").is_file());
    }
    let usage = Cli::command().render_usage().to_string();
    for block in blocks("text,usage") {
        assert_eq!(format!("Usage: {}", block.text.trim()), usage, "{block}");
    }
}

#[test]
fn every_command_and_option_is_documented_and_none_else() {
    let reference = page("docs/api-reference.md");
    let mut cli = Cli::command();
    cli.build();
    let global = options(&cli);
    let section = part(&reference, "## The command", "### ");
    for option in &global {
        assert!(
            documented(&section).contains(option),
            "api-reference.md: `{option}` is missing among the options of every command"
        );
    }
    let unknown = |section: &str, known: &[String]| -> Vec<String> {
        let said = documented(section).into_iter();
        said.filter(|option| !known.contains(option)).collect()
    };
    let format = ["--format".to_owned()]; // explained there
    let known = [&global[..], &format].concat();
    assert_eq!(unknown(&section, &known), [""; 0], "no such global options");

    let mut commands = Vec::new();
    for command in cli.get_subcommands() {
        let name = command.get_name();
        commands.push(name.to_owned());
        let section = part(&reference, &format!("### `{name}"), "### ");
        assert!(
            !section.is_empty(),
            "api-reference.md: no section about `{name}`"
        );
        let own = options(command);
        for option in own.iter().filter(|option| !global.contains(option)) {
            assert!(
                documented(&section).contains(option),
                "api-reference.md: `{name}` has `{option}`"
            );
        }
        let known = [&own[..], &global[..]].concat();
        let unknown = unknown(&section, &known);
        assert!(
            unknown.is_empty() || name == "help",
            "api-reference.md: `{name}` has no {unknown:?}"
        );
    }
    for heading in reference.prose() {
        if let Some(name) = heading.strip_prefix("### `") {
            let name = name.split([' ', '`']).next().unwrap();
            assert!(
                commands.iter().any(|command| command == name),
                "api-reference.md: no command `{name}`"
            );
        }
    }
}

fn options(command: &Command) -> Vec<String> {
    let mut found = Vec::new();
    for argument in command.get_arguments() {
        found.extend(argument.get_long().map(|long| format!("--{long}")));
        found.extend(argument.get_short().map(|short| format!("-{short}")));
    }
    found
}

/// The lines between a heading and the next one.
fn part(page: &Page, heading: &str, next: &str) -> String {
    page.prose()
        .into_iter()
        .skip_while(|line| !line.starts_with(heading))
        .skip(1)
        .take_while(|line| !line.starts_with(next) && !line.starts_with("## "))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Options in backquotes: `-p`, `--package PACKAGE`.
fn documented(section: &str) -> Vec<String> {
    section
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.starts_with('-'))
        .filter_map(|code| code.split([' ', '=']).next())
        .map(str::to_owned)
        .collect()
}
