//! Which process writes into a state folder: the first that claims it, until it is gone.
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Result, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use parking_lot::Mutex;

/// The file whose lock says that somebody lives there, and whose text says who.
const FILE: &str = "owner";

/// The files that this process has locked, by their folder.
static HELD: LazyLock<Mutex<HashMap<PathBuf, File>>> = LazyLock::new(Mutex::default);

/// Claims `folder` for this process, which calls itself `who`; returns who has it, if somebody else.
///
/// # Errors
/// When the file cannot be made or locked.
pub fn claim(folder: &Path, who: &str) -> Result<Option<String>> {
    let mut held = HELD.lock();
    let path = folder.join(FILE);
    if held.get(folder).is_some_and(|file| is_at(file, &path)) {
        return Ok(None);
    }
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)?;
            file.write_all(who.as_bytes())?;
            held.insert(folder.to_owned(), file);
            Ok(None)
        }
        Err(TryLockError::WouldBlock) => text(&mut file).map(Some),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Who has `folder`, if somebody else lives there; nothing is made.
///
/// # Errors
/// When the file cannot be read.
pub fn stranger(folder: &Path) -> Result<Option<String>> {
    let path = folder.join(FILE);
    let mut file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    if HELD.lock().get(folder).is_some_and(|own| is_at(own, &path)) {
        return Ok(None);
    }
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => text(&mut file).map(Some),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether the folder still has this very file: people delete what they do not know.
fn is_at(file: &File, path: &Path) -> bool {
    let (own, there) = (file.metadata(), fs::metadata(path));
    own.and_then(|own| Ok((own.dev(), own.ino()) == there.map(|there| (there.dev(), there.ino()))?))
        .unwrap_or(false)
}

fn text(file: &mut File) -> Result<String> {
    let mut text = String::new();
    file.read_to_string(&mut text).map(|_| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_belongs_to_who_claims_it_first_until_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let other = OpenOptions::new().write(true).create(true).truncate(false).open(&path).unwrap();
        fs::write(&path, "node B").unwrap();
        other.lock().unwrap();
        assert_eq!(claim(folder.path(), "node A").unwrap().as_deref(), Some("node B"));
        assert_eq!(stranger(folder.path()).unwrap().as_deref(), Some("node B"));
        drop(other);
        assert_eq!(stranger(folder.path()).unwrap(), None);
        for _ in 0..2 {
            assert_eq!(claim(folder.path(), "node A").unwrap(), None);
            assert_eq!(stranger(folder.path()).unwrap(), None, "we are no strangers");
        }
        assert!(
            File::open(&path).unwrap().try_lock_shared().is_err(),
            "others see that somebody lives there"
        );
        fs::remove_file(&path).unwrap();
        assert_eq!(claim(folder.path(), "node A").unwrap(), None);
        assert!(
            File::open(&path).unwrap().try_lock_shared().is_err(),
            "a deleted file is made and locked anew"
        );
    }
}
