//! What the command itself documents.

use crate::fixture::Fixture;

#[test]
fn every_command_has_help_with_an_example_or_needs_none() {
    let folder = Fixture::empty();
    for command in ["add", "lock", "demo", "completions", "man"] {
        let help = folder.run(&[command, "--help"]).ok().out;
        assert!(help.contains("Example"), "{command} --help has no example");
    }
    assert!(folder.run(&["--help"]).ok().out.contains("Exit codes"));
}

#[test]
fn completions_and_the_manual_page_are_made() {
    let folder = Fixture::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            folder
                .run(&["completions", shell])
                .ok()
                .out
                .contains("rapidkit-pg")
        );
    }
    let script = folder.run(&["completions", "bash"]).ok().out;
    folder.write("completions.bash", script);
    for (typed, expected) in [
        ("rapidkit-pg ver", "verify-all"),
        ("rapidkit-pg add --frame", "--framework"),
        ("rapidkit-pg verify-all --format sar", "sarif"),
        ("rapidkit-pg completions fi", "fish"),
    ] {
        let words: Vec<&str> = typed.split(' ').collect();
        let [.., before, last] = words[..] else {
            panic!("{typed}")
        };
        let script = format!(
            "source completions.bash; COMP_WORDS=({typed}); COMP_CWORD={}; \
             $(complete -p rapidkit-pg | grep -o '_rapidkit[^ ]*') rapidkit-pg {last} {before}; \
             echo \"${{COMPREPLY[*]}}\"",
            words.len() - 1
        );
        let output = std::process::Command::new("bash")
            .args(["-c", &script])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let completed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(completed.trim(), expected, "{typed}");
    }
    assert!(folder.run(&["man"]).ok().out.contains(".TH rapidkit-pg"));
    let page = folder.run(&["man", "add"]).ok().out;
    assert!(page.contains(".TH rapidkit-pg-add"), "{page}");
    folder.refuses(&["man", "sing"], 2, &["no command `sing`"]);
}

#[test]
fn an_output_that_is_lost_is_an_error() {
    let project = Fixture::axum();
    project.run(&["add", "--yes"]).ok();
    for arguments in [
        &["status"][..],
        &["status", "--format", "json"],
        &["verify-all", "--format", "sarif"],
        &["man"],
        &["completions", "fish"],
    ] {
        let full = std::fs::File::create("/dev/full").unwrap();
        let output = project.command(arguments).stdout(full).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {err}");
        assert!(err.contains("the output could not be written"), "{err}");
    }
}
