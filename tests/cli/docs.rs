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
    let checked = std::process::Command::new("bash")
        .args(["-n", "completions.bash"])
        .current_dir(folder.path())
        .status();
    assert!(checked.unwrap().success());
    assert!(folder.run(&["man"]).ok().out.contains(".TH rapidkit-pg"));
    let page = folder.run(&["man", "add"]).ok().out;
    assert!(page.contains(".TH rapidkit-pg-add"), "{page}");
    folder.refuses(&["man", "sing"], 2, &["no command `sing`"]);
}
