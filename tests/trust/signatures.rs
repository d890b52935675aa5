//! RK02: real keys, made and used by ssh-keygen. What the signature room accepts at all is tested in `tests/signature/`.

use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use crate::fixture::Fixture;
use crate::project::{LOCK, Verified, added, make_pipe, verify};

const SIGNATURE: &str = ".rapidkit/rapidkit-pg.lock.yaml.sig";

/// A folder outside of all checkouts with two keys and files that trust the first.
struct Keys {
    folder: Fixture,
}

impl Keys {
    fn new() -> Self {
        let keys = Self {
            folder: Fixture::empty(),
        };
        for name in ["release", "other"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
                .arg(keys.folder.path().join(name))
                .status();
            assert!(made.unwrap().success());
        }
        let line = keys.line("release", "");
        keys.folder.write("allowed_signers", line);
        keys
    }

    /// A line of allowed signers.
    fn line(&self, name: &str, options: &str) -> String {
        let public = self.folder.read(&format!("{name}.pub"));
        format!("release@example.org {options} {public}").replace("  ", " ")
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn sign(&self, project: &Fixture, key: &str) {
        project
            .run(&["lock", "--overwrite", "--sign", &self.path(key)])
            .ok();
    }

    fn verify(&self, project: &Fixture, more: &[&str]) -> Verified {
        let trust = self.path("allowed_signers");
        verify(
            project,
            &[&["--release", "--trust", &trust][..], more].concat(),
        )
    }
}

fn signed(keys: &Keys) -> Fixture {
    let project = added();
    keys.sign(&project, "release");
    project
}

fn codes(verified: &Verified) -> Vec<String> {
    verified.codes().into_iter().collect()
}

#[test]
fn a_signed_lock_is_verified_and_anybody_can_repeat_it() {
    let keys = Keys::new();
    let project = signed(&keys);
    let verified = keys.verify(&project, &[]);
    assert_eq!(verified.code, Some(0), "{}", verified.ran.out);
    let signer = verified.report["checked"][0]["signer"].as_str().unwrap();
    assert!(
        signer.starts_with("release@example.org (SHA256:"),
        "{signer}"
    );
    assert_eq!(
        keys.verify(&project, &["--signer", "release@example.org"])
            .code,
        Some(0)
    );
    // As the documentation says.
    let lock = std::fs::File::open(project.path().join(LOCK)).unwrap();
    let repeated = Command::new("ssh-keygen")
        .args([
            "-Y",
            "verify",
            "-I",
            "release@example.org",
            "-n",
            "rapidkit-lock-v1",
        ])
        .args(["-f", &keys.path("allowed_signers"), "-s", SIGNATURE])
        .current_dir(project.path())
        .stdin(Stdio::from(lock))
        .output();
    assert!(repeated.unwrap().status.success());
    let by_environment = project
        .command(&["verify-all", "--release"])
        .env("RAPIDKIT_TRUST", keys.path("allowed_signers"))
        .output()
        .unwrap();
    assert!(by_environment.status.success());
    assert!(
        String::from_utf8_lossy(&by_environment.stdout)
            .contains("signed: . by release@example.org")
    );
}

#[test]
fn unsigned_is_information_unless_there_is_trust() {
    let keys = Keys::new();
    let project = added();
    let level = |verified: &Verified| verified.of("RK0201")[0]["level"].clone();
    let plain = verify(&project, &["--release"]);
    assert_eq!((plain.code, level(&plain)), (Some(0), "info".into()));
    let trust = keys.path("allowed_signers");
    let warned = verify(&project, &["--trust", &trust]);
    assert_eq!((warned.code, level(&warned)), (Some(0), "warning".into()));
    let release = keys.verify(&project, &[]);
    assert_eq!((release.code, level(&release)), (Some(1), "finding".into()));
    // A signature without trust is mentioned, and never more.
    let project = signed(&keys);
    let plain = verify(&project, &["--release"]);
    assert_eq!(plain.code, Some(0));
    assert_eq!(plain.of("RK0208")[0]["level"], "info");
    assert!(plain.report["checked"][0]["signer"].is_null());
}

/// What is done to a signed project and its trust, the codes, and how.
type Case = (&'static str, &'static [&'static str], fn(&Keys, &Fixture));

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("the signature is removed",            &["RK0201"], |_, p| std::fs::remove_file(p.path().join(SIGNATURE)).unwrap()),
    ("the signature is empty",              &["RK0202"], |_, p| { p.write(SIGNATURE, ""); }),
    ("a line is appended to it",            &["RK0202"], |_, p| { let t = p.read(SIGNATURE); p.write(SIGNATURE, t + "\n"); }),
    ("its line endings become CRLF",        &["RK0202"], |_, p| { let t = p.read(SIGNATURE); p.write(SIGNATURE, t.replace('\n', "\r\n")); }),
    ("it is a link",                        &["RK0202"], |k, p| { std::fs::remove_file(p.path().join(SIGNATURE)).unwrap(); symlink(k.path("release.pub"), p.path().join(SIGNATURE)).unwrap(); }),
    ("it is a pipe",                        &["RK0202"], |_, p| { std::fs::remove_file(p.path().join(SIGNATURE)).unwrap(); crate::project::make_pipe(p, SIGNATURE); }),
    ("it is a directory",                   &["RK0202"], |_, p| { std::fs::remove_file(p.path().join(SIGNATURE)).unwrap(); std::fs::create_dir(p.path().join(SIGNATURE)).unwrap(); }),
    ("it is 5 MiB",                         &["RK0202"], |_, p| { p.write(SIGNATURE, vec![b' '; 5 << 20]); }),
    ("the lock changed after it",           &["RK0202"], |_, p| { p.write("src/db_postgres/pool.rs", "// mine\n"); p.run(&["lock", "--overwrite"]).ok(); }),
    ("another project's signature",         &["RK0202"], |k, p| { let o = Fixture::axum(); o.run(&["add", "--yes", "--set", "pool_size=5"]).ok(); k.sign(&o, "release"); p.write(SIGNATURE, o.read(SIGNATURE)); }),
    ("a signature of a module's sums",      &["RK0206"], |k, p| { let m = Fixture::module(); m.run(&["lock", "--overwrite", "--sign", &k.path("release")]).ok(); p.write(SIGNATURE, m.read("module.sums.sig")); }),
    ("another key signed",                  &["RK0203"], |k, p| k.sign(p, "other")),
    ("nobody is trusted",                   &["RK0203"], |k, _| { k.folder.write("allowed_signers", "# nobody\n"); }),
    ("the key may sign other things only",  &["RK0203"], |k, _| { let l = k.line("release", "namespaces=\"git\""); k.folder.write("allowed_signers", l); }),
    ("the key has expired",                 &["RK0205"], |k, _| { let l = k.line("release", "valid-before=\"20260101Z\""); k.folder.write("allowed_signers", l); }),
    ("the key is not valid yet",            &["RK0205"], |k, _| { let l = k.line("release", "valid-after=\"20990101Z\""); k.folder.write("allowed_signers", l); }),
    ("an old lock with its signature",      &["RK0601"], |k, p| { let (l, s) = (p.read(LOCK), p.read(SIGNATURE)); p.write("src/db_postgres/pool.rs", "// mine\n"); k.sign(p, "release"); p.write(LOCK, l); p.write(SIGNATURE, s); }),
];

#[test]
fn what_does_not_count_is_seen() {
    for (what, expected, make) in CASES {
        let keys = Keys::new();
        let project = signed(&keys);
        make(&keys, &project);
        let verified = keys.verify(&project, &[]);
        assert_eq!(
            (verified.code, codes(&verified)),
            (Some(1), expected.iter().map(ToString::to_string).collect()),
            "{what}: {}",
            verified.ran.out
        );
        assert!(
            verified.report["checked"][0]["signer"].is_null()
                || *what == "an old lock with its signature"
        );
    }
}

#[test]
fn keys_are_rotated_and_revoked() {
    let keys = Keys::new();
    let project = signed(&keys);
    keys.folder
        .write("revoked", keys.folder.read("release.pub"));
    let revoked = keys.path("revoked");
    assert_eq!(
        codes(&keys.verify(&project, &["--revoked", &revoked])),
        ["RK0204"]
    );
    let krl = Command::new("ssh-keygen")
        .args([
            "-q",
            "-k",
            "-f",
            &keys.path("krl"),
            &keys.path("release.pub"),
        ])
        .status();
    assert!(krl.unwrap().success());
    assert_eq!(
        codes(&keys.verify(&project, &["--revoked", &keys.path("krl")])),
        ["RK0204"]
    );
    // Both keys count while the one follows the other.
    let both = keys.line("release", "") + &keys.line("other", "");
    keys.folder.write("allowed_signers", both);
    assert_eq!(keys.verify(&project, &[]).code, Some(0));
    keys.sign(&project, "other");
    assert_eq!(
        keys.verify(&project, &["--revoked", &revoked]).code,
        Some(0)
    );
    assert_eq!(
        codes(&keys.verify(&project, &["--signer", "ci@example.org"])),
        ["RK0203"]
    );
}

#[test]
fn trust_that_lies_in_the_checkout_counts_for_nothing() {
    let keys = Keys::new();
    let project = signed(&keys);
    project.write("allowed_signers", keys.line("release", ""));
    let inside = verify(&project, &["--release", "--trust", "allowed_signers"]);
    assert_eq!(
        (inside.code, codes(&inside)),
        (Some(2), vec!["RK0207".to_owned()])
    );
    assert!(inside.report["checked"][0]["signer"].is_null());
    // Nor through a link, nor beside the project in the same work tree.
    symlink(
        project.path().join("allowed_signers"),
        keys.folder.path().join("link"),
    )
    .unwrap();
    assert_eq!(
        codes(&verify(&project, &["--trust", &keys.path("link")])),
        ["RK0207"]
    );
    let tree = Fixture::empty();
    let path = tree.path().join("services/api");
    std::fs::create_dir_all(&path).unwrap();
    crate::project::copy(project.path(), &path);
    tree.write("trust/allowed_signers", keys.line("release", ""));
    let arguments = ["services/api", "--trust", "trust/allowed_signers"];
    assert_eq!(verify(&tree, &arguments).code, Some(0));
    std::fs::create_dir(tree.path().join(".git")).unwrap();
    assert_eq!(codes(&verify(&tree, &arguments)), ["RK0207"]);
    // And what is not named is not looked for.
    assert!(verify(&project, &["--release"]).report["checked"][0]["signer"].is_null());
}

#[test]
fn trust_that_whoever_changes_the_checkout_could_change_counts_for_nothing() {
    let keys = Keys::new();
    let project = signed(&keys);
    let tree = || {
        let tree = Fixture::empty();
        let path = tree.path().join("services/api");
        std::fs::create_dir_all(&path).unwrap();
        crate::project::copy(project.path(), &path);
        tree.write("allowed_signers", keys.line("release", ""));
        tree.write("revoked_keys", "\n");
        tree
    };
    let outside = keys.path("allowed_signers");
    let inside = |tree: &Fixture, arguments: &[&str]| {
        let verified = verify(tree, &[&["--release"], arguments].concat());
        assert_eq!(
            (verified.code, codes(&verified)),
            (Some(2), vec!["RK0207".to_owned()]),
            "{arguments:?}"
        );
    };
    // Below where verification starts, without any git.
    let unpacked = tree();
    inside(&unpacked, &["--trust", "allowed_signers"]);
    inside(
        &unpacked,
        &["--trust", &outside, "--revoked", "revoked_keys"],
    );
    inside(&unpacked, &["services/..", "--trust", "allowed_signers"]);
    assert_eq!(verify(&unpacked, &["--trust", &outside]).code, Some(0));
    // In the repository around a submodule.
    let around = tree();
    for repository in [".git", "services/api/.git"] {
        std::fs::create_dir(around.path().join(repository)).unwrap();
    }
    inside(&around, &["services/api", "--trust", "allowed_signers"]);
    // A link within, to a file or to its folder, or by way of the outside, that leads out.
    let linked = tree();
    symlink(&outside, linked.path().join("link")).unwrap();
    symlink(keys.folder.path(), linked.path().join("folder")).unwrap();
    symlink(linked.path().join("link"), keys.folder.path().join("back")).unwrap();
    let back = keys.path("back");
    for path in ["link", "folder/allowed_signers", &back] {
        inside(&linked, &["--trust", path]);
    }
    // A link outside does no harm, and nor does a way that passes through.
    symlink(&outside, keys.folder.path().join("current")).unwrap();
    let folder = keys.folder.path().file_name().unwrap().to_str().unwrap();
    let through = format!("services/../../{folder}/current");
    for path in [&keys.path("current"), &through] {
        assert_eq!(verify(&linked, &["--trust", path]).code, Some(0), "{path}");
    }
}

#[test]
fn trust_that_cannot_be_read_is_bad_input() {
    let keys = Keys::new();
    let project = signed(&keys);
    keys.folder.write("nonsense", "nonsense\n");
    for (trust, expected) in [("absent", "cannot read"), ("nonsense", "nonsense")] {
        project.refuses(
            &["verify-all", "--trust", &keys.path(trust)],
            2,
            &[expected],
        );
    }
    let trust = keys.path("allowed_signers");
    project.refuses(
        &[
            "verify-all",
            "--trust",
            &trust,
            "--revoked",
            &keys.path("absent"),
        ],
        2,
        &["cannot read"],
    );
    project.refuses(&["verify-all", "--revoked", &trust], 2, &["--trust"]);
    // A pipe that nobody writes to would never end.
    make_pipe(&keys.folder, "pipe");
    let pipe = keys.path("pipe");
    for arguments in [
        &["verify-all", "--trust", &pipe][..],
        &["verify-all", "--trust", &trust, "--revoked", &pipe],
    ] {
        project.refuses(arguments, 2, &["pipe` is no regular file"]);
    }
}

#[test]
fn a_module_is_signed_as_a_project_is() {
    let keys = Keys::new();
    let module = Fixture::module();
    module
        .run(&["lock", "--overwrite", "--sign", &keys.path("release")])
        .ok();
    let verified = keys.verify(&module, &[]);
    assert_eq!(verified.code, Some(0), "{}", verified.ran.out);
    assert!(verified.report["checked"][0]["signer"].is_string());
    module.replace("module.sums", "# version 1.2.0", "# version 1.2.1");
    assert_eq!(codes(&keys.verify(&module, &[])), ["RK0202", "RK0407"]);
}

#[test]
fn a_signature_that_cannot_be_made_writes_nothing() {
    let keys = Keys::new();
    let project = added();
    project.write("src/db_postgres/pool.rs", "// mine\n");
    project.refuses(
        &["lock", "--overwrite", "--sign", &keys.path("absent")],
        2,
        &["did not sign"],
    );
    project.refuses(
        &["lock", "--sign", &keys.path("release")],
        2,
        &["--overwrite"],
    );
    keys.sign(&project, "release");
    assert_eq!(keys.verify(&project, &[]).code, Some(0));
    // Accepting something else leaves the signature stale, and says so.
    project.write("src/db_postgres/pool.rs", "// other\n");
    let ran = project.run(&["lock", "--overwrite"]).ok();
    assert!(ran.out.contains("is stale now"), "{}", ran.out);
}
