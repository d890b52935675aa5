use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static ASKING: AtomicBool = AtomicBool::new(false);

/// Makes the first Ctrl-C, SIGTERM or SIGHUP a request, which work in progress answers where it can stop cleanly, and the
/// second an end. Where nothing is written and nothing is started, and while a question waits, the first one ends it.
pub fn install(at_once: bool) {
    let installed = ctrlc::set_handler(move || {
        let is_asking = ASKING.load(Ordering::SeqCst);
        if is_asking {
            // The terminal may be gone, and the question would wait for it for ever.
            let _ = crossterm::terminal::disable_raw_mode();
            let _ = crossterm::execute!(std::io::stderr(), crossterm::cursor::Show);
        }
        if INTERRUPTED.swap(true, Ordering::SeqCst) || at_once || is_asking {
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

/// Runs what asks a person and does nothing else.
pub fn while_asking<T>(ask: impl FnOnce() -> T) -> T {
    ASKING.store(true, Ordering::SeqCst);
    let answer = ask();
    ASKING.store(false, Ordering::SeqCst);
    answer
}
