//! Files that only the server's own user may touch.
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::disk;
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

/// Puts `bytes` into `file` as a whole. The caller holds the lock.
pub(super) fn replace(file: &Path, bytes: &[u8]) -> Result<()> {
    disk::replace(file, bytes).map_err(|error| failed("written", file, error))
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
