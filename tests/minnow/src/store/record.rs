//! A record of the log: a head with checksums, a note, and a body.
use std::fs::File;
use std::os::unix::fs::FileExt;

use super::bytes::{Reader, Writer};
use crate::error::Result;

/// Bytes before the note.
pub const HEAD: u64 = 36;
const MAGIC: u32 = 0x776f_6e6d;

#[derive(Debug)]
pub struct Head {
    /// How much of the file was durable when the record was written.
    pub durable: u64,
    /// Bytes of the body, and their checksum.
    pub body: u64,
    pub checksum: u32,
    pub note: Vec<u8>,
}

impl Head {
    pub fn encode(&self) -> Vec<u8> {
        let mut fields = Writer::default();
        fields.u64(self.durable);
        fields.u64(self.body);
        fields.u32(self.checksum);
        fields.u32(self.note.len() as u32);
        let mut out = Writer::default();
        out.u32(MAGIC);
        out.u32(crc32fast::hash(&fields.0));
        out.u32(crc32fast::hash(&self.note));
        out.0.extend_from_slice(&fields.0);
        out.0.extend_from_slice(&self.note);
        out.0
    }

    /// The head at `at`, if there is a whole one whose record ends before `length`.
    fn read(file: &File, at: u64, length: u64) -> Result<Option<Head>> {
        if length < at + HEAD {
            return Ok(None);
        }
        let mut bytes = [0; HEAD as usize];
        file.read_exact_at(&mut bytes, at)?;
        let mut input = Reader(&bytes);
        let (magic, own, of_note) = (input.u32()?, input.u32()?, input.u32()?);
        if magic != MAGIC || own != crc32fast::hash(input.0) {
            return Ok(None);
        }
        let (durable, body, checksum) = (input.u64()?, input.u64()?, input.u32()?);
        let note = u64::from(input.u32()?);
        if (length - at - HEAD).checked_sub(note).is_none_or(|left| left < body) {
            return Ok(None);
        }
        let mut note = vec![0; note as usize];
        file.read_exact_at(&mut note, at + HEAD)?;
        Ok((crc32fast::hash(&note) == of_note).then_some(Head { durable, body, checksum, note }))
    }

    /// Where the body is when the record is at `at`.
    pub fn body(&self, at: u64) -> u64 {
        at + HEAD + self.note.len() as u64
    }

    fn end(&self, at: u64) -> u64 {
        self.body(at) + self.body
    }

    /// Whether the body is the one that was written.
    fn has_body(&self, file: &File, at: u64) -> Result<bool> {
        let mut body = vec![0; self.body as usize];
        file.read_exact_at(&mut body, self.body(at))?;
        Ok(crc32fast::hash(&body) == self.checksum)
    }
}

/// Visits the whole records from the start on; returns where they end. Bodies are checked where
/// no later record says that they were durable, so that opening a long log reads little of it.
pub fn whole(file: &File, length: u64, mut visit: impl FnMut(&Head, u64) -> Result<()>) -> Result<u64> {
    let (mut records, mut at, mut durable) = (Vec::new(), 0, 0);
    while let Some(head) = Head::read(file, at, length)? {
        let start = at;
        at = head.end(at);
        durable = durable.max(head.durable);
        records.push((start, head));
    }
    for (start, head) in &records {
        if head.end(*start) > durable && !head.has_body(file, *start)? {
            return Ok(*start);
        }
        visit(head, *start)?;
    }
    Ok(at)
}

/// Whether some record behind `end` says that what stands there was durable.
pub fn follows(file: &File, end: u64, length: u64) -> Result<bool> {
    let mut rest = vec![0; (length - end) as usize];
    file.read_exact_at(&mut rest, end)?;
    let starts = rest.windows(4).enumerate().filter(|(_, bytes)| *bytes == MAGIC.to_le_bytes());
    for (start, _) in starts {
        if Head::read(file, end + start as u64, length)?.is_some_and(|head| head.durable > end) {
            return Ok(true);
        }
    }
    Ok(false)
}
