//! Verifying writes nothing: it works on a tree that cannot be written, and asks the system for nothing that writes.

use std::process::{Command, Stdio};

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
    let log = tempfile::NamedTempFile::new().unwrap();
    let command = tree.command(&["verify-all", "--release", "--baseline", "HEAD"]);
    let calls = format!("trace=open,openat,openat2,{WRITING}");
    let traced = Command::new("strace")
        .args(["-f", "-qq", "-e", &calls, "-o"])
        .arg(log.path())
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(tree.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(
        traced.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&traced.stderr)
    );
    let log = std::fs::read_to_string(log.path()).unwrap();
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
