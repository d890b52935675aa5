//! Every way to tamper that we could think of, and the codes by which it is seen. The tables are documentation.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicUsize, Ordering};

use rapidkit_pg::lockfile::Lock;
use rapidkit_pg::types::ProjectPath;

use crate::fixture::{AXUM_MAIN, Fixture};
use crate::project::{LOCK, VENDOR, Verified, added, make_executable, make_pipe, verify};

/// What is done, all codes that a release verification then reports (information aside), and how it is done.
type Mutant = (&'static str, &'static [&'static str], fn(&Fixture));

const POOL: &str = ".rapidkit/vendor/db_postgres/1.2.0/src/db_postgres/pool.rs";
const PATCH: &str = ".rapidkit/vendor/db_postgres/1.2.0/wiring.patch";
const URL: &str = ".rapidkit/vendor/db_postgres/1.2.0/src/db_postgres/url.rs";
const MINE: &str = "src/db_postgres/pool.rs";

#[rustfmt::skip]
const VENDOR_TREE: &[Mutant] = &[
    ("a vendor file is emptied",                 &["RK0301"], |p| { p.write(POOL, ""); }),
    ("its last byte is cut off",                 &["RK0301"], |p| { let t = p.read(POOL); p.write(POOL, &t[..t.len() - 1]); }),
    ("a byte is appended",                       &["RK0301"], |p| { let t = p.read(POOL); p.write(POOL, t + " "); }),
    ("a byte order mark is put before it",       &["RK0301"], |p| { let t = p.read(POOL); p.write(POOL, format!("\u{feff}{t}")); }),
    ("two files are swapped",                    &["RK0301"], |p| { let (a, b) = (p.read(POOL), p.read(URL)); p.write(POOL, b); p.write(URL, a); }),
    ("bytes move over a file border",            &["RK0301"], |p| { let (a, b) = (p.read(POOL), p.read(URL)); p.write(POOL, &a[..a.len() - 1]); p.write(URL, format!("\n{b}")); }),
    ("line endings become CRLF",                 &["RK0306"], |p| { let t = p.read(POOL); p.write(POOL, t.replace('\n', "\r\n")); }),
    ("one line ending becomes CRLF",             &["RK0306"], |p| p.replace(POOL, "\n", "\r\n")),
    ("a file is made executable",                &["RK0304"], |p| make_executable(p, POOL)),
    ("a file is removed",                        &["RK0302"], |p| remove(p, POOL)),
    ("the vendor tree is removed",               &["RK0302"], |p| std::fs::remove_dir_all(p.path().join(".rapidkit/vendor")).unwrap()),
    ("a file is a link to the same bytes",       &["RK0305"], |p| { remove(p, POOL); symlink(p.path().join(MINE), p.path().join(POOL)).unwrap(); }),
    ("a file is a pipe",                         &["RK0305"], |p| { remove(p, POOL); make_pipe(p, POOL); }),
    ("a file is a directory",                    &["RK0305"], |p| { remove(p, POOL); directory(p, POOL); }),
    ("a file is a directory with a file",        &["RK0303", "RK0305"], |p| { remove(p, POOL); p.write(&format!("{POOL}/x"), ""); }),
    ("the vendor directory is a link elsewhere", &["RK0302", "RK0305"], |p| { rename(p, ".rapidkit/vendor", "elsewhere"); symlink("../elsewhere", p.path().join(".rapidkit/vendor")).unwrap(); }),
    (".rapidkit is a link elsewhere",            &["RK0305"], |p| { rename(p, ".rapidkit", "elsewhere"); symlink("elsewhere", p.path().join(".rapidkit")).unwrap(); }),
    (".rapidkit is a file",                      &["RK0305"], |p| { std::fs::remove_dir_all(p.path().join(".rapidkit")).unwrap(); p.write(".rapidkit", ""); }),
    ("a file is added",                          &["RK0303"], |p| { p.write(&format!("{VENDOR}/more.rs"), ""); }),
    ("a dot file is added",                      &["RK0303"], |p| { p.write(&format!("{VENDOR}/.more"), ""); }),
    ("a dot file is added beside the lock",      &["RK0303"], |p| { p.write(".rapidkit/.DS_Store", ""); }),
    ("an editor's copy lies beside the lock",    &["RK0303"], |p| { p.write(&format!("{LOCK}~"), ""); }),
    ("an empty directory is added",              &["RK0303"], |p| directory(p, &format!("{VENDOR}/empty"))),
    ("empty directories in each other",          &["RK0303"], |p| directory(p, ".rapidkit/a/b/c")),
    ("another version's directory",              &["RK0303"], |p| { p.write(".rapidkit/vendor/db_postgres/0.9.0/src/db_postgres/pool.rs", ""); }),
    ("another version's directory, empty",       &["RK0303"], |p| directory(p, ".rapidkit/vendor/db_postgres/0.9.0")),
    ("another module's directory",               &["RK0303"], |p| { p.write(".rapidkit/vendor/auth/1.0.0/x", ""); }),
    ("a file named alike but for letter case",   &["RK0303"], |p| { p.write(&POOL.replace("pool", "Pool"), ""); }),
    ("a directory alike but for letter case",    &["RK0303"], |p| { p.write(&POOL.replace("db_postgres/pool", "DB_postgres/pool"), ""); }),
    ("a name that only looks alike",             &["RK0303"], |p| { p.write(&POOL.replace("pool", "p\u{43e}ol"), ""); }),
    ("a link is added",                          &["RK0303"], |p| symlink("/etc/passwd", p.path().join(VENDOR).join("passwd")).unwrap()),
    ("a link to nowhere is added",               &["RK0303"], |p| symlink("nowhere", p.path().join(".rapidkit/x")).unwrap()),
    ("a link to itself is added",                &["RK0303"], |p| symlink("loop", p.path().join(".rapidkit/loop")).unwrap()),
    ("a pipe is added",                          &["RK0303"], |p| make_pipe(p, ".rapidkit/pipe")),
    ("a socket is added",                        &["RK0303"], |p| { std::os::unix::net::UnixListener::bind(p.path().join(".rapidkit/s")).unwrap(); }),
    ("a name that is not UTF-8",                 &["RK0303"], |p| named(p, b"a\xff\xfe")),
    ("a name with terminal escapes",             &["RK0303"], |p| named(p, b"a\x1b[2J\x1b]0;x\x07")),
    ("a name with line breaks and a command",    &["RK0303"], |p| named(p, b"a\n::error::x\r\n%0A::debug::y")),
    ("a name that reads backwards",              &["RK0303"], |p| named(p, "a\u{202e}sr.loop".as_bytes())),
    ("directories 200 deep",                     &["RK0303"], |p| directory(p, &format!(".rapidkit/{}", ["d"; 200].join("/")))),
    ("1,000 files are added",                    &["RK0303"], |p| for n in 0..1000 { p.write(&format!(".rapidkit/x/{n}"), ""); }),
    ("all but the vendor tree is removed",       &["RK0101"], |p| { remove(p, LOCK); remove(p, ".rapidkit/.gitattributes"); }),
    ("all but a renamed vendor tree is removed", &["RK0101"], |p| { remove(p, LOCK); remove(p, ".rapidkit/.gitattributes"); std::fs::rename(p.path().join(".rapidkit/vendor/db_postgres"), p.path().join(".rapidkit/vendor/x")).unwrap(); }),
    (".gitattributes is changed",                &["RK0301"], |p| { p.write(".rapidkit/.gitattributes", "* text=auto\n"); }),
    (".gitattributes is removed",                &["RK0302"], |p| remove(p, ".rapidkit/.gitattributes")),
    (".ignore is changed",                       &["RK0301"], |p| { p.write(".rapidkit/.ignore", "\n"); }),
    (".ignore is removed",                       &["RK0302"], |p| remove(p, ".rapidkit/.ignore")),
];

#[rustfmt::skip]
const THE_LOCK: &[Mutant] = &[
    ("the lock is removed",                      &["RK0101"], |p| remove(p, LOCK)),
    ("the lock is empty",                        &["RK0102"], |p| { p.write(LOCK, ""); }),
    ("a merge left conflict markers",            &["RK0103"], |p| p.replace(LOCK, "modules:\n", "<<<<<<< HEAD\nmodules:\n=======\nmodules:\n>>>>>>> theirs\n")),
    ("it is of a later format",                  &["RK0104"], |p| p.replace(LOCK, "format: 1", "format: 2")),
    ("it records no module",                     &["RK0105", "RK0303"], |p| { p.write(LOCK, "format: 1\nmodules: []\n"); }),
    ("it records a module without files",        &["RK0105", "RK0303", "RK0502"], |p| { let t = p.read(LOCK); let end = t.find("    files:\n").unwrap(); p.write(LOCK, format!("{}    files:\n", &t[..end]).replace("    files:\n", "    files: []\n")); }),
    ("a key is there twice",                     &["RK0102"], |p| p.replace(LOCK, "format: 1\n", "format: 1\nformat: 1\n")),
    ("an unknown key",                           &["RK0102"], |p| p.replace(LOCK, "format: 1\n", "format: 1\ntrusted: true\n")),
    ("an anchor",                                &["RK0102"], |p| p.replace(LOCK, "framework: \"axum\"", "framework: &a \"axum\"")),
    ("a tag",                                    &["RK0102"], |p| p.replace(LOCK, "framework: \"axum\"", "framework: !!str \"axum\"")),
    ("a comment",                                &["RK0102"], |p| { let t = p.read(LOCK); p.write(LOCK, t + "# fine\n"); }),
    ("a blank line at its end",                  &["RK0102"], |p| { let t = p.read(LOCK); p.write(LOCK, t + "\n"); }),
    ("no line ending at its end",                &["RK0102"], |p| { let t = p.read(LOCK); p.write(LOCK, t.trim_end()); }),
    ("a second document",                        &["RK0102"], |p| { let t = p.read(LOCK); p.write(LOCK, format!("{t}---\n{t}")); }),
    ("its line endings become CRLF",             &["RK0102"], |p| { let t = p.read(LOCK); p.write(LOCK, t.replace('\n', "\r\n")); }),
    ("a value in another spelling",              &["RK0102"], |p| p.replace(LOCK, "\"pool_size\": 10", "\"pool_size\": 0xa")),
    ("two records in another order",             &["RK0102"], |p| { let t = p.read(LOCK); p.write(LOCK, swap_records(&t)); }),
    ("a record is there twice",                  &["RK0102"], |p| { let t = p.read(LOCK); let r = record(&t, URL); p.write(LOCK, t.replacen(&r, &format!("{r}{r}"), 1)); }),
    ("it is 5 MiB",                              &["RK0106"], |p| { p.write(LOCK, "#".repeat(5 << 20)); }),
    ("it is 200,000 levels deep",                &["RK0102"], |p| { p.write(LOCK, "[".repeat(200_000)); }),
    ("an alias bomb",                            &["RK0102"], |p| { p.write(LOCK, bomb()); }),
    ("it is not UTF-8",                          &["RK0106"], |p| { p.write(LOCK, b"format: \xff"); }),
    ("it is a link to itself elsewhere",         &["RK0106"], |p| { rename(p, LOCK, "lock"); symlink("../lock", p.path().join(LOCK)).unwrap(); }),
    ("it is a pipe",                             &["RK0106"], |p| { remove(p, LOCK); make_pipe(p, LOCK); }),
    ("it is a directory",                        &["RK0106"], |p| { remove(p, LOCK); directory(p, LOCK); }),
    ("a directory that nothing recorded is in",  &["RK0102"], |p| p.replace(LOCK, "    files:\n", "    directories:\n      - \"data\"\n    files:\n")),
    ("a directory that is all of the project",   &["RK0102"], |p| p.replace(LOCK, "    files:\n", "    directories:\n      - \".\"\n    files:\n")),
    ("a directory out of the project",           &["RK0901"], |p| p.replace(LOCK, "    files:\n", "    directories:\n      - \"../data\"\n    files:\n")),
    ("a path out of the project",                &["RK0901"], |p| p.replace(LOCK, "path: \"src/main.rs\"", "path: \"../main.rs\"")),
    ("an absolute path",                         &["RK0901"], |p| p.replace(LOCK, "path: \"src/main.rs\"", "path: \"/etc/passwd\"")),
    ("a path into .git",                         &["RK0603", "RK0901"], |p| p.replace(LOCK, "path: \".env.example\"", "path: \".Git/hooks\"")),
    ("a vendor file that is none",               &["RK0102"], |p| { let t = p.read(LOCK); let r = record(&t, URL); p.write(LOCK, t.replacen(&r, &r.replace(URL, "src/url.rs"), 1)); }),
    ("a vendor record is taken out",             &["RK0303", "RK0502"], |p| take_out(p, URL)),
    ("a generated file's record is taken out",   &["RK0502"], |p| take_out(p, MINE)),
    ("a vendor file and its record are removed", &["RK0502"], |p| { take_out(p, URL); remove(p, URL); }),
    ("the patch and its record are removed",     &["RK0502"], |p| { take_out(p, PATCH); remove(p, PATCH); }),
    ("the patch was changed",                    &["RK0301"], |p| { let t = p.read(PATCH); p.write(PATCH, t + "+x\n"); }),
    ("another file is recorded beside the patch", &["RK0502"], |p| twin(p, PATCH, "another.patch")),
    ("another file passes for the patch",        &["RK0303", "RK0502"], |p| { let t = p.read(LOCK); p.write(LOCK, t.replace("wiring.patch", "wirinG.patch")); let t = p.read(PATCH); p.write(&PATCH.replace("wiring", "wirinG"), t); }),
    ("a record and a file are added",            &["RK0502"], |p| add_record(p)),
    ("and their names differ in letter case only", &["RK0502", "RK0901"], |p| twin(p, POOL, "POOL.rs")),
    ("or in a control character",                &["RK0502", "RK0901"], |p| twin(p, POOL, "po\u{1b}ol.rs")),
    ("or in what no module may write",           &["RK0502", "RK0901"], |p| twin(p, MINE, "po ol.rs")),
    ("vendor and lock are rewritten consistently", &["RK0501"], |p| rewrite(p, &[POOL])),
    ("and so is the generated file",             &["RK0501"], |p| rewrite(p, &[POOL, MINE])),
    ("another content of this version",          &["RK0405"], |p| edit_value(p, "content", "00000000")),
    ("another version",                          &["RK0504"], |p| p.replace(LOCK, "version: \"1.2.0\"", "version: \"1.2.1\"")),
    ("another module",                           &["RK0504"], |p| p.replace(LOCK, "db_postgres\"\n    target", "db_postgreS\"\n    target")),
    ("another answer",                           &["RK0501"], |p| p.replace(LOCK, "\"pool_size\": 10", "\"pool_size\": 11")),
    ("an answer that is not accepted",           &["RK0505"], |p| p.replace(LOCK, "\"pool_size\": 10", "\"pool_size\": -1")),
    ("an answer of another type",                &["RK0505"], |p| p.replace(LOCK, "\"pool_size\": 10", "\"pool_size\": \"10\"")),
    ("an answer to no question",                 &["RK0505"], |p| p.replace(LOCK, "      \"pool_size\": 10\n", "      \"pool_size\": 10\n      \"zzz\": 1\n")),
    ("an answer is taken out",                   &["RK0505"], |p| p.replace(LOCK, "      \"pool_size\": 10\n", "")),
    ("a secret as an answer",                    &["RK0505", "RK0902"], |p| p.replace(LOCK, "      \"pool_size\": 10\n", "      \"pool_size\": 10\n      \"url\": \"postgres://app:hunter2@db/x\"\n")),
    ("a secret by what its answer is called",    &["RK0505", "RK0902"], |p| p.replace(LOCK, "      \"pool_size\": 10\n", "      \"pool_size\": 10\n      \"signing_token\": \"x\"\n")),
    ("another fact",                             &["RK0501", "RK0503"], |p| p.replace(LOCK, "\"axum\": \"0.8\"", "\"axum\": \"0.7\"")),
    ("a fact that renders the same",             &["RK0503"], |p| p.replace(LOCK, "\"axum\": \"0.8\"", "\"axum\": \"0.9\"")),
    ("a fact of another type",                   &["RK0503", "RK0505"], |p| p.replace(LOCK, "\"has_lib\": false", "\"has_lib\": \"false\"")),
    ("a fact that nothing reads",                &["RK0503", "RK0505"], |p| p.replace(LOCK, "      \"axum\"", "      \"aaa\": 1\n      \"axum\"")),
    ("a fact is taken out",                      &["RK0505"], |p| p.replace(LOCK, "      \"has_lib\": false\n", "")),
    ("another framework",                        &["RK0505"], |p| p.replace(LOCK, "framework: \"axum\"", "framework: \"axun\"")),
    ("another profile",                          &["RK0505"], |p| p.replace(LOCK, "profile: \"standard\"", "profile: \"minimal\"")),
    ("another target",                           &["RK0502", "RK0503"], |p| p.replace(LOCK, "target: \".\"", "target: \"api\"")),
    ("made from a drifted module",               &["RK0404"], |p| p.replace(LOCK, "    answers:", "    dev: true\n    answers:")),
    ("another template",                         &["RK0502"], |p| p.replace(LOCK, "template: \"templates/rust/src/db_postgres/url.rs\"", "template: \"templates/rust/src/db_postgres/urk.rs\"")),
    ("a block of another name",                  &["RK0502"], |p| p.replace(LOCK, "name: \"init\"", "name: \"inis\"")),
    ("a block of a dependency that there is not", &["RK0502"], |p| p.replace(LOCK, "name: \"dependency thiserror\"", "name: \"dependency thiserros\"")),
    ("a block of another number",                &["RK0102"], |p| p.replace(LOCK, "name: \"init\"", "name: \"init 2\"")),
    ("a block of another text",                  &["RK0603"], |p| p.replace(LOCK, "exit(1)", "exit(0)")),
    ("a comment hidden in a block",              &["RK0102"], |p| p.replace(LOCK, "exit(1);", "exit(1);/**/")),
    ("a hole swallows a bracket",                &["RK0102"], |p| p.replace(LOCK, "fallback_service(…)", "fallback_service …)")),
    ("a hole becomes white space",               &["RK0102"], |p| p.replace(LOCK, "….with_graceful", "\u{2006}.with_graceful")),
    ("another white space in a block",           &["RK0102"], |p| p.replace(LOCK, "\\u000a", "\\u000c")),
    ("a file accepted as removed is there",      &["RK0608"], |p| { let t = p.read(LOCK); let r = record(&t, MINE); let end = r.find("        accepted").unwrap(); p.write(LOCK, t.replacen(&r, &r[..end], 1)); }),
    ("accepted as executable",                   &["RK0606"], |p| { let t = p.read(LOCK); let r = record(&t, MINE); p.write(LOCK, t.replacen(&r, &format!("{r}        executable: true\n"), 1)); }),
    ("RapidKit Core is claimed to manage it",    &["RK0107"], |p| p.replace(LOCK, "format: 1\n", "format: 1\ncore: true\n")),
    ("and hides a file",                         &["RK0107"], |p| { p.replace(LOCK, "format: 1\n", "format: 1\ncore: true\n"); p.write(".rapidkit/payload", ""); }),
    ("RapidKit Core's description appears",      &["RK0107", "RK0303"], |p| { p.write(".rapidkit/project.json", "{}"); }),
];

#[rustfmt::skip]
const THE_PROJECT: &[Mutant] = &[
    ("a generated file is edited",               &["RK0601"], |p| { let t = p.read(MINE); p.write(MINE, t + "// mine\n"); }),
    ("a generated file is removed",              &["RK0602"], |p| remove(p, MINE)),
    ("a generated file is a link",               &["RK0607"], |p| { remove(p, MINE); symlink(p.path().join(POOL), p.path().join(MINE)).unwrap(); }),
    ("a generated file is a pipe",               &["RK0607"], |p| { remove(p, MINE); make_pipe(p, MINE); }),
    ("a generated file is a directory",          &["RK0607"], |p| { remove(p, MINE); directory(p, MINE); }),
    ("a generated file is not UTF-8",            &["RK0607"], |p| { p.write(MINE, b"\xff"); }),
    ("a generated file is 5 MiB",                &["RK0607"], |p| { p.write(MINE, vec![b' '; 5 << 20]); }),
    ("a generated file is made executable",      &["RK0606"], |p| make_executable(p, MINE)),
    ("generated sources are a link out",         &["RK0607"], |p| { std::fs::remove_dir_all(p.path().join("src/db_postgres")).unwrap(); symlink("/etc", p.path().join("src/db_postgres")).unwrap(); }),
    ("the wiring is taken out",                  &["RK0603"], |p| { p.write("src/main.rs", AXUM_MAIN); }),
    ("a call is wired twice",                    &["RK0604"], |p| p.replace("src/main.rs", "service(app)", "service(db_postgres::router().fallback_service(app))")),
    ("the wiring exits with success",            &["RK0603"], |p| p.replace("src/main.rs", "exit(1)", "exit(0)")),
    ("an attribute switches the wiring off",     &["RK0603"], |p| p.replace("src/main.rs", "    if let Err(error) = db_postgres::init()", "    #[cfg(any())]\n    if let Err(error) = db_postgres::init()")),
    ("a macro swallows the module",              &["RK0603"], |p| { let t = p.read("src/main.rs"); p.write("src/main.rs", "macro_rules! hide { ($($t:tt)*) => {} }\n".to_owned() + &t.replace("mod db_postgres;", "hide! {\nmod db_postgres;\n}")); }),
    ("or the module",                            &["RK0603"], |p| { let t = p.read("src/main.rs"); let at = t[..t.find("mod db_postgres;").unwrap()].rfind("#[").unwrap(); p.write("src/main.rs", format!("{}#[cfg(any())]\n{}", &t[..at], &t[at..])); }),
    ("a dependency is taken out",                &["RK0603"], |p| { let t = p.read("Cargo.toml"); let line = t.lines().find(|l| l.starts_with("thiserror")).unwrap(); p.write("Cargo.toml", t.replace(line, "")); }),
    ("a dependency is another package",          &["RK0603"], |p| thiserror(p, "{ version = \"2\", package = \"evil\" }")),
    ("a dependency is a path",                   &["RK0603"], |p| thiserror(p, "{ version = \"2\", path = \"evil\" }")),
    ("a dependency is a path, in dotted keys",   &["RK0603"], |p| thiserror_line(p, "thiserror.version = \"2\"\nthiserror.path = \"evil\"\n")),
    ("a dependency is a path, in a table",       &["RK0603"], |p| { thiserror_line(p, ""); let t = p.read("Cargo.toml"); p.write("Cargo.toml", t + "[dependencies.thiserror]\nversion = \"2\"\npath = \"evil\"\n"); }),
    ("a dependency comes from git",              &["RK0603"], |p| thiserror(p, "{ version = \"2\", git = \"https://example.org/evil\" }")),
    ("a dependency comes from another registry", &["RK0603"], |p| thiserror(p, "{ version = \"2\", registry = \"evil\" }")),
    ("a dependency is optional",                 &["RK0603"], |p| thiserror(p, "{ version = \"2\", optional = true }")),
    ("a dependency loses its default features",  &["RK0603"], |p| thiserror(p, "{ version = \"2\", default-features = false }")),
    ("a dependency is inherited",                &["RK0603"], |p| thiserror(p, "{ workspace = true }")),
    ("a dependency is another one on Unix",      &["RK0603"], |p| { let t = p.read("Cargo.toml"); p.write("Cargo.toml", t + "[target.\"cfg(unix)\".dependencies]\nthiserror = { version = \"2\", package = \"evil\" }\n"); }),
    ("an example setting is changed",            &["RK0603"], |p| p.replace(".env.example", "DB_POOL_SIZE=10", "DB_POOL_SIZE=11")),
    ("a secret is put into the examples",        &["RK0603"], |p| p.replace(".env.example", "postgresql://postgres:postgres@", "postgresql://app:hunter2@")),
    ("and is recorded by hand",                  &["RK0902"], |p| for f in [".env.example", LOCK] { p.replace(f, "postgresql://postgres:postgres@", "postgresql://app:hunter2@"); }),
    ("the first test is removed",                &["RK0605"], |p| remove(p, "src/db_postgres/tests.rs")),
    ("another version of Axum",                  &["RK0503"], |p| p.replace("Cargo.toml", "axum = \"0.8\"", "axum = \"0.7\"")),
    ("the manifest is broken",                   &["RK0503", "RK0603"], |p| { p.write("Cargo.toml", "["); }),
    ("a directory stands where a block is",      &["RK0603"], |p| { remove(p, ".env.example"); directory(p, ".env.example"); }),
    ("a run was interrupted",                    &["RK0802"], |p| { p.write(".rapidkit/txn/0000", "x"); }),
    ("an upgrade waits",                         &["RK0803"], |p| { p.write(".rapidkit/upgrade/upgrade.json", "{}"); }),
    ("a file hides as an upgrade that waits",    &["RK0803"], |p| { p.write(".rapidkit/upgrade", "x"); }),
    ("a run has committed and was interrupted",  &["RK0801"], |p| { p.write(".rapidkit/txn/COMMIT", "{}"); }),
    ("a file hides as staging",                  &["RK0802"], |p| { p.write(".rapidkit/txn", "x"); }),
];

#[rustfmt::skip]
const MODULE: &[Mutant] = &[
    ("a template is changed",                    &["RK0403"], |p| p.replace("templates/rust/src/db_postgres/pool.rs.j2", "use ", "use  ")),
    ("the questions are changed",                &["RK0403"], |p| p.replace("config/base.yaml", "max: 10000", "max: 10001")),
    ("a page is changed",                        &["RK0402"], |p| { let t = p.read("docs/usage.md"); p.write("docs/usage.md", t + "\n"); }),
    ("a page is added",                          &["RK0402"], |p| { p.write("docs/more.md", ""); }),
    ("a dot file is added to the pages",         &["RK0402"], |p| { p.write("docs/.more", ""); }),
    ("a template is added that nothing uses",    &["RK0406"], |p| { p.write("templates/more", ""); }),
    ("a template is removed",                    &["RK0406"], |p| remove(p, "templates/rust/src/db_postgres/pool.rs.j2")),
    ("bytes move between two templates",         &["RK0403"], |p| { let (a, b) = ("templates/rust/src/db_postgres/pool.rs.j2", "templates/rust/src/db_postgres/url.rs"); let (x, y) = (p.read(a), p.read(b)); p.write(a, &x[..x.len() - 1]); p.write(b, format!("\n{y}")); }),
    ("the questions are removed",                &["RK0406"], |p| remove(p, "config/base.yaml")),
    ("a template is a link",                     &["RK0406"], |p| { let t = "templates/rust/src/db_postgres/pool.rs.j2"; remove(p, t); symlink("/etc/passwd", p.path().join(t)).unwrap(); }),
    ("a template is a pipe",                     &["RK0406"], |p| { let t = "templates/rust/src/db_postgres/pool.rs.j2"; remove(p, t); make_pipe(p, t); }),
    ("a name in the module is not UTF-8",        &["RK0406"], |p| { std::fs::write(p.path().join("docs").join(OsStr::from_bytes(b"a\xff")), "").unwrap(); }),
    ("a name in the module breaks the line",     &["RK0406"], |p| { std::fs::write(p.path().join("docs/a\n::error::b"), "").unwrap(); }),
    ("the sums are removed",                     &["RK0401"], |p| remove(p, "module.sums")),
    ("the sums are empty",                       &["RK0401"], |p| { p.write("module.sums", ""); }),
    ("two sums are swapped",                     &["RK0401"], |p| { let t = p.read("module.sums"); let mut l: Vec<_> = t.lines().collect(); l.swap(3, 4); p.write("module.sums", l.join("\n") + "\n"); }),
    ("a sum is taken out",                       &["RK0402"], |p| { let t = p.read("module.sums"); let l: Vec<_> = t.lines().filter(|l| !l.ends_with("docs/usage.md")).collect(); p.write("module.sums", l.join("\n") + "\n"); }),
    ("a sum is changed",                         &["RK0402"], |p| { let t = p.read("module.sums"); let l = t.lines().find(|l| l.ends_with("docs/usage.md")).unwrap(); p.write("module.sums", t.replace(&l[..4], if l.starts_with("0000") { "1111" } else { "0000" })); }),
    ("the version is raised, no more",           &["RK0402", "RK0407"], |p| p.replace("module.yaml", "version: 1.2.0", "version: 1.2.1")),
    ("the version in the sums is another",       &["RK0407"], |p| p.replace("module.sums", "# version 1.2.0", "# version 1.2.1")),
    ("the module in the sums is another",        &["RK0407"], |p| p.replace("module.sums", "db_postgres\n", "db_postgreS\n")),
    ("module.yaml is broken",                    &["RK0406"], |p| { p.write("module.yaml", "name: ["); }),
];

#[rustfmt::skip]
const HARMLESS: &[Mutant] = &[
    ("nothing",                                  &[], |_| {}),
    ("the user edits a file of their own",       &[], |p| { p.write("src/more.rs", "// mine\n"); }),
    ("generated files get CRLF on checkout",     &[], |p| { let t = p.read(MINE); p.write(MINE, t.replace('\n', "\r\n")); }),
    ("user's files get CRLF on checkout",        &[], |p| for f in ["src/main.rs", "Cargo.toml", ".env.example"] { let t = p.read(f); p.write(f, t.replace('\n', "\r\n")); }),
    ("the wiring is formatted otherwise",        &[], |p| p.replace("src/main.rs", "db_postgres::init()", "db_postgres\n::init( /* mine */ )")),
    ("the user adds a route",                    &[], |p| p.replace("src/main.rs", "Router::new()", "Router::new().route(\"/more\", get(|| async { \"\" }))")),
    ("the user adds a dependency",               &[], |p| p.replace("Cargo.toml", "[dependencies]\n", "[dependencies]\nanyhow = \"1\"\n")),
    ("the user adds a feature of a dependency",  &[], |p| thiserror(p, "{ features = [\"std\"], optional = false, version = \"2\" }")),
    ("the user writes a dependency as a table",  &[], |p| { thiserror_line(p, ""); let t = p.read("Cargo.toml"); p.write("Cargo.toml", t + "[dependencies.thiserror]\npackage = 'thiserror'\nversion = '2'\n"); }),
    ("the user adds a setting",                  &[], |p| { let t = p.read(".env.example"); p.write(".env.example", format!("PORT=1\n{t}MORE=2\n")); }),
    ("the user edits the first test",            &[], |p| { p.write("src/db_postgres/tests.rs", "// mine\n"); }),
    ("a generated file was accepted as it is",   &[], |p| { let t = p.read(MINE); p.write(MINE, t + "// mine\n"); p.run(&["lock", "--overwrite"]).ok(); }),
    ("a generated file was accepted as removed", &[], |p| { remove(p, MINE); p.run(&["lock", "--overwrite"]).ok(); }),
    ("a generated file was accepted as executable", &[], |p| { make_executable(p, MINE); p.run(&["lock", "--overwrite"]).ok(); }),
    ("the wiring was accepted as gone",          &[], |p| { p.write("src/main.rs", AXUM_MAIN.replace("use axum", "mod db_postgres;\nuse axum")); p.run(&["lock", "--overwrite"]).ok(); }),
    ("examples were accepted as they are",       &[], |p| { p.replace(".env.example", "DB_POOL_SIZE=10", "DB_POOL_SIZE=11"); p.run(&["lock", "--overwrite"]).ok(); }),
];

#[test]
fn tampering_with_the_vendor_tree_is_seen() {
    seen(VENDOR_TREE, added);
}

#[test]
fn tampering_with_the_lock_is_seen() {
    seen(THE_LOCK, added);
}

#[test]
fn tampering_with_the_project_is_seen() {
    seen(THE_PROJECT, added);
}

#[test]
fn tampering_with_a_module_is_seen() {
    seen(MODULE, Fixture::module);
}

#[test]
fn what_a_user_may_do_is_no_finding() {
    seen(HARMLESS, added);
}

#[test]
fn there_are_enough_of_them_and_all_codes_of_a_checkout_are_among_them() {
    let all = [VENDOR_TREE, THE_LOCK, THE_PROJECT, MODULE].concat();
    assert!(all.len() >= 60, "{} mutants", all.len());
    let elsewhere = [
        "RK0201", "RK0202", "RK0203", "RK0204", "RK0205", "RK0206", "RK0207", "RK0208", "RK0307",
        "RK0308", "RK0701", "RK0702", "RK0703", "RK0704",
    ];
    // Those of `vet` have their own table.
    let codes = rapidkit_pg::types::Code::ALL
        .iter()
        .filter(|code| !code.id().starts_with("RK10"));
    for code in codes {
        let here = all.iter().any(|(_, codes, _)| codes.contains(&code.id()));
        assert!(
            here != elsewhere.contains(&code.id()),
            "{} is tested {}",
            code.id(),
            if here { "here" } else { "nowhere" }
        );
    }
}

/// Makes each mutant and verifies it as a release does, on as many threads as there are processors.
fn seen(mutants: &[Mutant], made: fn() -> Fixture) {
    let next = AtomicUsize::new(0);
    let faults: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut faults = Vec::new();
            while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
                faults.extend(fault(mutant, &made()));
            }
            faults
        };
        let threads: Vec<_> = (0..std::thread::available_parallelism().map_or(2, Into::into))
            .map(|_| scope.spawn(work))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn fault((what, expected, make): &Mutant, project: &Fixture) -> Option<String> {
    make(project);
    let before = project.tree();
    let verified = verify(project, &["--release"]);
    if project.tree() != before {
        return Some(format!("{what}: verifying wrote something"));
    }
    for format in ["human", "github", "junit", "sarif"] {
        let ran = project.run(&["verify-all", "--release", "--format", format]);
        if ran.code != verified.code {
            return Some(format!(
                "{what}: {format} ends with {:?}, JSON with {:?}",
                ran.code, verified.code
            ));
        }
        let text = ran.out + &ran.err;
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Some(format!(
                "{what}: {format} prints a control character: {text:?}"
            ));
        }
    }
    fault_of(what, expected, &verified)
}

