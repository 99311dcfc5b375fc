//! One writer's work on some chunks of a table: all of it becomes visible, or nothing.
use std::collections::HashMap;
use std::sync::Arc;

use super::cells;
use super::chunks::{ChunkKey, Chunks};
use super::commit::{Commit, Segment};
use crate::error::{Error, Result};
use crate::value::Vector;

/// Which transaction owns which chunk.
#[derive(Debug, Default)]
pub struct Locks {
    last: u64,
    /// Who owns every chunk, those that are not there yet included.
    everything: Option<u64>,
    owners: HashMap<ChunkKey, u64>,
}

impl Locks {
    /// A new transaction that owns all of `keys`, or the first key that has another owner.
    pub fn acquire(&mut self, keys: &[ChunkKey]) -> std::result::Result<u64, (ChunkKey, u64)> {
        if let Some((key, owner)) = keys.iter().find_map(|key| self.owners.get_key_value(key)) {
            return Err((*key, *owner));
        }
        if let (Some(owner), Some(key)) = (self.everything, keys.first()) {
            return Err((*key, owner));
        }
        self.last += 1;
        self.owners.extend(keys.iter().map(|key| (*key, self.last)));
        Ok(self.last)
    }

    /// A new transaction that owns whatever there is and comes to be.
    pub fn acquire_all(&mut self) -> std::result::Result<u64, (ChunkKey, u64)> {
        if let Some((key, owner)) = self.owners.iter().next() {
            return Err((*key, *owner));
        }
        if let Some(owner) = self.everything {
            return Err(([0; 3], owner));
        }
        self.last += 1;
        self.everything = Some(self.last);
        Ok(self.last)
    }

    fn release(&mut self, keys: &[ChunkKey], number: u64) {
        if self.everything == Some(number) {
            self.everything = None;
        }
        for key in keys {
            if self.owners.get(key) == Some(&number) {
                self.owners.remove(key);
            }
        }
    }
}

pub struct Transaction<'a> {
    chunks: &'a Chunks,
    number: u64,
    keys: Vec<ChunkKey>,
    bytes: Vec<u8>,
    commit: Commit,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(chunks: &'a Chunks, number: u64, keys: Vec<ChunkKey>) -> Self {
        Transaction { chunks, number, keys, bytes: Vec::new(), commit: Commit::default() }
    }

    /// Removes what the chunk holds; rows added by this transaction stay.
    pub fn clear(&mut self, key: ChunkKey) {
        self.commit.dropped.push(key);
    }

    /// Adds the rows with these numbers to a chunk. They may lack the last columns as long as the
    /// chunk has never had them (the manual's insert_data).
    pub fn add(&mut self, key: ChunkKey, columns: &[Arc<Vector>], rows: &[u32]) -> Result<()> {
        if columns.len() < self.chunks.width(&key) {
            return Err(Error::runtime("The data to append contains fewer columns than the schema."));
        }
        self.write(key, columns, rows)
    }

    /// Puts the rows with these numbers in the place of what the chunk holds.
    pub fn replace(&mut self, key: ChunkKey, columns: &[Arc<Vector>], rows: &[u32]) -> Result<()> {
        self.clear(key);
        self.write(key, columns, rows)
    }

    fn write(&mut self, key: ChunkKey, columns: &[Arc<Vector>], rows: &[u32]) -> Result<()> {
        let offset = self.bytes.len() as u64;
        let mut lengths = Vec::with_capacity(columns.len());
        for column in columns {
            let before = self.bytes.len();
            cells::encode(column, rows, &mut self.bytes);
            let length = u32::try_from(self.bytes.len() - before)
                .map_err(|_| Error::runtime("One append of more than 4 GB to one column of a chunk."))?;
            lengths.push(length);
        }
        self.commit.added.push((key, Segment { offset, rows: rows.len() as u32, lengths: lengths.into() }));
        Ok(())
    }

    /// Makes the work durable and visible.
    pub fn commit(mut self) -> Result<()> {
        if self.commit == Commit::default() {
            return Ok(());
        }
        self.chunks.store(&std::mem::take(&mut self.bytes), std::mem::take(&mut self.commit))
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        self.chunks.locks.lock().release(&self.keys, self.number);
    }
}
