//! Files that are changed as a whole or not at all.
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Puts `bytes` into `file`, readable for the server's user from its first moment. Whoever reads
/// meanwhile, or after a crash, sees all of the old file or all of the new one. Nobody else may
/// write it at the same time, so that a draft that is already there was left by somebody who died.
///
/// # Errors
/// When it is not certain that the new file survives a crash.
pub fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    exchange(file, bytes, 0o600)
}

/// As [`replace`], for everybody of the machine to read.
///
/// # Errors
/// As [`replace`].
pub fn publish(file: &Path, bytes: &[u8]) -> io::Result<()> {
    exchange(file, bytes, 0o644)
}

fn exchange(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let draft = file.with_extension("draft");
    let written = remove_stale(&draft).and_then(|()| write_new(&draft, bytes, mode));
    written.and_then(|()| fs::rename(&draft, file)).and_then(|()| sync_folder_of(file)).inspect_err(|_| {
        // The failure that counts is the first one; a draft that stays is removed by the next change.
        let _ = fs::remove_file(&draft);
    })
}

fn remove_stale(draft: &Path) -> io::Result<()> {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn write_new(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut new = OpenOptions::new().write(true).create_new(true).mode(mode).open(file)?;
    new.write_all(bytes)?;
    new.sync_all()
}

/// A new name is durable only when its folder is.
fn sync_folder_of(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