fn fault_of(what: &str, expected: &[&str], verified: &Verified) -> Option<String> {
    let code = match expected {
        [] => 0,
        ["RK0504"] => 2,
        _ => 1,
    };
    let codes = verified.codes();
    let named: Vec<&str> = codes.iter().map(String::as_str).collect();
    if named != expected || verified.code != Some(code) {
        return Some(format!(
            "{what}: expected {expected:?} and exit {code}, got {named:?} and {:?}\n{}",
            verified.code, verified.ran.out
        ));
    }
    for finding in verified.report["findings"].as_array().unwrap() {
        if finding["expected"] == "" || finding["actual"] == "" {
            return Some(format!(
                "{what}: a finding without expected and actual: {finding}"
            ));
        }
    }
    None
}

fn remove(project: &Fixture, path: &str) {
    std::fs::remove_file(project.path().join(path)).unwrap();
}

fn directory(project: &Fixture, path: &str) {
    std::fs::create_dir_all(project.path().join(path)).unwrap();
}

fn rename(project: &Fixture, from: &str, to: &str) {
    std::fs::rename(project.path().join(from), project.path().join(to)).unwrap();
}

/// An empty file beside the lock whose name is `name`.
fn named(project: &Fixture, name: &[u8]) {
    // A slash in the name cannot be; all others can.
    let path = project
        .path()
        .join(".rapidkit")
        .join(OsStr::from_bytes(name));
    std::fs::write(path, "").unwrap();
}

