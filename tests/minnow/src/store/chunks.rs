//! A table's rows on disk: a data file of segments that only grows, and a log of the commits that
//! say which segments are rows. Bytes that no commit names do not exist.
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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
    data: File,
    log: Mutex<Log>,
    chunks: RwLock<Map>,
    /// Where the next segments go.
    end: AtomicU64,
    pub(super) locks: Arc<Mutex<Locks>>,
    gone: AtomicBool,
    shared: Arc<Shared>,
}

impl Chunks {
    /// Opens or creates the files below `dir`; whatever was not committed is cut off. Tables with
    /// the same locks share their chunks.
    pub fn open(dir: &Path, columns: usize, shared: Arc<Shared>, locks: Arc<Mutex<Locks>>) -> Result<Chunks> {
        let (mut map, mut end) = (Map::new(), 0);
        let log = Log::open(&dir.join("log"), |payload| {
            let commit = Commit::decode(payload, columns)?;
            end = end.max(commit.end());
            shared.saw(commit.cid);
            apply(&mut map, commit);
            Ok(())
        })?;
        let path = dir.join("data");
        let data = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        let length = data.metadata()?.len();
        if length < end {
            return Err(Error::runtime(format!("{} lacks bytes that were committed.", path.display())));
        }
        data.set_len(end)?;
        Ok(Chunks {
            data,
            log: Mutex::new(log),
            chunks: RwLock::new(map),
            end: AtomicU64::new(end),
            locks,
            gone: AtomicBool::new(false),
            shared,
        })
    }

    /// Starts a transaction that owns `keys` until it ends. Another owner of any of them is the
    /// error that a server raises (dolphindb-semantics §4.2).
    pub fn begin(&self, keys: Vec<ChunkKey>, path: &dyn Fn(&ChunkKey) -> String) -> Result<Transaction<'_>> {
        let number = self.locks.lock().acquire(&keys).map_err(|(key, owner)| {
            Error::runtime(format!(
                "<ChunkInTransaction>The openChunks operation failed because the chunk '{}' is currently \
                 locked and in use by transaction {owner}. RefId:S00002",
                path(&key)
            ))
        })?;
        Ok(Transaction::new(self, number, keys))
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
            let (offset, length) = segment.column(*position);
            bytes.resize(length, 0);
            self.data.read_exact_at(&mut bytes, offset)?;
            cells::decode(&bytes, segment.rows as usize, column)?;
        }
        Ok(())
    }

    /// Makes `bytes` durable and then, with one log record, `commit` true; its segments' offsets
    /// count from the start of `bytes`.
    pub(super) fn store(&self, bytes: &[u8], mut commit: Commit) -> Result<()> {
        let base = self.end.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        commit.shift(base);
        self.data.write_all_at(bytes, base)?;
        self.data.sync_data()?;
        let mut log = self.log.lock();
        if self.gone.load(Ordering::SeqCst) {
            return Err(Error::runtime("The table has been dropped."));
        }
        commit.cid = self.shared.next_cid();
        commit.at = self.shared.clock.now(Type::Timestamp);
        log.append(&commit.encode())?;
        apply(&mut self.chunks.write(), commit);
        Ok(())
    }

    /// Refuses every later commit; the table is about to be removed.
    pub fn close(&self) {
        let _no_commit_between = self.log.lock();
        self.gone.store(true, Ordering::SeqCst);
    }
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
