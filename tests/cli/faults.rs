//! The deliberate faults of the conformance suite take long to run. That each still has its place is seen here.

use crate::fixture::{Fixture, repository};

#[test]
fn every_deliberate_fault_has_its_place_in_what_is_generated() {
    let suite = repository().join("tests/conformance");
    let json = |path: std::path::PathBuf| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let mut lost = Vec::new();
    for framework in ["actix", "axum", "fastapi", "nestjs"] {
        let project = Fixture::empty();
        let application = suite.join("apps").join(framework);
        for entry in walkdir::WalkDir::new(&application) {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                let path = entry.path().strip_prefix(&application).unwrap();
                project.write(path.to_str().unwrap(), std::fs::read(entry.path()).unwrap());
            }
        }
        project.run(&["add", "--yes"]).ok();
        let app = json(application.join("app.json"));
        let layer = app["layer"].as_str().unwrap();
        let faults = json(suite.join(format!("faults/{framework}.json")));
        let faults = faults.as_array().unwrap();
        assert!(faults.len() >= 15, "{framework}: {}", faults.len());
        for fault in faults {
            let text = |key: &str| fault[key].as_str().unwrap();
            let found = project
                .read(&format!("{layer}/{}", text("file")))
                .matches(text("find"))
                .count();
            if found != 1 {
                lost.push(format!("{framework}: {} occurs {found} times", text("id")));
            }
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
}
