//! The stream of files across volumes.
use std::path::{Component, Path};

use super::key::Key;
use super::manifest::{Manifest, Volume};
use super::refused;
use super::volume::{CHUNK, Reader, Writer};
use crate::error::Result;
use crate::failpoint::reach;

/// Cuts a stream into volumes of at most `limit` bytes, as far as a chunk allows.
pub(super) struct Output<'a> {
    dir: &'a Path,
    id: [u8; 16],
    key: Option<&'a Key>,
    limit: u64,
    open: Option<Writer<'a>>,
    done: Vec<Volume>,
    pending: Vec<u8>,
}

impl<'a> Output<'a> {
    pub(super) fn new(dir: &'a Path, id: [u8; 16], key: Option<&'a Key>, limit: u64) -> Self {
        Output { dir, id, key, limit, open: None, done: Vec::new(), pending: Vec::new() }
    }

    /// Adds `bytes` to the stream.
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.pending.extend_from_slice(bytes);
        // The last chunk of a volume says so, so that one is always held back.
        while self.pending.len() > self.chunk() {
            let rest = self.pending.split_off(self.chunk());
            let chunk = std::mem::replace(&mut self.pending, rest);
            self.write(&chunk, false)?;
        }
        Ok(())
    }

    /// Ends the stream and returns its volumes.
    pub(super) fn finish(mut self) -> Result<Vec<Volume>> {
        let chunk = std::mem::take(&mut self.pending);
        self.write(&chunk, true)?;
        Ok(self.done)
    }

    fn chunk(&self) -> usize {
        CHUNK.min(self.limit as usize / 2).max(1)
    }

    fn write(&mut self, chunk: &[u8], is_end: bool) -> Result<()> {
        let mut volume = match self.open.take() {
            Some(volume) => volume,
            None => Writer::create(self.dir, &self.id, self.done.len() as u32 + 1, self.key)?,
        };
        // Another chunk of full length would not fit any more.
        let is_last = is_end || volume.len() + 2 * (chunk.len() as u64 + 20) > self.limit;
        volume.chunk(chunk, is_last)?;
        reach("packed");
        match is_last {
            true => self.done.push(volume.finish()?),
            false => self.open = Some(volume),
        }
        Ok(())
    }
}

/// Reads the stream of a bundle.
pub(super) struct Input<'a> {
    dir: &'a Path,
    manifest: &'a Manifest,
    key: Option<&'a Key>,
    next: usize,
    open: Option<Reader<'a>>,
    pending: Vec<u8>,
    at: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(dir: &'a Path, manifest: &'a Manifest, key: Option<&'a Key>) -> Self {
        Input { dir, manifest, key, next: 0, open: None, pending: Vec::new(), at: 0 }
    }

    /// Up to `most` bytes; none at the end.
    pub(super) fn some(&mut self, most: usize) -> Result<&[u8]> {
        while self.at == self.pending.len() {
            match self.chunk()? {
                Some(chunk) => (self.pending, self.at) = (chunk, 0),
                None => return Ok(&[]),
            }
        }
        let start = self.at;
        self.at = self.pending.len().min(start + most);
        Ok(&self.pending[start..self.at])
    }

    /// Exactly `length` bytes; `None` when the stream ended before the first.
    pub(super) fn exactly(&mut self, length: usize) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let some = self.some(length - bytes.len())?;
            match some.is_empty() {
                true if bytes.is_empty() => return Ok(None),
                true => return Err(self.senseless()),
                false => bytes.extend_from_slice(some),
            }
        }
        Ok(Some(bytes))
    }

    /// The next file's path and length.
    pub(super) fn file(&mut self) -> Result<Option<(String, u64)>> {
        let Some(head) = self.exactly(12)? else { return Ok(None) };
        let length = u32::from_le_bytes(head[..4].try_into().expect("four bytes")) as usize;
        let bytes = u64::from_le_bytes(head[4..].try_into().expect("eight bytes"));
        if !(1..=4096).contains(&length) {
            return Err(self.senseless());
        }
        let path = self.exactly(length)?.and_then(|path| String::from_utf8(path).ok());
        let path = path.filter(|path| is_below(path)).ok_or_else(|| self.senseless())?;
        Ok(Some((path, bytes)))
    }

    pub(super) fn senseless(&self) -> crate::error::Error {
        refused(format!("the bundle in {} holds what no export writes", self.dir.display()))
    }

    fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            if let Some(volume) = &mut self.open
                && let Some(chunk) = volume.chunk()?
            {
                return Ok(Some(chunk));
            }
            let Some(volume) = self.manifest.volumes.get(self.next) else { return Ok(None) };
            self.next += 1;
            let at = (self.next as u32, volume);
            self.open = Some(Reader::open(self.dir, &self.manifest.id, at, self.key)?);
        }
    }
}

/// Whether `path` stays where it is put.
fn is_below(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) && !path.contains('\0')
}

/// What stands before a file's bytes.
pub(super) fn head(path: &str, bytes: u64) -> Vec<u8> {
    [&(path.len() as u32).to_le_bytes()[..], &bytes.to_le_bytes(), path.as_bytes()].concat()
}
