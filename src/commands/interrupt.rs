use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes the first Ctrl-C a request, which work in progress answers where it can stop cleanly, and the second an end. Where
/// nothing is written and nothing is started, the first one ends it.
pub fn install(at_once: bool) {
    let installed = ctrlc::set_handler(move || {
        if INTERRUPTED.swap(true, Ordering::SeqCst) || at_once {
            #[allow(
                clippy::disallowed_methods,
                reason = "the process has nothing to put in order, or was asked twice"
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
