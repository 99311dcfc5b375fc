//! What one commit changes, and its form in the log.
use std::sync::Arc;

use super::bytes::{Reader, Writer};
use super::chunks::ChunkKey;
use crate::error::Result;

/// Rows of one chunk that came with one commit: its columns one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub offset: u64,
    pub rows: u32,
    /// Bytes of each column. The last columns of the table may be missing: their cells are NULL.
    pub lengths: Arc<[u32]>,
}

/// Chunks that lose all rows, then segments that are added.
#[derive(Debug, Default, PartialEq)]
pub struct Commit {
    /// Counts the commits of the table from 1; 0 until the commit happens.
    pub cid: u64,
    /// Milliseconds since 1970 when it happened.
    pub at: i64,
    pub dropped: Vec<ChunkKey>,
    pub added: Vec<(ChunkKey, Segment)>,
}

impl Segment {
    /// Offset and length of a column, `None` if the rows came without it.
    pub fn column(&self, position: usize) -> Option<(u64, usize)> {
        let length = *self.lengths.get(position)?;
        let before: u64 = self.lengths[..position].iter().map(|length| u64::from(*length)).sum();
        Some((self.offset + before, length as usize))
    }
}

impl Commit {
    pub fn shift(&mut self, base: u64) {
        self.added.iter_mut().for_each(|(_, segment)| segment.offset += base);
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.u64(self.cid);
        out.u64(self.at as u64);
        out.u32(self.dropped.len() as u32);
        self.dropped.iter().flatten().for_each(|number| out.u32(*number));
        out.u32(self.added.len() as u32);
        for (key, segment) in &self.added {
            key.iter().for_each(|number| out.u32(*number));
            out.u64(segment.offset);
            out.u32(segment.rows);
            out.u32(segment.lengths.len() as u32);
            segment.lengths.iter().for_each(|length| out.u32(*length));
        }
        out.0
    }

    pub fn decode(payload: &[u8]) -> Result<Commit> {
        let mut input = Reader(payload);
        let key = |input: &mut Reader| -> Result<ChunkKey> { Ok([input.u32()?, input.u32()?, input.u32()?]) };
        let mut commit = Commit { cid: input.u64()?, at: input.u64()? as i64, ..Commit::default() };
        for _ in 0..input.u32()? {
            commit.dropped.push(key(&mut input)?);
        }
        for _ in 0..input.u32()? {
            let chunk = key(&mut input)?;
            let (offset, rows) = (input.u64()?, input.u32()?);
            let lengths = (0..input.u32()?).map(|_| input.u32()).collect::<Result<_>>()?;
            commit.added.push((chunk, Segment { offset, rows, lengths }));
        }
        Ok(commit)
    }
}