/// The lines of the lock's record of a file.
pub fn record(lock: &str, path: &str) -> String {
    let start = lock.find(&format!("      - path: \"{path}\"\n")).unwrap();
    let rest = &lock[start + 8..];
    let end = rest
        .find("      - path: ")
        .map_or(lock.len(), |end| start + 8 + end);
    lock[start..end].to_owned()
}

/// Writes another value for the dependency `thiserror`.
fn thiserror(project: &Fixture, value: &str) {
    thiserror_line(project, &format!("thiserror = {value}\n"));
}

/// Writes something else in place of the line of the dependency `thiserror`.
fn thiserror_line(project: &Fixture, instead: &str) {
    project.replace("Cargo.toml", "thiserror = \"2\"\n", instead);
}

fn take_out(project: &Fixture, path: &str) {
    let lock = project.read(LOCK);
    project.write(LOCK, lock.replacen(&record(&lock, path), "", 1));
}

fn swap_records(lock: &str) -> String {
    let (a, b) = (record(lock, POOL), record(lock, URL));
    lock.replacen(&a, "@", 1)
        .replacen(&b, &a, 1)
        .replacen('@', &b, 1)
}

/// Adds the same file and record under another name.
fn twin(project: &Fixture, path: &str, name: &str) {
    let (folder, _) = path.rsplit_once('/').unwrap();
    let twin = format!("{folder}/{name}");
    project.write(&twin, project.read(path));
    let mut lock = Lock::parse(&project.read(LOCK)).unwrap();
    let files = &mut lock.modules[0].files;
    let mut record = files
        .iter()
        .find(|file| file.path.as_str() == path)
        .unwrap()
        .clone();
    record.path = ProjectPath::existing(&twin).unwrap();
    files.push(record);
    project.write(LOCK, lock.canonical().render());
}

