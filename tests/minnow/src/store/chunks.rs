//! A table's rows on disk: a log of commits, each with the segments of rows that it adds.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::Selection;
use super::cells;
use super::commit::{Commit, Segment};
use super::log::Log;
use super::shared::Shared;
use super::transaction::{Locks, Transaction};
use crate::error::{Error, Result};
use crate::value::{Type, Vector};

/// The partition number of each level; levels that a database lacks are 0.
pub type ChunkKey = [u32; 3];

type Map = BTreeMap<ChunkKey, Chunk>;

/// One chunk's rows and its history. A chunk may be without rows.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    pub segments: Vec<Segment>,
    /// The commit that made it; another chunk of the same partition has another one.
    pub born: u64,
    /// Counts the commits that changed the chunk.
    pub version: u32,
    /// The last of these commits, and when it was, in milliseconds since 1970.
    pub cid: u64,
    pub updated: i64,
}

impl Chunk {
    pub fn rows(&self) -> usize {
        self.segments.iter().map(|segment| segment.rows as usize).sum()
    }

    pub fn bytes(&self) -> u64 {
        let lengths = self.segments.iter().flat_map(|segment| segment.lengths.iter());
        lengths.map(|length| u64::from(*length)).sum()
    }
}

#[derive(Debug)]
pub struct Chunks {
    log: Log,
    chunks: RwLock<Map>,
    pub(super) locks: Arc<Mutex<Locks>>,
    shared: Arc<Shared>,
}

impl Chunks {
    /// Opens or creates the log below `dir`. Tables with the same locks share their chunks.
    pub fn open(dir: &Path, shared: Arc<Shared>, locks: Arc<Mutex<Locks>>) -> Result<Chunks> {
        let mut map = Map::new();
        let log = Log::open(&dir.join("log"), shared.disk.clone(), |note, body| {
            let mut commit = Commit::decode(note)?;
            commit.shift(body);
            shared.saw(commit.cid);
            apply(&mut map, commit);
            Ok(())
        })?;
        Ok(Chunks { log, chunks: RwLock::new(map), locks, shared })
    }

    /// Starts a transaction that owns `keys` until it ends. Another owner of any of them is the
    /// error that a server raises (dolphindb-semantics §4.2).
    pub fn begin(&self, keys: Vec<ChunkKey>, path: &dyn Fn(&ChunkKey) -> String) -> Result<Transaction<'_>> {
        let number = self.locks.lock().acquire(&keys).map_err(|(key, owner)| in_use(&path(&key), owner))?;
        Ok(Transaction::new(self, number, keys))
    }

    /// As [`Chunks::begin`], of all chunks, those that nobody has made yet included.
    pub fn begin_all(&self, path: &dyn Fn(&ChunkKey) -> String) -> Result<Transaction<'_>> {
        let number = self.locks.lock().acquire_all().map_err(|(key, owner)| in_use(&path(&key), owner))?;
        Ok(Transaction::new(self, number, Vec::new()))
    }

    /// How many chunks are selected; whether more than `most` is told without looking at each.
    pub fn exceeds(&self, select: &Selection, most: usize) -> Option<usize> {
        if self.chunks.read().len() <= most {
            return None;
        }
        Some(self.snapshot(select).len()).filter(|count| *count > most)
    }

    /// The selected chunks as of the last commit.
    pub fn snapshot(&self, select: &Selection) -> Vec<(ChunkKey, Chunk)> {
        let wanted: Vec<Option<BTreeSet<u32>>> = select
            .levels
            .iter()
            .map(|level| level.as_ref().map(|own| own.iter().copied().collect()))
            .collect();
        let chosen = |key: &ChunkKey| {
            wanted
                .iter()
                .zip(key)
                .all(|(level, number)| level.as_ref().is_none_or(|own| own.contains(number)))
        };
        let map = self.chunks.read();
        let copy = |(key, chunk): (&ChunkKey, &Chunk)| (*key, chunk.clone());
        match wanted.first() {
            Some(Some(first)) => first
                .iter()
                .flat_map(|number| map.range([*number, 0, 0]..=[*number, u32::MAX, u32::MAX]))
                .filter(|(key, _)| chosen(key))
                .map(copy)
                .collect(),
            _ => map.iter().filter(|(key, _)| chosen(key)).map(copy).collect(),
        }
    }

    /// Appends the `wanted` columns of a segment to `into`, reading only their bytes.
    pub fn read(&self, segment: &Segment, wanted: &[usize], into: &mut [Vector]) -> Result<()> {
        let mut bytes = Vec::new();
        for (position, column) in wanted.iter().zip(into) {
            let Some((offset, length)) = segment.column(*position) else {
                column.append(&Vector::nulls(column.ty, segment.rows as usize))?;
                continue;
            };
            bytes.resize(length, 0);
            self.log.read(&mut bytes, offset)?;
            cells::decode(&bytes, segment.rows as usize, column)?;
        }
        Ok(())
    }

    /// How many columns the last rows of a chunk had; 0 for a chunk without rows.
    pub(super) fn width(&self, key: &ChunkKey) -> usize {
        let chunks = self.chunks.read();
        chunks.get(key).and_then(|chunk| chunk.segments.last()).map_or(0, |segment| segment.lengths.len())
    }

    /// Makes `commit` true and durable; its segments' offsets count from the start of `bytes`.
    pub(super) fn store(&self, bytes: &[u8], mut commit: Commit) -> Result<()> {
        let body = self.log.append(bytes, || {
            commit.cid = self.shared.next_cid();
            commit.at = self.shared.clock.now(Type::Timestamp);
            commit.encode()
        })?;
        commit.shift(body);
        apply(&mut self.chunks.write(), commit);
        Ok(())
    }

    /// Refuses every later commit; the table is about to be removed.
    pub fn close(&self) {
        self.log.close("The table has been dropped.");
    }

    /// The log's bytes, and how many of them are durable.
    #[cfg(test)]
    pub fn image(&self) -> (Vec<u8>, usize) {
        self.log.image()
    }
}

fn in_use(path: &str, owner: u64) -> Error {
    Error::runtime(format!(
        "<ChunkInTransaction>The openChunks operation failed because the chunk '{path}' is currently \
         locked and in use by transaction {owner}. RefId:S00002"
    ))
}

/// A chunk that loses its rows and gets others in one commit keeps its history.
fn apply(map: &mut Map, commit: Commit) {
    let mut before = BTreeMap::new();
    for key in &commit.dropped {
        if let Some(chunk) = map.remove(key) {
            before.insert(*key, Chunk { segments: Vec::new(), ..chunk });
        }
    }
    let new = Chunk { born: commit.cid, ..Chunk::default() };
    for (key, segment) in commit.added {
        let chunk = map.entry(key).or_insert_with(|| before.remove(&key).unwrap_or_else(|| new.clone()));
        chunk.segments.push(segment);
        if chunk.cid != commit.cid {
            chunk.version += 1;
            (chunk.cid, chunk.updated) = (commit.cid, commit.at);
        }
    }
}
