//! One file that only grows: records of a commit and the bytes that it brings. What is in it has
//! happened. A record is durable once the file has been synced after it was written; one sync
//! serves every writer that waits.
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::disk::Disk;
use super::record::{self, Head};
use crate::error::{Error, Result};

#[derive(Debug)]
pub struct Log {
    file: File,
    disk: Arc<Disk>,
    tail: Mutex<Tail>,
    /// Everything before it is durable.
    durable: AtomicU64,
    syncing: Mutex<()>,
}

#[derive(Debug)]
struct Tail {
    end: u64,
    /// Why nothing may follow.
    closed: Option<&'static str>,
}

const BROKEN: &str = "The commit log could not be written; restart the node.";

impl Log {
    /// Opens or creates the log and gives every record, oldest first, with the place of its bytes
    /// to `replay`. What was not durable when the process ended may be torn and is cut off; damage
    /// before that is an error.
    pub fn open(
        path: &Path,
        disk: Arc<Disk>,
        mut replay: impl FnMut(&[u8], u64) -> Result<()>,
    ) -> Result<Log> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let length = file.metadata()?.len();
        let end = record::whole(&file, length, |head, at| replay(&head.note, head.body(at)))?;
        if end < length {
            if record::follows(&file, end, length)? {
                return Err(Error::runtime(format!("{} is damaged at byte {end}.", path.display())));
            }
            file.set_len(end)?;
        }
        // What is seen now must not be gone after the next crash.
        file.sync_all()?;
        let tail = Mutex::new(Tail { end, closed: None });
        Ok(Log { file, disk, tail, durable: AtomicU64::new(end), syncing: Mutex::default() })
    }

    /// Appends a record; once this returns, it has happened and survives a crash. `note` is asked
    /// for when the record's place in the order of all is known. Returns where the bytes are.
    pub fn append(&self, body: &[u8], note: impl FnOnce() -> Vec<u8>) -> Result<u64> {
        let checksum = crc32fast::hash(body);
        let durable = self.durable();
        let (at, end) = {
            let mut tail = self.tail.lock();
            if let Some(why) = tail.closed {
                return Err(Error::runtime(why));
            }
            let head = Head { durable, body: body.len() as u64, checksum, note: note() };
            let at = head.body(tail.end);
            let bytes = head.encode();
            let written = self.disk.write(&self.file, &bytes, tail.end);
            if let Err(error) = written.and_then(|()| self.disk.write(&self.file, body, at)) {
                if self.file.set_len(tail.end).is_err() {
                    tail.closed = Some(BROKEN);
                }
                return Err(error.into());
            }
            tail.end = at + body.len() as u64;
            (at, tail.end)
        };
        self.sync(end)?;
        Ok(at)
    }

    /// Makes everything before `end` durable. Who comes while another syncs finds its own part done
    /// or does it for all who came meanwhile. After a failure nobody knows what is on disk.
    fn sync(&self, end: u64) -> Result<()> {
        let _alone = self.syncing.lock();
        if self.durable() >= end {
            return Ok(());
        }
        let written = self.tail.lock().end;
        if let Err(error) = self.disk.sync(&self.file) {
            self.tail.lock().closed = Some(BROKEN);
            return Err(error.into());
        }
        self.durable.store(written, Ordering::SeqCst);
        Ok(())
    }

    pub fn read(&self, into: &mut [u8], offset: u64) -> Result<()> {
        Ok(self.file.read_exact_at(into, offset)?)
    }

    /// Refuses every later record.
    pub fn close(&self, why: &'static str) {
        self.tail.lock().closed = Some(why);
    }

    fn durable(&self) -> u64 {
        self.durable.load(Ordering::SeqCst)
    }

    /// The file as it is while so much of it is durable, which a loss of power cannot take.
    #[cfg(test)]
    pub fn image(&self) -> (Vec<u8>, usize) {
        let _nothing_becomes_durable = self.syncing.lock();
        let mut bytes = vec![0; self.file.metadata().unwrap().len() as usize];
        self.file.read_exact_at(&mut bytes, 0).unwrap();
        (bytes, self.durable() as usize)
    }
}
