//! What is known of a table's chunks without reading them.
use std::collections::HashMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::chunks::{Chunk, ChunkKey};
use super::{ChunkMeta, Identity, PartitionedTable, Selection, Store};
use crate::error::Result;

/// When a chunk was last changed, and how often it was.
#[derive(Clone, Copy, Default)]
struct History {
    version: u32,
    cid: u64,
    updated: i64,
}

impl History {
    fn of(chunk: &Chunk) -> History {
        History { version: chunk.version, cid: chunk.cid, updated: chunk.updated }
    }

    /// One chunk, changed by either.
    fn and(self, other: History) -> History {
        let version = self.version + other.version;
        let latest = if self.cid > other.cid { self } else { other };
        History { version, ..latest }
    }
}

impl Store {
    /// The file chunks: a database's `domain`, and a `.tbl` per table, which tell their schemas
    /// (dolphindb-semantics §1.4). How their versions count is not documented.
    pub fn files(&self) -> Result<Vec<ChunkMeta>> {
        let mut files = Vec::new();
        for domain in self.domains.read().values() {
            let database = domain.database();
            let root = database.url.trim_start_matches("dfs:/");
            files.push(file_chunk(format!("{root}/domain"), database.id, &domain.file())?);
            for (name, id, file) in domain.table_files() {
                files.push(file_chunk(format!("{root}/{name}.tbl"), id, &file)?);
            }
        }
        Ok(files)
    }
}

fn file_chunk(path: String, id: Identity, file: &Path) -> Result<ChunkMeta> {
    let file = std::fs::metadata(file)?;
    let changed = file.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(ChunkMeta {
        // No partition has such a number.
        id: id.of_chunk(&[u32::MAX; 3], 0),
        partition_path: path.clone(),
        path,
        partition: Vec::new(),
        rows: 0,
        bytes: file.len(),
        version: 1,
        cid: 0,
        updated: changed.as_millis() as i64,
    })
}

impl PartitionedTable {
    /// Each selected chunk, those without rows included.
    pub fn metadata(&self, select: &Selection) -> Vec<ChunkMeta> {
        let levels = self.levels().len();
        let shared = self.shares_chunks().then(|| self.shared_histories(select));
        let describe = |(key, chunk): (ChunkKey, Chunk)| {
            let history = match &shared {
                Some(histories) => histories[&key],
                None => History::of(&chunk),
            };
            let id = match shared {
                Some(_) => self.domain.database().id.of_chunk(&key, 0),
                None => self.stored.id.of_chunk(&key, chunk.born),
            };
            ChunkMeta {
                id,
                path: self.path(&key),
                partition_path: self.partition_path(&key),
                partition: key[..levels].to_vec(),
                rows: chunk.rows(),
                bytes: chunk.bytes(),
                version: history.version,
                cid: history.cid,
                updated: history.updated,
            }
        };
        self.stored.chunks.snapshot(select).into_iter().map(describe).collect()
    }

    /// Whether other tables of the database have the same chunks (dolphindb-semantics §2.2).
    pub fn shares_chunks(&self) -> bool {
        self.database.shares_chunks() && !self.partition_columns().is_empty()
    }

    fn shared_histories(&self, select: &Selection) -> HashMap<ChunkKey, History> {
        let mut histories: HashMap<ChunkKey, History> = HashMap::new();
        for table in self.domain.partitioned() {
            for (key, chunk) in table.chunks.snapshot(select) {
                let known = histories.entry(key).or_default();
                *known = known.and(History::of(&chunk));
            }
        }
        histories
    }

    /// The chunk's path as messages show it: the table's physical index ends it where each table
    /// has its own chunks (dolphindb-semantics §2.3).
    pub(super) fn path(&self, key: &ChunkKey) -> String {
        let path = self.partition_path(key);
        if self.shares_chunks() { path } else { format!("{path}/{}", self.stored.number) }
    }

    fn partition_path(&self, key: &ChunkKey) -> String {
        let database = self.domain.database();
        let mut path = database.url.trim_start_matches("dfs:/").to_owned();
        for (level, number) in database.levels.iter().zip(key).take(self.levels().len()) {
            path.push('/');
            path.push_str(&level.label(*number));
        }
        path
    }
}
