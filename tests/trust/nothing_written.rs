//! Verifying writes nothing: it works on a tree that cannot be written, and asks the system for nothing that
//! writes, nor for the network.

use std::process::{Command, Output, Stdio};

use crate::fixture::Fixture;
use crate::merge::{commit, git};
use crate::project::{added, copy, make_pipe};

/// Calls that change a file system.
const WRITING: &str = "creat,mkdir,mkdirat,mknod,mknodat,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,rename,\
                       renameat,renameat2,truncate,ftruncate,fallocate,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utime,\
                       utimes,utimensat,futimesat,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr,mount";

#[test]
fn no_call_of_a_verification_writes_in_the_tree() {
    let tree = Fixture::empty();
    let (project, module) = (tree.path().join("project"), tree.path().join("module"));
    for path in [&project, &module] {
        std::fs::create_dir_all(path).unwrap();
    }
    copy(added().path(), &project);
    copy(Fixture::module().path(), &module);
    assert!(git(&tree, &["init", "-q"]));
    commit(&tree);
    tree.write("project/src/db_postgres/pool.rs", "// mine\n");
    tree.write("project/.rapidkit/extra", "");
    make_pipe(&tree, "project/.rapidkit/pipe");
    let before = tree.tree();
    let log = traced(&tree, &format!("trace=open,openat,openat2,{WRITING}"));
    let opened = log.lines().filter(|line| line.contains(" open")).count();
    assert!(opened > 50, "the trace is empty:\n{log}");
    for line in log.lines() {
        let opens = line.contains(" open");
        let writes = [
            "O_WRONLY",
            "O_RDWR",
            "O_CREAT",
            "O_TRUNC",
            "O_APPEND",
            "O_TMPFILE",
        ];
        // git looks for terminals and writes to nowhere.
        let elsewhere = line.contains("\"/dev/null\"") || line.contains("\"/dev/tty\"");
        let is_call = line
            .split_whitespace()
            .nth(1)
            .is_some_and(|call| call.contains('('));
        assert!(
            !is_call || (opens && !writes.iter().any(|flag| line.contains(flag))) || elsewhere,
            "{line}"
        );
    }
    assert!(
        !log.contains("extra/pipe") && !log.lines().any(|line| line.contains("\"pipe\"")),
        "a pipe was opened"
    );
    assert!(tree.tree() == before);
}

#[test]
fn no_call_of_a_verification_reaches_the_network() {
    let tree = Fixture::empty();
    copy(added().path(), tree.path());
    assert!(git(&tree, &["init", "-q"]));
    commit(&tree);
    tree.write("src/db_postgres/pool.rs", "// mine\n");
    let log = traced(&tree, "trace=%network,execve");
    let programs = log.lines().filter(|line| line.contains("execve(")).count();
    assert!(programs > 1, "git is not in the trace:\n{log}");
    let calls = ["socket(", "connect(", "bind(", "sendto(", "AF_INET"];
    for line in log.lines() {
        assert!(!calls.iter().any(|call| line.contains(call)), "{line}");
    }
    // What such a trace shows of a program that does.
    let mut control = Command::new("bash");
    control.args(["-c", "echo > /dev/udp/127.0.0.1/9"]);
    let (log, _) = trace(&control, "trace=%network,execve");
    assert!(log.contains("AF_INET"), "{log}");
}

/// The calls of a release verification with a baseline, which has findings, and of all programs that it starts.
fn traced(tree: &Fixture, calls: &str) -> String {
    let command = tree.command(&["verify-all", "--release", "--baseline", "HEAD"]);
    let (log, output) = trace(&command, calls);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    log
}

fn trace(command: &Command, calls: &str) -> (String, Output) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-qq", "-e", calls, "-o"])
        .arg(log.path())
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null());
    if let Some(directory) = command.get_current_dir() {
        traced.current_dir(directory);
    }
    let output = traced.output().unwrap();
    (std::fs::read_to_string(log.path()).unwrap(), output)
}

#[test]
fn a_read_only_file_system_is_verified_all_the_same() {
    let tree = Fixture::empty();
    copy(added().path(), tree.path());
    let mount = |arguments: &[&str]| {
        let output = Command::new("mount")
            .args(arguments)
            .arg(tree.path())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "this test mounts a folder read-only, which needs root: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    struct Unmount<'a>(&'a Fixture);
    impl Drop for Unmount<'_> {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(self.0.path()).status();
        }
    }
    mount(&["--bind", tree.path().to_str().unwrap()]);
    let _unmount = Unmount(&tree);
    mount(&["-o", "remount,bind,ro"]);
    assert!(
        std::fs::write(tree.path().join("x"), "").is_err(),
        "it can be written"
    );
    tree.run(&["verify-all", "--release"]).ok();
    tree.run(&["lock", "--check"]).ok();
}
