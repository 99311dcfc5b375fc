//! What databases and tables look like.
use super::{Identity, Level};
use crate::value::Type;

/// What happens to rows whose VALUE key is not in the scheme (dolphindb-semantics §3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum NewValuePolicy {
    /// They are dropped without a word.
    #[default]
    Skip,
    /// The scheme grows.
    Add,
    /// S01016.
    Fail,
}

/// What becomes of a DECIMAL that is appended to a column of a smaller scale, of which no source
/// tells (dolphindb-semantics §4.4, §12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DecimalScale {
    /// As texts are since 2.00.10: halves away from zero.
    #[default]
    Round,
    /// As texts were before: the digits are cut off.
    Truncate,
    /// Another scale is another type, S05004.
    Refuse,
}

/// Whether rows outside the scheme may be dropped at all (allowMissingPartitions, dolphindb-semantics
/// §3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum MissingPartitions {
    #[default]
    Allow,
    /// Any such row fails the whole write.
    Refuse,
}

/// What a server's configuration says of rows that do not fit, or what minnow does for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policies {
    pub new_values: NewValuePolicy,
    pub missing_partitions: MissingPartitions,
    pub decimal_scale: DecimalScale,
}

/// A database's description as a handle sees it.
#[derive(Clone, Debug)]
pub struct Database {
    /// `dfs://name`; empty for a handle that only serves as a level of a COMPO database.
    pub url: String,
    pub levels: Vec<Level>,
    /// `OLAP`, `TSDB` or `PKEY`.
    pub engine: String,
    /// `TRANS`: a write is one transaction; `CHUNK`: one per chunk (dolphindb-semantics §3.1).
    pub atomic: String,
    /// `TABLE`: each table has chunks of its own; `DATABASE`: a partition is one chunk.
    pub granularity: String,
    pub owner: String,
    /// What the ids of chunks that tables share are made of.
    pub id: Identity,
}

impl Database {
    /// Whether the tables of a partition are one chunk.
    pub fn shares_chunks(&self) -> bool {
        self.granularity == "DATABASE"
    }
}

/// What a new table looks like.
#[derive(Clone, Debug, Default)]
pub struct TableShape {
    pub name: String,
    pub columns: Vec<(String, Type)>,
    /// The position of each level's column; empty for a dimension table.
    pub partition_columns: Vec<usize>,
    pub owner: String,
    /// `lz4` or another method per column, kept for schema() only.
    pub compression: Vec<String>,
    /// Of the TSDB engine.
    pub sort_columns: Vec<String>,
    pub keep: KeepDuplicates,
    /// Sources of functions, kept for schema() only.
    pub sort_key_mapping: Vec<String>,
    /// Kept for schema() only.
    pub soft_delete: bool,
    /// Of the PKEY engine.
    pub primary_key: Vec<String>,
    pub comment: String,
    /// By position; the last columns may have none.
    pub column_comments: Vec<String>,
}

/// Which rows of equal sort columns a TSDB table shows (dolphindb-semantics §4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepDuplicates {
    #[default]
    All,
    First,
    Last,
}

impl KeepDuplicates {
    /// As scripts and schema() write it; the constants are numbered in this order.
    pub const NAMES: [&str; 3] = ["ALL", "FIRST", "LAST"];

    pub fn numbered(number: usize) -> Option<KeepDuplicates> {
        [KeepDuplicates::All, KeepDuplicates::First, KeepDuplicates::Last].get(number).copied()
    }

    pub fn name(self) -> &'static str {
        KeepDuplicates::NAMES[self as usize]
    }
}
