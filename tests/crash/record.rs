//! What a run does to its project, call by call, with all bytes that it writes: as `strace` tells it.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::scene::{Scene, Scenes, traced};
use crate::tree::Tree;

/// Paths are below the project.
pub enum Event {
    Create {
        path: PathBuf,
        mode: u32,
    },
    Write {
        path: PathBuf,
        bytes: Vec<u8>,
    },
    Mode {
        path: PathBuf,
        mode: u32,
    },
    MakeDirectory {
        path: PathBuf,
        mode: u32,
    },
    Remove {
        path: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Exchange {
        one: PathBuf,
        other: PathBuf,
    },
    Link {
        from: PathBuf,
        to: PathBuf,
    },
    /// Of a file or a directory.
    Sync {
        path: PathBuf,
    },
}

/// What is done to what, without the bytes.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, path) = match self {
            Self::Create { path, .. } => ("create", path),
            Self::Write { path, .. } => ("write", path),
            Self::Mode { path, .. } => ("mode", path),
            Self::MakeDirectory { path, .. } => ("make directory", path),
            Self::Remove { path } => ("remove", path),
            Self::Rename { to, .. } => ("rename to", to),
            Self::Exchange { other, .. } => ("exchange with", other),
            Self::Link { to, .. } => ("link to", to),
            Self::Sync { path } => ("sync", path),
        };
        write!(f, "{what} {}", path.display())
    }
}

const CALLS: &str = "open,openat,openat2,creat,write,pwrite64,writev,chmod,fchmod,fchmodat,mkdir,mkdirat,unlink,unlinkat,rmdir,\
    rename,renameat,renameat2,link,linkat,symlink,symlinkat,truncate,ftruncate,fsync,fdatasync";

/// The events of a scene's run, and the project after it.
pub fn record(scenes: &Scenes, scene: &Scene) -> (Vec<Event>, Tree) {
    let project = scenes.project(&scene.start);
    let log = tempfile::NamedTempFile::new().unwrap();
    let file = log.path().to_str().unwrap();
    let trace = format!("trace={CALLS}");
    let options = [
        "-f",
        "-y",
        "-xx",
        "-s",
        "10000000",
        "-e",
        &trace,
        "-e",
        "signal=none",
        "-o",
        file,
    ];
    let ran = traced(project.path(), scene.arguments, &options)
        .output()
        .unwrap();
    assert!(ran.status.code().is_some_and(|code| code < 2), "{ran:?}");
    let text = std::fs::read_to_string(log.path()).unwrap();
    let mut reader = Reader {
        root: project.path(),
        opened: HashMap::new(),
        events: Vec::new(),
    };
    let mut unfinished: HashMap<&str, &str> = HashMap::new();
    for line in text.lines() {
        let (thread, rest) = line.split_once(' ').unwrap();
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread, begun);
        } else if let Some(resumed) = rest.strip_prefix("<... ") {
            let (_, end) = resumed.split_once(" resumed>").unwrap();
            let begun = unfinished.remove(thread).unwrap();
            reader.call(&format!("{begun}{end}"));
        } else {
            reader.call(rest);
        }
    }
    (reader.events, Tree::of(project.path()))
}

struct Reader<'r> {
    root: &'r Path,
    /// The path that a descriptor was opened with.
    opened: HashMap<String, PathBuf>,
    events: Vec<Event>,
}

