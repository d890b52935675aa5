use std::path::Path;

use crate::cargo::POOL_OF_TEN;
use crate::side::{Side, add, installed_by, project};

pub fn sides(work: &Path) -> Vec<Side> {
    let generated = work.join("generated");
    project(
        &generated,
        &[
            ("requirements.txt", "fastapi\n"),
            ("main.py", include_str!("fastapi/generated.py.txt")),
            ("accounts.py", include_str!("fastapi/accounts.py.txt")),
        ],
    );
    add(&generated);
    let handwritten = work.join("handwritten");
    project(
        &handwritten,
        &[("main.py", include_str!("fastapi/handwritten.py.txt"))],
    );
    let uvicorn = installed_by("python") + "/bin/uvicorn";
    let words = ["main:app", "--port", "PORT", "--log-level", "warning"];
    let command: Vec<String> = std::iter::once(uvicorn)
        .chain(words.map(str::to_owned))
        .collect();
    let side = |name, folder: &Path, path, peer_of| Side {
        name,
        folder: folder.to_owned(),
        command: command.clone(),
        variables: POOL_OF_TEN,
        path,
        peer_of,
    };
    vec![
        side("generated, ConnectionDep", &generated, "/accounts/7", None),
        side(
            "hand-written, SQLAlchemy Core, autocommit",
            &handwritten,
            "/accounts/7",
            Some(0),
        ),
        side("generated, ReaderDep", &generated, "/reader/7", None),
        side("generated, SessionDep", &generated, "/session/7", None),
        side(
            "as RapidKit Core: session, ping, commit",
            &handwritten,
            "/session/7",
            Some(3),
        ),
    ]
}
