use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes the first Ctrl-C a request, which work in progress answers where it can stop cleanly, and the second an end.
pub fn install() {
    let installed = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            #[allow(
                clippy::disallowed_methods,
                reason = "the second Ctrl-C ends the process"
            )]
            std::process::exit(130);
        }
    });
    // Only a second installation fails, and the first one serves as well.
    debug_assert!(installed.is_ok());
}

/// Whether Ctrl-C was pressed.
pub fn requested() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}
