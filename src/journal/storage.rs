//! Where a journal's bytes go. Small, so that tests can crash it.
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A file that only grows.
pub trait Storage: Send + Sync {
    /// Adds `bytes` at the end.
    ///
    /// # Errors
    /// When not all of them were taken; some may have been.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything appended so far survives a crash.
    ///
    /// # Errors
    /// When that is not certain.
    fn sync(&self) -> io::Result<()>;
}

/// A file on disk, locked while it is open: whether a run lives is whether its file is locked, which
/// ends with the process however it ends.
pub(super) struct Disk(File);

impl Disk {
    /// Makes the new file `path`.
    pub(super) fn create(path: &Path) -> io::Result<Disk> {
        let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)?;
        // Readers that look whether somebody lives hold the lock for a moment.
        file.lock()?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
        Ok(Disk(file))
    }
}

impl Storage for Disk {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.0).write_all(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// Whether somebody writes the file `path`.
pub(super) fn is_locked(path: &Path) -> io::Result<bool> {
    match File::open(path)?.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(std::fs::TryLockError::WouldBlock) => Ok(true),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}
