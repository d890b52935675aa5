//! A disk that loses power.
//!
//! The model is weaker than any file system in use, and as strong as POSIX has it:
//!
//! - What is written to a file is on the disk for certain only after `fsync` of that file. Before, each write may be there,
//!   be lost, be there in part, or be there as zeros; in any order. So may a change of mode.
//! - A change of a directory is on the disk for certain only after `fsync` of that directory. Before, each may be there or
//!   be lost, in any order: the second without the first, in the same directory or another.
//! - A rename or an exchange is atomic: of two directories both have it or neither. So it is certain after `fsync` of either.
//! - `fsync` of a file says nothing of its name, and `fsync` of a directory nothing of the files in it.
//! - Of two changes of the same name the later wins, if it is there.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::record::Event;
use crate::tree::{Node, Tree};

type Inode = usize;
type Entry = (Inode, OsString);

const ROOT: Inode = 0;
const UMASK: u32 = 0o022;

#[derive(Debug, Clone)]
pub enum Effect {
    Entries(Vec<(Entry, Option<Inode>)>),
    Write {
        inode: Inode,
        offset: usize,
        bytes: Vec<u8>,
    },
    Mode {
        inode: Inode,
        mode: u32,
    },
}

#[derive(Debug)]
pub struct Operation {
    pub effect: Effect,
    /// The event that it came with.
    pub issued: usize,
    /// The event after which it is on the disk for certain.
    pub durable: Option<usize>,
}

/// What became of an operation that was not yet certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    Lost,
    Kept,
    /// The first half of a write.
    Half,
    /// A write's length, but none of its bytes.
    Zeros,
}

#[derive(Debug, Clone)]
struct Start {
    is_directory: bool,
    mode: u32,
    bytes: Vec<u8>,
}

/// All that a run did to a disk on which `start` was for certain.
pub struct Disk {
    inodes: Vec<Start>,
    entries: BTreeMap<Entry, Inode>,
    pub operations: Vec<Operation>,
    pub events: usize,
}

impl Disk {
    pub fn of(start: &Tree, events: &[Event]) -> Self {
        let mut disk = Self {
            inodes: vec![Start {
                is_directory: true,
                mode: 0o755,
                bytes: Vec::new(),
            }],
            entries: BTreeMap::new(),
            operations: Vec::new(),
            events: events.len(),
        };
        for (path, node) in &start.0 {
            let (parent, name) = disk.place(&disk.entries, path);
            let inode = disk.inodes.len();
            disk.inodes.push(match node {
                Node::File { mode, bytes } => Start {
                    is_directory: false,
                    mode: *mode,
                    bytes: bytes.clone(),
                },
                Node::Directory { mode } => Start {
                    is_directory: true,
                    mode: *mode,
                    bytes: Vec::new(),
                },
                Node::Link(_) => panic!("a link in the project of a scene"),
            });
            disk.entries.insert((parent, name), inode);
        }
        // As a process sees it: every operation at once.
        let mut seen = disk.entries.clone();
        let mut lengths: HashMap<Inode, usize> = HashMap::new();
        for (number, event) in events.iter().enumerate() {
            let effect = disk.effect(event, &mut seen, &mut lengths);
            match effect {
                Ok(effect) => disk.operations.push(Operation {
                    effect,
                    issued: number,
                    durable: None,
                }),
                Err(synced) => {
                    for operation in &mut disk.operations {
                        if operation.durable.is_none() && operation.effect.is_of(synced) {
                            operation.durable = Some(number);
                        }
                    }
                }
            }
        }
        disk
    }

    /// What an event does; the inode if it syncs one.
    fn effect(
        &mut self,
        event: &Event,
        seen: &mut BTreeMap<Entry, Inode>,
        lengths: &mut HashMap<Inode, usize>,
    ) -> Result<Effect, Inode> {
        let entries = match event {
            Event::Sync { path } => return Err(find(seen, path).unwrap()),
            Event::Write { path, bytes } => {
                let inode = find(seen, path).unwrap();
                let offset = lengths.entry(inode).or_default();
                let effect = Effect::Write {
                    inode,
                    offset: *offset,
                    bytes: bytes.clone(),
                };
                *offset += bytes.len();
                return Ok(effect);
            }
            Event::Mode { path, mode } => {
                return Ok(Effect::Mode {
                    inode: find(seen, path).unwrap(),
                    mode: *mode,
                });
            }
            Event::Create { path, mode } | Event::MakeDirectory { path, mode } => {
                let inode = self.inodes.len();
                self.inodes.push(Start {
                    is_directory: matches!(event, Event::MakeDirectory { .. }),
                    mode: mode & !UMASK,
                    bytes: Vec::new(),
                });
                vec![(self.place(seen, path), Some(inode))]
            }
            Event::Remove { path } => vec![(self.place(seen, path), None)],
            Event::Rename { from, to } => {
                let inode = find(seen, from);
                vec![
                    (self.place(seen, from), None),
                    (self.place(seen, to), inode),
                ]
            }
            Event::Exchange { one, other } => {
                let [first, second] = [one, other].map(|path| find(seen, path));
                vec![
                    (self.place(seen, one), second),
                    (self.place(seen, other), first),
                ]
            }
            Event::Link { from, to } => vec![(self.place(seen, to), find(seen, from))],
        };
        set(seen, &entries);
        Ok(Effect::Entries(entries))
    }

