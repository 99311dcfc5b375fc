//! Directories that appear and vanish whole.
use std::fs;
use std::path::{Path, PathBuf};

use super::bytes::sync_directory_of;
use crate::error::Result;

/// What is being made or removed has a name that starts with a dot; [`file_name`] makes none such.
const NEW: &str = ".new";
const OLD: &str = ".old";

/// A name as a file name: everything but ASCII letters, digits and `_-` as `%` and its bytes.
pub fn file_name(name: &str) -> String {
    let mut out = String::new();
    for byte in name.trim_start_matches("dfs://").bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Makes a directory with the files that `fill` puts in.
pub fn make(dir: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let new = dir.with_file_name(NEW);
    fs::create_dir(&new)?;
    if let Err(error) = fill(&new) {
        fs::remove_dir_all(&new)?;
        return Err(error);
    }
    fs::rename(&new, dir)?;
    sync_directory_of(dir)
}

/// The directories below `dir`, after removing what a crash left of others.
pub fn sweep(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut whole = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            fs::remove_dir_all(entry.path())?;
        } else {
            whole.push(entry.path());
        }
    }
    whole.sort();
    Ok(whole)
}

/// Removes a directory; a crash leaves it whole or swept at the next start.
pub fn remove(dir: &Path) -> Result<()> {
    let old = dir.with_file_name(OLD);
    fs::rename(dir, &old)?;
    sync_directory_of(&old)?;
    Ok(fs::remove_dir_all(&old)?)
}
