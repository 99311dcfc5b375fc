//! Files that only the server's own user may touch, changed as a whole or not at all.
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::lock::Lock;

/// What group and others may do.
const OTHERS: u32 = 0o077;
/// Writing by group and others.
const OTHERS_WRITE: u32 = 0o022;

/// Makes `folder` for the server's user alone, if it is not there.
pub(super) fn prepare(folder: &Path) -> Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed("made", folder, error)),
        _ => require_private(folder),
    }
}

/// Refuses a folder where others could put files of their own; none at all is fine.
pub(super) fn require_private(folder: &Path) -> Result<()> {
    match fs::metadata(folder) {
        Ok(found) => require_mode(folder, &found.permissions(), OTHERS_WRITE, "700"),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed("read", folder, error)),
    }
}

/// The bytes of `file`, `None` when there is none.
pub(super) fn read(file: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", file, error)),
    }
}

/// As [`read`], and refused when others may read or change `file`.
pub(super) fn read_private(file: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let broken = |error| failed("read", file, error);
    let mut open = match File::open(file) {
        Ok(open) => open,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(broken(error)),
    };
    // Asked of the open file, so that it cannot be exchanged in between.
    let permissions = open.metadata().map_err(broken)?.permissions();
    require_mode(file, &permissions, OTHERS, "600")?;
    let mut bytes = Zeroizing::new(Vec::new());
    open.read_to_end(&mut bytes).map_err(broken)?;
    Ok(Some(bytes))
}

/// Puts `bytes` into `file`, readable for the server's user from its first moment. Whoever reads
/// meanwhile, or after a crash, sees all of the old file or all of the new one. The caller holds
/// the lock, so that a draft that is already there was left by somebody who died.
pub(super) fn replace(file: &Path, bytes: &[u8]) -> Result<()> {
    let draft = file.with_extension("draft");
    let written = remove_stale(&draft).and_then(|()| write_new(&draft, bytes));
    written.and_then(|()| fs::rename(&draft, file)).and_then(|()| sync_folder_of(file)).map_err(|error| {
        // The failure that counts is the first one; a draft that stays is removed by the next change.
        let _ = fs::remove_file(&draft);
        failed("written", file, error)
    })
}

fn remove_stale(draft: &Path) -> io::Result<()> {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn write_new(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    new.write_all(bytes)?;
    new.sync_all()
}

/// A new name is durable only when its folder is.
fn sync_folder_of(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// The right to change the files of `folder`; whoever holds it writes two small files.
pub(super) fn lock(folder: &Path) -> Result<Lock> {
    Lock::take(folder).map_err(|error| failed("locked", folder, error))
}

fn require_mode(path: &Path, found: &Permissions, forbidden: u32, right: &str) -> Result<()> {
    let mode = found.mode() & 0o7777;
    if mode & forbidden == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(Error::new(Kind::State, format!("{path} is open to other users of this machine (mode {mode:o})"))
        .advise(format!("run chmod {right} {path}, and change the passwords that others may have seen")))
}

fn failed(done: &str, path: &Path, error: io::Error) -> Error {
    Error::new(Kind::State, format!("{} cannot be {done} ({error})", path.display()))
        .advise("check the node's home directory and its disk")
        .caused_by(error)
}
