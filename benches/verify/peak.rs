//! How much memory a command takes at most. A process only learns that of its children, and of all of them at once: so each
//! command is started by a process of its own, which is this benchmark again.

use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};

const ASKED: &str = "--peak-memory";

/// Whether this process was started by [`of`].
pub fn is_asked() -> bool {
    std::env::args().nth(1).is_some_and(|word| word == ASKED)
}

/// Runs the command that follows, and prints what it took, in KiB.
#[allow(clippy::disallowed_macros, reason = "this is how it is handed back")]
pub fn answer() {
    let mut words = std::env::args_os().skip(2);
    let status = Command::new(words.next().expect("a program"))
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(
        status
            .expect("it starts")
            .code()
            .is_some_and(|code| code < 2)
    );
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
    println!("{}", usage.max_rss());
}

/// The most memory that a command took, in MiB.
pub fn of(command: &Command) -> f64 {
    let mut asked = Command::new(std::env::current_exe().expect("this program"));
    asked
        .arg(ASKED)
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().expect("a directory"));
    for (name, _) in command.get_envs() {
        asked.env_remove(name);
    }
    let output = asked.output().expect("it starts");
    let text = String::from_utf8(output.stdout).expect("a number");
    text.trim().parse::<f64>().expect("a number") / 1024.0
}