impl Reader<'_> {
    fn call(&mut self, line: &str) {
        let Some((name, rest)) = line.split_once('(') else {
            return;
        };
        let Some((arguments, result)) = rest.rsplit_once(" = ") else {
            return;
        };
        if result.starts_with('-') || result.starts_with('?') {
            return;
        }
        let arguments = arguments.trim_end().trim_end_matches(')');
        let words: Vec<&str> = arguments.split(", ").collect();
        if name.starts_with("open") {
            let (descriptor, path) = described(result);
            if let Some(path) = &path {
                self.opened.insert(descriptor.to_owned(), path.clone());
            }
            if !arguments.contains("O_CREAT") {
                assert!(
                    !arguments.contains("O_TRUNC") || self.below(path).is_none(),
                    "{line}"
                );
                return;
            }
            let mode = words.iter().find_map(|word| word.strip_prefix("mode="));
            let mode = octal(mode.unwrap_or_else(|| words.last().unwrap()));
            if let Some(path) = self.below(path) {
                self.events.push(Event::Create { path, mode });
            }
            return;
        }
        let event = match name {
            "write" => self.below(described(words[0]).1).map(|path| Event::Write {
                path,
                bytes: unquoted(words[1]),
            }),
            "fsync" | "fdatasync" => self
                .below(described(words[0]).1)
                .map(|path| Event::Sync { path }),
            "fchmod" => self.below(described(words[0]).1).map(|path| Event::Mode {
                path,
                mode: octal(words[1]),
            }),
            "fchmodat" => self.at(words[0], words[1]).map(|path| Event::Mode {
                path,
                mode: octal(words[2]),
            }),
            "mkdirat" => self
                .at(words[0], words[1])
                .map(|path| Event::MakeDirectory {
                    path,
                    mode: octal(words[2]),
                }),
            "unlinkat" => self
                .at(words[0], words[1])
                .map(|path| Event::Remove { path }),
            "renameat" | "renameat2" => {
                match (self.at(words[0], words[1]), self.at(words[2], words[3])) {
                    (Some(one), Some(other)) if arguments.contains("RENAME_EXCHANGE") => {
                        Some(Event::Exchange { one, other })
                    }
                    (Some(from), Some(to)) => Some(Event::Rename { from, to }),
                    (None, None) => None,
                    _ => panic!("into or out of the project: {line}"),
                }
            }
            "linkat" => match (self.at(words[0], words[1]), self.at(words[2], words[3])) {
                (Some(from), Some(to)) => Some(Event::Link { from, to }),
                _ => panic!("into or out of the project: {line}"),
            },
            _ => panic!("a call that the model does not know: {line}"),
        };
        self.events.extend(event);
    }

    /// A path below the project; `None` for any other.
    fn below(&self, path: Option<PathBuf>) -> Option<PathBuf> {
        Some(path?.strip_prefix(self.root).ok()?.to_owned())
    }

    /// A directory's descriptor and a name in it.
    fn at(&self, directory: &str, name: &str) -> Option<PathBuf> {
        use std::os::unix::ffi::OsStringExt;
        let name = PathBuf::from(std::ffi::OsString::from_vec(unquoted(name)));
        let directory = described(directory).1?;
        if directory.starts_with("/proc") {
            // `/proc/self/fd/7`: the open file itself.
            let opened = self.opened.get(name.to_str()?).cloned();
            return self.below(opened);
        }
        self.below(Some(directory.join(name)))
    }
}

/// `7<path>`: the descriptor and the path.
fn described(word: &str) -> (&str, Option<PathBuf>) {
    use std::os::unix::ffi::OsStringExt;
    let Some((descriptor, path)) = word.split_once('<') else {
        return (word, None);
    };
    let path = path.split('>').next().unwrap_or_default();
    let path = PathBuf::from(std::ffi::OsString::from_vec(bytes(path)));
    (descriptor, Some(path))
}

fn unquoted(word: &str) -> Vec<u8> {
    let word = word
        .strip_prefix('"')
        .and_then(|word| word.strip_suffix('"'));
    bytes(word.expect("a string that is not cut off"))
}

/// `\x41\x42`
fn bytes(hex: &str) -> Vec<u8> {
    hex.split("\\x")
        .skip(1)
        .map(|byte| u8::from_str_radix(&byte[..2], 16).unwrap())
        .collect()
}

fn octal(word: &str) -> u32 {
    let digits = word.trim_end_matches(|end: char| !end.is_ascii_digit());
    u32::from_str_radix(digits, 8).unwrap_or_else(|_| panic!("no mode: {word}"))
}
