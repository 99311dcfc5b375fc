//! The unit of work: one source partition at all levels, what a window takes of it, or a slice of that.
use std::collections::HashMap;
use std::fmt;

/// One level of a partition: which one, as a query names it and as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionKey {
    /// The partitioning column.
    pub column: String,
    /// The second argument of the SQL function `partition`: the value, the range's index from 0,
    /// or the bucket number, as a script literal.
    pub literal: String,
    /// The path component as the server writes it, such as `20130101`, `0_50` or `Key3`.
    pub label: String,
}

/// A unit of work; without keys it is a whole dimension table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// One key per level.
    pub keys: Vec<PartitionKey>,
    /// Whether the sync's window may leave rows of the partition out, so that it is no whole one.
    pub is_cut: bool,
    /// Whether the target's scheme lacks the partition, so that it has to be made first.
    pub is_new: bool,
    /// The part of the partition, where it is too large to be read at once.
    pub slice: Option<Slice>,
}

/// A part of a partition, by the values of one column: those from one up to another, or, without
/// either end, the rows that have no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The column.
    pub column: String,
    /// The first value as a script literal, if there is a limit.
    pub from: Option<String>,
    /// The first value after the last one, if there is a limit.
    pub to: Option<String>,
}

/// What a cluster says about a chunk, comparable with what the same cluster said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkMark {
    /// The chunk's id, another one when the partition was made anew.
    pub id: String,
    /// Its version, which may start over.
    pub version: i64,
    /// Its newest commit, as the server writes it.
    pub newest: String,
    /// When that was, if the server knows.
    pub updated: Option<i64>,
}

/// Rows and mark of each chunk when its partition was last verified, by the partition's path.
pub type Remembered = HashMap<String, (u64, ChunkMark)>;

impl Unit {
    /// Whether it is all of a partition.
    pub fn is_whole(&self) -> bool {
        !self.is_cut && self.slice.is_none()
    }

    /// The path of the partition that it is, or is a part of.
    pub fn path(&self) -> String {
        if self.keys.is_empty() {
            return "/".to_owned();
        }
        self.keys.iter().map(|key| format!("/{}", key.label)).collect()
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())?;
        self.slice.iter().try_for_each(|slice| write!(f, " where {slice}"))
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Slice { column, from, to } = self;
        match (from, to) {
            (None, None) => write!(f, "{column} is NULL"),
            (None, Some(to)) => write!(f, "{column} < {to}"),
            (Some(from), None) => write!(f, "{column} >= {from}"),
            (Some(from), Some(to)) => write!(f, "{column} in [{from}, {to})"),
        }
    }
}
