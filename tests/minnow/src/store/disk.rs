//! Writing to disk, which tests let go wrong at any byte.
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use parking_lot::Mutex;

use super::bytes::sync_directory_of;
use crate::error::Result;

/// ENOSPC.
const NO_SPACE: i32 = 28;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No space is left, until [`Disk::heal`].
    Full,
    /// The process dies.
    Death,
}

#[derive(Debug, Default)]
pub struct Disk {
    /// How many more bytes are written well, and what comes then.
    plan: Mutex<Option<(u64, Trouble)>>,
}

impl Disk {
    pub fn fail_after(&self, bytes: u64, how: Trouble) {
        *self.plan.lock() = Some((bytes, how));
    }

    pub fn heal(&self) {
        *self.plan.lock() = None;
    }

    /// What there is room for is written before the disk is full or the process dies.
    pub fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let fits = self.spend(bytes.len() as u64);
        if fits == bytes.len() as u64 {
            return file.write_all_at(bytes, offset);
        }
        file.write_all_at(&bytes[..fits as usize], offset)?;
        self.fail()
    }

    /// Counts as one byte, so that the process can die right before it; a full disk lets it pass.
    pub fn sync(&self, file: &File) -> io::Result<()> {
        self.step()?;
        file.sync_data()
    }

    /// Writes a file with the checksum of its payload; a crash leaves the old file or the new one.
    pub fn write_whole(&self, path: &Path, payload: &[u8]) -> Result<()> {
        let temporary = path.with_extension("new");
        let file = File::create(&temporary)?;
        let checksum = crc32fast::hash(payload).to_le_bytes();
        let written = self.write(&file, &checksum, 0).and_then(|()| self.write(&file, payload, 4));
        if let Err(error) = written.and_then(|()| self.sync(&file)) {
            fs::remove_file(&temporary)?;
            return Err(error.into());
        }
        self.step()?;
        fs::rename(&temporary, path)?;
        self.step()?;
        sync_directory_of(path)
    }

    /// Where the process can die though nothing is written.
    fn step(&self) -> io::Result<()> {
        let dies = matches!(*self.plan.lock(), Some((_, Trouble::Death)));
        if dies && self.spend(1) == 0 { self.fail() } else { Ok(()) }
    }

    /// Fails unless there is room for a whole file of so many bytes.
    pub fn admit(&self, bytes: u64) -> io::Result<()> {
        if self.spend(bytes) == bytes { Ok(()) } else { self.fail() }
    }

    /// How many of so many bytes are still written well.
    fn spend(&self, bytes: u64) -> u64 {
        match &mut *self.plan.lock() {
            None => bytes,
            Some((left, _)) => {
                let fits = bytes.min(*left);
                *left -= fits;
                fits
            }
        }
    }

    fn fail(&self) -> io::Result<()> {
        if matches!(*self.plan.lock(), Some((_, Trouble::Death))) {
            std::process::abort();
        }
        Err(io::Error::from_raw_os_error(NO_SPACE))
    }
}
