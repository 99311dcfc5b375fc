//! Files below a directory, reached step by step, so that no link on the way leads out of it.
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::files::failed;
use crate::error::{Error, Kind, Result};

/// How a folder is opened, and nothing else.
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A directory that is open.
pub(super) struct Below {
    root: PathBuf,
    folder: OwnedFd,
}

impl Below {
    /// Opens `root`; `None` when it does not exist.
    pub(super) fn open(root: &Path) -> Result<Option<Below>> {
        match File::open(root) {
            Ok(open) => Ok(Some(Below { root: root.to_owned(), folder: open.into() })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("opened", root, error)),
        }
    }

    /// Opens the file `path`; with `makes`, to write to it, and it and its folders are made if they
    /// are missing. `None` when it does not exist.
    pub(super) fn file(&self, path: &str, makes: bool) -> Result<Option<File>> {
        let access = if makes { OFlags::RDWR | OFlags::CREATE } else { OFlags::RDONLY };
        let opened = self.at(path, makes)?.map(|(folder, name)| {
            openat(&folder, name, access | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::from_raw_mode(0o644))
        });
        match opened {
            None | Some(Err(Errno::NOENT)) => Ok(None),
            Some(Err(error)) => Err(self.wrong("opened", path, error)),
            Some(Ok(open)) => {
                let open = File::from(open);
                let kind = open.metadata().map_err(|error| failed("read", &self.root.join(path), error))?;
                if kind.is_file() { Ok(Some(open)) } else { Err(self.wrong("opened", path, Errno::ISDIR)) }
            }
        }
    }

    /// Gives the file `from` the name `to` in the same folder.
    pub(super) fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (Some((folder, old)), (_, new)) = (self.at(from, false)?, split(to)?) else {
            return Err(self.wrong("renamed", from, Errno::NOENT));
        };
        renameat(&folder, old, &folder, new).map_err(|error| self.wrong("written", to, error))
    }

    /// Makes sure that the names in the folder of `path`, and in those above it, are on disk.
    pub(super) fn sync_folders(&self, path: &str) -> Result<()> {
        let mut path = path;
        loop {
            let Some((folder, _)) = self.at(path, false)? else { return Ok(()) };
            rustix::fs::fsync(&folder).map_err(|error| self.wrong("written", path, error))?;
            match path.rsplit_once('/') {
                Some((above, _)) => path = above,
                None => return Ok(()),
            }
        }
    }

    /// Whether `path` is a folder.
    pub(super) fn is_folder(&self, path: &str) -> Result<bool> {
        let Some((folder, name)) = self.at(path, false)? else { return Ok(false) };
        match openat(&folder, name, FOLDER, Mode::empty()) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(false),
            Err(error) => Err(self.wrong("opened", path, error)),
        }
    }

    /// Removes the file `path`, if it is there.
    pub(super) fn unlink(&self, path: &str) -> Result<()> {
        let Some((folder, name)) = self.at(path, false)? else { return Ok(()) };
        match unlinkat(&folder, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(self.wrong("removed", path, error)),
        }
    }

    /// The folder of `path` and its last step; `None` when the folder does not exist.
    fn at<'p>(&self, path: &'p str, makes: bool) -> Result<Option<(OwnedFd, &'p str)>> {
        let (steps, name) = split(path)?;
        let copied = self.folder.try_clone();
        let mut folder = copied.map_err(|error| failed("opened", &self.root, error))?;
        for step in steps {
            if makes {
                match mkdirat(&folder, step, Mode::from_raw_mode(0o755)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(self.wrong("made", path, error)),
                }
            }
            folder = match openat(&folder, step, FOLDER, Mode::empty()) {
                Ok(open) => open,
                Err(Errno::NOENT) => return Ok(None),
                Err(error) => return Err(self.wrong("opened", path, error)),
            };
        }
        Ok(Some((folder, name)))
    }

    fn wrong(&self, done: &str, path: &str, error: Errno) -> Error {
        let whole = self.root.join(path);
        match error {
            Errno::LOOP | Errno::NOTDIR | Errno::ISDIR => {
                let what =
                    format!("{} is, or lies below, a link or something else than a folder", whole.display());
                Error::new(Kind::Refused, what).advise("take it out of the directory")
            }
            error => failed(done, &whole, error.into()),
        }
    }
}

/// Refuses a path that is not plainly below a directory.
pub(super) fn require_path(path: &str) -> Result<()> {
    split(path).map(drop)
}

/// The folders of a path, and its last step.
fn split(path: &str) -> Result<(Vec<&str>, &str)> {
    let mut steps: Vec<&str> = path.split('/').collect();
    let stays = |step: &&str| !matches!(*step, "" | "." | "..") && !step.contains(char::is_control);
    match steps.iter().all(stays) {
        true => {
            let name = steps.pop().unwrap_or_default();
            Ok((steps, name))
        }
        false => Err(Error::new(Kind::Argument, format!("`{path}` is no path below a directory"))
            .advise("name one without `..`")),
    }
}
