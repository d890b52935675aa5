//! Every rendered file, for every shape of project that a template asks about.

use std::collections::BTreeMap;

use crate::fixture::{AXUM_MANIFEST, Fixture};

fn rendered(axum: &str, has_lib: bool) -> BTreeMap<String, String> {
    let project = Fixture::axum();
    project.write(
        "Cargo.toml",
        AXUM_MANIFEST.replace("axum = \"0.8\"", &format!("axum = \"{axum}\"")),
    );
    if has_lib {
        project.write("src/lib.rs", "//! The shop.\n");
    }
    let before = project.tree();
    project.run(&["add", "--yes"]).ok();
    project
        .tree()
        .into_iter()
        .filter(|(path, _)| !path.starts_with(".rapidkit/vendor"))
        .filter(|(path, bytes)| bytes.is_some() && before.get(path) != Some(bytes))
        .map(|(path, bytes)| {
            (
                path.to_str().unwrap().to_owned(),
                String::from_utf8(bytes.unwrap()).unwrap(),
            )
        })
        .collect()
}

#[test]
fn every_rendered_file_is_as_reviewed() {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    // The lock holds hashes of the files below: one line a change would tell nothing more.
    settings.add_filter(r#""[0-9a-f]{64}""#, "[hash]");
    let reviewed = rendered("0.8", false);
    let shapes = [
        ("axum-0.8-bin", reviewed.clone()),
        ("axum-0.8-lib", rendered("0.8", true)),
        ("axum-0.7-bin", rendered("0.7", false)),
    ];
    settings.bind(|| {
        for (index, (shape, files)) in shapes.iter().enumerate() {
            for (path, text) in files {
                if index == 0 || reviewed.get(path) != Some(text) {
                    insta::assert_snapshot!(format!("{shape}/{}", path.replace('/', "__")), text);
                }
            }
        }
    });
}
