use std::path::Path;
use std::process::Command;

use crate::cargo::POOL_OF_TEN;
use crate::side::{Side, add, installed_by, project, run};

pub fn sides(work: &Path) -> Vec<Side> {
    let modules = installed_by("node");
    let build = |name: &str, module: &str| {
        let folder = work.join(name);
        project(
            &folder,
            &[
                ("package.json", include_str!("nestjs/package.json.txt")),
                ("tsconfig.json", include_str!("nestjs/tsconfig.json.txt")),
                ("src/main.ts", include_str!("nestjs/main.ts.txt")),
                ("src/app.module.ts", module),
            ],
        );
        if name == "generated" {
            add(&folder);
        }
        std::os::unix::fs::symlink(&modules, folder.join("node_modules")).expect("a link");
        run(Command::new(folder.join("node_modules/.bin/tsc"))
            .args(["-p", "."])
            .current_dir(&folder));
        folder
    };
    let generated = build("generated", include_str!("nestjs/generated.ts.txt"));
    let handwritten = build("handwritten", include_str!("nestjs/handwritten.ts.txt"));
    let side = |name, folder: &Path, path, peer_of| Side {
        name,
        folder: folder.to_owned(),
        command: vec!["node".to_owned(), "dist/main.js".to_owned()],
        variables: POOL_OF_TEN,
        path,
        peer_of,
    };
    vec![
        side("generated", &generated, "/accounts/7", None),
        side(
            "hand-written, pool.query of pg",
            &handwritten,
            "/accounts/7",
            Some(0),
        ),
        side(
            "as RapidKit Core: a client, a ping",
            &handwritten,
            "/pinged/7",
            Some(0),
        ),
    ]
}
