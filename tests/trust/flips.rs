//! Single bits. `cargo bench --bench flips` turns every one; here it is every 97th.

#[path = "../../benches/flips/flip.rs"]
mod flip;

use crate::fixture::Fixture;
use crate::project::{LOCK, VENDOR, added};

const STEP: usize = 97;

#[test]
fn no_bit_of_a_lock_turns_unseen() {
    let project = added();
    flip::all(project.path(), LOCK, STEP, None).assert();
}

#[test]
fn no_bit_of_a_signature_turns_unseen() {
    let project = added();
    let keys = Fixture::empty();
    let trust = flip::sign(
        env!("CARGO_BIN_EXE_rapidkit-pg"),
        project.path(),
        keys.path(),
    );
    let file = format!("{LOCK}.sig");
    flip::all(project.path(), &file, STEP / 4, Some(&trust)).assert();
}

#[test]
fn no_bit_of_a_vendor_file_turns_unseen() {
    let project = added();
    flip::all(project.path(), &format!("{VENDOR}/url.rs"), STEP * 8, None).assert();
}

#[test]
fn no_bit_of_the_sums_of_a_module_turns_unseen() {
    let module = Fixture::module();
    flip::all(module.path(), "module.sums", STEP, None).assert();
}
