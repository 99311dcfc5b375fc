//! Writing to disk, which tests let go wrong at any byte.
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use parking_lot::Mutex;

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
        let dies = matches!(*self.plan.lock(), Some((_, Trouble::Death)));
        if dies && self.spend(1) == 0 { self.fail() } else { file.sync_data() }
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