fn add_record(project: &Fixture) {
    let lock = project.read(LOCK);
    let (old, new) = (record(&lock, URL), URL.replace("url", "urm"));
    let text = project.read(URL);
    project.write(&new, text);
    let added = old.clone() + &old.replace(URL, &new);
    project.write(LOCK, lock.replacen(&old, &added, 1));
}

/// Rewrites files and their hashes in the lock, as somebody would who has no key.
fn rewrite(project: &Fixture, paths: &[&str]) {
    let evil = project.read(POOL) + "// evil\n";
    let [old, new] = [project.read(POOL), evil.clone()]
        .map(|text| rapidkit_pg::types::ContentHash::of(text).to_string());
    for path in paths {
        project.write(path, &evil);
    }
    let mut lock = project.read(LOCK);
    for path in paths {
        let record = record(&lock, path);
        lock = lock.replacen(&record, &record.replace(&old, &new), 1);
    }
    if paths.len() == 1 {
        assert_eq!(lock.matches(&new).count(), 1);
    }
    project.write(LOCK, lock);
}

fn edit_value(project: &Fixture, key: &str, start: &str) {
    let lock = project.read(LOCK);
    let at = lock.find(&format!("    {key}: \"")).unwrap() + key.len() + 7;
    let mut edited = lock.clone();
    edited.replace_range(at..at + start.len(), start);
    assert_ne!(edited, lock);
    project.write(LOCK, edited);
}

fn bomb() -> String {
    let mut text = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, of) in ('b'..='z').zip('a'..) {
        text +=
            &format!("{name}: &{name} [*{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}]\n");
    }
    text
}
