use std::path::Path;

use crate::types::{Code, Finding, Level};

/// The findings of one root.
pub(super) struct Findings<'a> {
    pub root: &'a Path,
    pub release: bool,
    list: Vec<Finding>,
}

impl<'a> Findings<'a> {
    pub fn new(root: &'a Path, release: bool) -> Self {
        Self {
            root,
            release,
            list: Vec::new(),
        }
    }

    /// A finding about `path`, to be completed and added.
    pub fn about(&self, code: Code, level: Level, path: impl AsRef<Path>) -> Finding {
        Finding::new(code, level, self.root, path)
    }

    /// Adds a finding. In a release a warning is one.
    pub fn add(&mut self, mut finding: Finding) {
        if self.release && finding.level == Level::Warning {
            finding.level = Level::Finding;
        }
        self.list.push(finding);
    }

    /// Adds a finding that `rapidkit-pg ARGUMENTS`, run in the root, mends.
    pub fn add_fixed_here(&mut self, finding: Finding, arguments: &str) {
        let root = self.root;
        self.add(finding.fix_here(root, arguments));
    }

    /// Adds all of others of the same root.
    pub fn extend(&mut self, others: Vec<Self>) {
        self.list
            .extend(others.into_iter().flat_map(|other| other.list));
    }

    /// All of them, by code and path.
    pub fn sorted(mut self) -> Vec<Finding> {
        self.list.sort_by(|a, b| {
            (a.code, &a.path, &a.expected, &a.actual).cmp(&(
                b.code,
                &b.path,
                &b.expected,
                &b.actual,
            ))
        });
        self.list.dedup();
        // The next run finishes what an interrupted one has begun. To mend single files before would get in its way.
        let interrupted = |finding: &&Finding| finding.code == Code::Interrupted;
        if let Some(first) = self.list.iter().find(interrupted).cloned() {
            for finding in &mut self.list {
                finding.fix.clone_from(&first.fix);
            }
        }
        self.list
    }
}