    fn place(&self, entries: &BTreeMap<Entry, Inode>, path: &Path) -> Entry {
        let parent = find(entries, path.parent().unwrap()).unwrap();
        (parent, path.file_name().unwrap().to_owned())
    }

    /// The operations that are uncertain if power fails after `events`.
    pub fn pending(&self, events: usize) -> Vec<usize> {
        (0..self.operations.len())
            .filter(|index| {
                let operation = &self.operations[*index];
                operation.issued < events
                    && operation.durable.is_none_or(|durable| durable >= events)
            })
            .collect()
    }

    /// What is found on the disk after power failed when `events` had happened.
    pub fn after(&self, events: usize, fate: impl Fn(usize) -> Fate) -> Tree {
        let mut inodes = self.inodes.clone();
        let mut entries = self.entries.clone();
        for (index, operation) in self.operations.iter().enumerate() {
            if operation.issued >= events {
                break;
            }
            let is_durable = operation.durable.is_some_and(|durable| durable < events);
            let fate = if is_durable { Fate::Kept } else { fate(index) };
            if fate == Fate::Lost {
                continue;
            }
            match &operation.effect {
                Effect::Entries(changes) => set(&mut entries, changes),
                Effect::Mode { inode, mode } => inodes[*inode].mode = *mode,
                Effect::Write {
                    inode,
                    offset,
                    bytes,
                } => {
                    let written = match fate {
                        Fate::Half => bytes[..bytes.len() / 2].to_vec(),
                        Fate::Zeros => vec![0; bytes.len()],
                        _ => bytes.clone(),
                    };
                    let file = &mut inodes[*inode].bytes;
                    let end = offset + written.len();
                    file.resize(file.len().max(end), 0);
                    file[*offset..end].copy_from_slice(&written);
                }
            }
        }
        let mut tree = Tree::default();
        collect(&entries, &inodes, ROOT, Path::new(""), &mut tree);
        tree
    }
}

impl Effect {
    fn is_of(&self, inode: Inode) -> bool {
        match self {
            Self::Entries(entries) => entries.iter().any(|((parent, _), _)| *parent == inode),
            Self::Write { inode: of, .. } | Self::Mode { inode: of, .. } => *of == inode,
        }
    }

    pub fn is_write(&self) -> bool {
        matches!(self, Self::Write { .. })
    }
}

fn find(entries: &BTreeMap<Entry, Inode>, path: &Path) -> Option<Inode> {
    path.iter().try_fold(ROOT, |inode, name| {
        entries.get(&(inode, name.to_owned())).copied()
    })
}

fn set(entries: &mut BTreeMap<Entry, Inode>, changes: &[(Entry, Option<Inode>)]) {
    for (entry, inode) in changes {
        match inode {
            Some(inode) => entries.insert(entry.clone(), *inode),
            None => entries.remove(entry),
        };
    }
}

fn collect(
    entries: &BTreeMap<Entry, Inode>,
    inodes: &[Start],
    directory: Inode,
    path: &Path,
    tree: &mut Tree,
) {
    let within = (directory, OsString::new())..(directory + 1, OsString::new());
    for ((_, name), inode) in entries.range(within) {
        let path: PathBuf = path.join(name);
        let Start {
            is_directory,
            mode,
            bytes,
        } = &inodes[*inode];
        let mode = *mode;
        if *is_directory {
            tree.0.insert(path.clone(), Node::Directory { mode });
            collect(entries, inodes, *inode, &path, tree);
        } else {
            let bytes = bytes.clone();
            tree.0.insert(path, Node::File { mode, bytes });
        }
    }
}
