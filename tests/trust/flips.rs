//! Single bits. `cargo bench --bench flips` turns every one; here it is every 97th.

#[path = "../../benches/flips/flip.rs"]
mod flip;

use crate::fixture::Fixture;
use crate::project::{LOCK, VENDOR, added};

const STEP: usize = 97;

#[test]
fn no_bit_of_a_lock_turns_unseen() {
    let project = added();
    flip::all(project.path(), LOCK, STEP).assert();
}

#[test]
fn no_bit_of_a_vendor_file_turns_unseen() {
    let project = added();
    flip::all(project.path(), &format!("{VENDOR}/url.rs"), STEP * 8).assert();
}

#[test]
fn no_bit_of_the_sums_of_a_module_turns_unseen() {
    let module = Fixture::module();
    flip::all(module.path(), "module.sums", STEP).assert();
}
