//! The commit log: records of length, checksum and payload; what is in it has happened.
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::error::{Error, Result};

const HEAD: usize = 8;

#[derive(Debug)]
pub struct Log {
    file: File,
    length: u64,
    /// A failed write that could not be taken back: nothing may follow it.
    broken: bool,
}

impl Log {
    /// Opens or creates the log and gives every whole record to `replay`, oldest first. A torn
    /// last record never happened and is cut off; damage before the end is an error.
    pub fn open(path: &Path, mut replay: impl FnMut(&[u8]) -> Result<()>) -> Result<Log> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut at = 0;
        while let Some(payload) = next_record(&bytes[at..]).map_err(|()| damaged(path, at))? {
            replay(payload)?;
            at += HEAD + payload.len();
        }
        if at < bytes.len() {
            file.set_len(at as u64)?;
            file.sync_all()?;
        }
        Ok(Log { file, length: at as u64, broken: false })
    }

    /// Appends one record; once this returns, it has happened and survives a crash.
    pub fn append(&mut self, payload: &[u8]) -> Result<()> {
        if self.broken {
            return Err(Error::runtime("The commit log could not be written; restart the node."));
        }
        let mut record = Vec::with_capacity(HEAD + payload.len());
        record.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        record.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
        record.extend_from_slice(payload);
        if let Err(error) = self.write(&record) {
            self.broken = self.file.set_len(self.length).and_then(|()| self.file.sync_all()).is_err();
            return Err(error.into());
        }
        self.length += record.len() as u64;
        Ok(())
    }

    fn write(&mut self, record: &[u8]) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(record)?;
        self.file.sync_data()
    }
}

/// The first record's payload; `None` at the end or at a torn tail, an error when a bad record is
/// followed by something.
fn next_record(bytes: &[u8]) -> std::result::Result<Option<&[u8]>, ()> {
    // A crash of the machine may lengthen the file before its bytes arrive.
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() else { return Ok(None) };
    let [l0, l1, l2, l3, c0, c1, c2, c3] = *head;
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    let Some(payload) = rest.get(..length) else { return Ok(None) };
    if length > 0 && crc32fast::hash(payload) == u32::from_le_bytes([c0, c1, c2, c3]) {
        Ok(Some(payload))
    } else if rest.len() == length {
        Ok(None)
    } else {
        Err(())
    }
}

fn damaged(path: &Path, at: usize) -> Error {
    Error::runtime(format!("{} is damaged at byte {at}.", path.display()))
}
