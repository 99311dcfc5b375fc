//! The right to change the files of a folder, among all threads and processes.
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Result};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The right, until it is dropped.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the right to change what is in `folder`, by a file `lock` there that only the
    /// server's user may open.
    ///
    /// # Errors
    /// When that file cannot be made or locked.
    pub fn take(folder: &Path) -> Result<Lock> {
        let path = folder.join("lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        loop {
            // A signal to the server may end the wait, but not the wish.
            match file.lock() {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                outcome => return outcome.map(|()| Lock { _file: file }),
            }
        }
    }
}
