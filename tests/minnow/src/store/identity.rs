//! Ids of chunks, and what else is known of one.
use std::hash::{BuildHasher, RandomState};

use super::chunks::ChunkKey;

/// A chunk as metadata functions show it (dolphindb-semantics §2.1).
#[derive(Clone, Debug)]
pub struct ChunkMeta {
    pub id: [u8; 16],
    /// From the database to the table's physical index, which shared chunks do not have.
    pub path: String,
    /// The same without the index.
    pub partition_path: String,
    /// The partition number of each level.
    pub partition: Vec<u32>,
    pub rows: usize,
    pub bytes: u64,
    pub version: u32,
    pub cid: u64,
    /// Milliseconds since 1970.
    pub updated: i64,
}

/// What the ids of a table's chunks are made of: random, so that no two tables, clusters or
/// re-creations share an id.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity(pub u64);

impl Identity {
    pub fn random() -> Identity {
        Identity(RandomState::new().hash_one("minnow"))
    }

    /// The same at every start, and another one when a partition was dropped and came back.
    pub fn of_chunk(self, key: &ChunkKey, born: u64) -> [u8; 16] {
        let mut id = [0; 16];
        let (low, high) = id.split_at_mut(8);
        low.copy_from_slice(&self.mixed(key, born).to_le_bytes());
        high.copy_from_slice(&self.mixed(key, !born).to_le_bytes());
        id
    }

    /// splitmix64 over the parts.
    fn mixed(self, key: &ChunkKey, salt: u64) -> u64 {
        let parts = std::iter::once(salt).chain(key.iter().map(|part| u64::from(*part)));
        parts.fold(self.0, |state, part| {
            let mut z = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        })
    }
}
