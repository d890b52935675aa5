//! `cargo test --test mutations` switches every check of the list off. Here: each still has its place in the sources.

#[path = "../mutations/list.rs"]
mod list;

use crate::fixture::repository;

#[test]
fn every_check_of_the_list_has_its_place() {
    let mutations = list::read(repository()).unwrap();
    let files = list::switched(repository(), &mutations).unwrap();
    let mut ids: Vec<&str> = mutations
        .iter()
        .map(|mutation| mutation.id.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), mutations.len(), "an identifier is there twice");
    for mutation in &mutations {
        assert!(!mutation.off.is_empty() && mutation.survives.as_deref() != Some(""));
    }
    // A file of the verifier that is not in the list has checks that nobody switches off.
    let without_a_check = [
        "verify/project.rs",
        "verify/vet/mod.rs",
        "signature/mod.rs",
        "signature/error.rs",
    ];
    for room in [
        "verify",
        "verify/vet",
        "signature",
        "signature/revoked",
        "signature/signers",
    ] {
        for entry in std::fs::read_dir(repository().join("src").join(room)).unwrap() {
            let name = format!("{room}/{}", entry.unwrap().file_name().to_str().unwrap());
            let is_listed = files.contains_key(&format!("src/{name}"));
            let reads_only = [
                "signature/wire.rs",
                "signature/keyline.rs",
                "signature/namespace.rs",
            ];
            assert!(
                is_listed
                    || !name.ends_with(".rs")
                    || without_a_check.contains(&name.as_str())
                    || reads_only.contains(&name.as_str()),
                "{name} is in no mutation"
            );
        }
    }
}
