//! The end of a stream on this machine: the files below one of its directories.
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::below::{Below, require_path};
use super::copy::PART;
use super::end::{Chunk, End, Listed};
use super::files::{changed, contents, failed, folders, require_folders};
use crate::error::{Error, Kind, Result};
use crate::failpoint::reach;

/// A directory of this machine.
#[derive(Clone, Debug)]
pub struct Depot {
    root: PathBuf,
}

impl Depot {
    /// Below `root`, which is made when something is written.
    pub fn new(root: impl Into<PathBuf>) -> Depot {
        Depot { root: root.into() }
    }

    fn made(&self) -> Result<Below> {
        fs::create_dir_all(&self.root).map_err(|error| failed("made", &self.root, error))?;
        Below::open(&self.root)?.ok_or_else(|| self.gone(""))
    }

    fn gone(&self, path: &str) -> Error {
        failed("read", &self.root.join(path), ErrorKind::NotFound.into())
    }

    fn list_one(&self, folder: &str, found: &mut Vec<Listed>) -> Result<()> {
        let path = self.root.join(folder);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed("read", &path, error)),
            Ok(kind) if !kind.is_dir() => {
                let what = format!("{} is no folder", path.display());
                return Err(Error::new(Kind::State, what).advise("take it out of the directory"));
            }
            Ok(_) => {}
        }
        for entry in contents(&path)? {
            let name =
                entry.path.to_str().filter(|name| !name.contains(char::is_control)).ok_or_else(|| {
                    let what =
                        format!("{} has a name that is no plain text", path.join(&entry.path).display());
                    Error::new(Kind::State, what).advise("take it out of the directory")
                })?;
            found.push(Listed { path: format!("{folder}/{name}"), bytes: entry.bytes });
        }
        Ok(())
    }
}

impl End for Depot {
    fn folders(&mut self) -> Result<Vec<String>> {
        folders(&self.root)
    }

    fn list(&mut self, folders: &[String]) -> Result<Vec<Listed>> {
        require_folders(folders)?;
        let mut found = Vec::new();
        folders.iter().try_for_each(|folder| self.list_one(folder, &mut found))?;
        Ok(found)
    }

    fn sums(&mut self, chunks: &[Chunk]) -> Result<Vec<Option<u32>>> {
        let Some(below) = Below::open(&self.root)? else { return Ok(vec![None; chunks.len()]) };
        let mut bytes = Vec::new();
        let sum = |chunk: &Chunk| {
            let Some(file) = below.file(&chunk.path, false)? else { return Ok(None) };
            bytes.resize(chunk.bytes as usize, 0);
            match file.read_exact_at(&mut bytes, chunk.at) {
                Ok(()) => Ok(Some(crc32c::crc32c(&bytes))),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
                Err(error) => Err(failed("read", &self.root.join(&chunk.path), error)),
            }
        };
        chunks.iter().map(sum).collect()
    }

    fn read(&mut self, chunks: &[Chunk]) -> Result<Vec<u8>> {
        let below = Below::open(&self.root)?.ok_or_else(|| self.gone(""))?;
        let mut bytes = vec![0; total(chunks)];
        let mut rest = &mut bytes[..];
        for chunk in chunks {
            let (into, behind) = rest.split_at_mut(chunk.bytes as usize);
            let file = below.file(&chunk.path, false)?.ok_or_else(|| self.gone(&chunk.path))?;
            file.read_exact_at(into, chunk.at).map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => changed(&chunk.path),
                _ => failed("read", &self.root.join(&chunk.path), error),
            })?;
            rest = behind;
        }
        Ok(bytes)
    }

    fn write(&mut self, chunks: &[Chunk], sums: &[u32], bytes: &[u8]) -> Result<()> {
        if total(chunks) != bytes.len() || sums.len() != chunks.len() {
            let what = format!("{} bytes came instead of {}", bytes.len(), total(chunks));
            return Err(Error::new(Kind::Mismatch, what).advise("repeat the call"));
        }
        let below = self.made()?;
        let mut rest = bytes;
        for (chunk, sum) in chunks.iter().zip(sums) {
            let (own, behind) = rest.split_at(chunk.bytes as usize);
            if crc32c::crc32c(own) != *sum {
                let what = format!("bytes of {} have changed on their way", chunk.path);
                return Err(
                    Error::new(Kind::Mismatch, what).advise("look at the network, then repeat the call")
                );
            }
            // The half file's name could be plain where the file's is not.
            require_path(&chunk.path)?;
            let half = half(&chunk.path);
            let file = below.file(&half, true)?.ok_or_else(|| self.gone(&half))?;
            let written = file.write_all_at(own, chunk.at);
            written.map_err(|error| failed("written", &self.root.join(&half), error))?;
            rest = behind;
        }
        reach("received");
        Ok(())
    }

    fn finish(&mut self, files: &[Listed]) -> Result<()> {
        let below = self.made()?;
        for Listed { path, bytes } in files {
            require_path(path)?;
            let half = half(path);
            let unwritten = |error| failed("written", &self.root.join(&half), error);
            let file = below.file(&half, true)?.ok_or_else(|| self.gone(&half))?;
            let there = file.metadata().map_err(unwritten)?.len();
            if there < *bytes {
                let what = format!("{there} of {bytes} bytes of {path} have come");
                return Err(Error::new(Kind::Mismatch, what).advise("look who else ships into the directory"));
            }
            // An older half file may have been longer.
            file.set_len(*bytes).and_then(|()| file.sync_all()).map_err(unwritten)?;
        }
        reach("synced");
        for Listed { path, .. } in files {
            // Empty folders of an older piece are in the way of a file of their name.
            if below.is_folder(path)? {
                self.remove(std::slice::from_ref(path))?;
            }
            below.rename(&half(path), path)?;
        }
        files.iter().try_for_each(|file| below.sync_folders(&file.path))
    }

    fn remove(&mut self, paths: &[String]) -> Result<()> {
        let Some(below) = Below::open(&self.root)? else { return Ok(()) };
        for path in paths {
            // Asked first, since it refuses whatever leads elsewhere.
            if below.is_folder(path)? {
                let whole = self.root.join(path);
                fs::remove_dir_all(&whole).map_err(|error| failed("removed", &whole, error))?;
            } else {
                below.unlink(path)?;
            }
        }
        Ok(())
    }
}

/// The name of a file that is not whole.
pub(super) fn half(path: &str) -> String {
    format!("{path}{PART}")
}

fn total(chunks: &[Chunk]) -> usize {
    chunks.iter().map(|chunk| chunk.bytes as usize).sum()
}
