//! The files of a piece, and what goes wrong with files in words.
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};

/// How much is read at once.
pub(super) const BLOCK: usize = 1 << 20;

/// A file below a root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its path from there.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
}

/// Every file below `folder`, sorted by its path from there.
///
/// # Errors
/// `State` when something cannot be read, or is neither file nor folder: a link could lead anywhere.
pub fn contents(folder: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    gather(true, folder, Path::new(""), &mut entries)?;
    entries.sort();
    Ok(entries)
}

/// Bytes of all files below `folder`.
///
/// # Errors
/// As [`contents`].
pub fn size(folder: &Path) -> Result<u64> {
    Ok(contents(folder)?.iter().map(|entry| entry.bytes).sum())
}

/// As [`contents`], without what lies in folders below; nothing where there is no folder.
pub(super) fn surface(folder: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    if folder.exists() {
        gather(false, folder, Path::new(""), &mut entries)?;
    }
    entries.sort();
    Ok(entries)
}

fn gather(is_deep: bool, root: &Path, below: &Path, entries: &mut Vec<Entry>) -> Result<()> {
    let folder = if below.as_os_str().is_empty() { root.to_owned() } else { root.join(below) };
    for entry in fs::read_dir(&folder).map_err(|error| failed("read", &folder, error))? {
        let entry = entry.map_err(|error| failed("read", &folder, error))?;
        let path = below.join(entry.file_name());
        let found = entry.metadata().map_err(|error| failed("read", &entry.path(), error))?;
        match found.file_type() {
            kind if kind.is_dir() && !is_deep => {}
            kind if kind.is_dir() => gather(is_deep, root, &path, entries)?,
            kind if kind.is_file() => entries.push(Entry { path, bytes: found.len() }),
            _ => {
                let what = format!("{} is neither a file nor a folder", entry.path().display());
                return Err(Error::new(Kind::State, what).advise("take it out of the directory"));
            }
        }
    }
    Ok(())
}

/// Whether `name` is one component of a path that stays where it is put.
pub fn names_one_folder(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && !name.starts_with('.') && !name.contains(['/', '\0'])
}

/// The folders of the directory `dir` that are no leftovers.
///
/// # Errors
/// As [`contents`], and `NotFound` when there are none.
pub fn folders(dir: &Path) -> Result<Vec<String>> {
    let unread = |error| failed("read", dir, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if names_one_folder(&name) && entry.path().is_dir() {
            names.push(name);
        }
    }
    names.sort();
    match names.is_empty() {
        false => Ok(names),
        true => Err(Error::new(Kind::NotFound, format!("the directory {} holds no folder", dir.display()))
            .advise("give the directory that was given to backupTo, or to the server's backup")),
    }
}

/// Refuses a folder below `root` that is, or lies below, a link.
///
/// # Errors
/// `Refused`, since a link could lead anywhere.
pub fn require_no_link(root: &Path, folder: &str) -> Result<()> {
    let mut path = root.to_owned();
    for step in folder.split('/') {
        path.push(step);
        if fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()) {
            let what = format!("{} is a link, which could lead anywhere", path.display());
            return Err(Error::new(Kind::Refused, what).advise("take it out of the directory"));
        }
    }
    Ok(())
}

/// What a file that is not as long as it was listed means.
pub(super) fn changed(path: &str) -> Error {
    Error::new(Kind::Mismatch, format!("{path} has changed while it was shipped"))
        .advise("look who writes to the directory, then repeat the call")
}

/// Nothing that reaches a path may lead out of the root.
pub(super) fn require_folders(pieces: &[String]) -> Result<()> {
    match pieces.iter().find(|piece| !piece.split('/').all(names_one_folder)) {
        None => Ok(()),
        Some(piece) => Err(Error::new(Kind::Argument, format!("`{piece}` is no folder below a directory"))
            .advise("name one without `..`")),
    }
}

/// The crc32c of a file's bytes.
pub(super) fn checksum(path: &Path, mut look: impl FnMut(u64) -> Result<()>) -> Result<u32> {
    let mut file = File::open(path).map_err(|error| failed("read", path, error))?;
    let (mut block, mut crc) = (vec![0; BLOCK], 0);
    loop {
        let read = fill(&mut file, &mut block).map_err(|error| failed("read", path, error))?;
        if read == 0 {
            return Ok(crc);
        }
        look(read as u64)?;
        crc = crc32c::crc32c_append(crc, &block[..read]);
    }
}

/// Reads until `block` is full or the file ends.
pub(super) fn fill(file: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < block.len() {
        match file.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Why `path` could not be `done`.
pub fn failed(done: &str, path: &Path, error: io::Error) -> Error {
    let path = path.display();
    let (what, advice) = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            (format!("there is no room left on the disk for {path}"), "make room, then repeat the call")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => (
            format!("{path} cannot be {done}: the server's user may not"),
            "let the user that runs the server do so, or give another directory",
        ),
        ErrorKind::NotFound => {
            (format!("{path} cannot be {done}: it does not exist"), "make it, or give another directory")
        }
        _ => (format!("{path} cannot be {done} ({error})"), "check the directory and its disk"),
    };
    Error::new(Kind::State, what).advise(advice).caused_by(error)
}
