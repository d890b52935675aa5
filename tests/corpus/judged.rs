//! Files that linters had nothing to say about: the same bytes are judged once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

/// Names below a folder, with what the files hold.
pub type Files = Vec<(PathBuf, Vec<u8>)>;

static JUDGED: Mutex<BTreeSet<Files>> = Mutex::new(BTreeSet::new());

/// Runs `judge` unless it succeeded for the same names and bytes before.
pub fn once(files: Files, judge: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut judged = JUDGED.lock().unwrap_or_else(PoisonError::into_inner);
    if !judged.contains(&files) {
        judge()?;
        judged.insert(files);
    }
    Ok(())
}

/// The files right in a folder, sorted by name.
pub fn files(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push((entry.file_name().into(), std::fs::read(entry.path())?));
        }
    }
    files.sort();
    Ok(files)
}
