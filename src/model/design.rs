//! How databases and tables are built, as far as a server tells: what it takes to build the same again.
use super::{ColumnDef, TableName};
use crate::data::Type;

/// How a database is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseDesign {
    /// Its path, such as `dfs://db1`.
    pub path: String,
    /// Its partitioning from the outermost level.
    pub levels: Vec<LevelDesign>,
    /// `OLAP`, `TSDB` or `PKEY`.
    pub engine: String,
    /// `TRANS` or `CHUNK`: what a write is atomic about.
    pub atomic: String,
    /// `TABLE` or `DATABASE`: whether tables share chunks.
    pub granularity: String,
    /// Whether its partitions were given places of their own.
    pub has_sites: bool,
}

/// One level of a database's partitioning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelDesign {
    /// The type of the scheme.
    pub ty: Type,
    /// How it splits.
    pub split: Split,
}

/// How a level splits rows; values are script literals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// One partition per value, in ascending order: the server's own order carries no meaning.
    Value(Vec<String>),
    /// One partition per value from the first to the last, of days, months or numbers.
    Run(String, String),
    /// Half-open ranges between neighbouring boundaries.
    Range(Vec<String>),
    /// One partition per list of values.
    List(Vec<Vec<String>>),
    /// A number of hash buckets.
    Hash(usize),
}

/// How a table is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDesign {
    /// Database and name.
    pub name: TableName,
    /// The engine of its database.
    pub engine: String,
    /// Its columns, in its order.
    pub columns: Vec<ColumnDesign>,
    /// The columns that it is partitioned by, or a call with one in it; none for a dimension table.
    pub partitioned_by: Vec<String>,
    /// Of the engine TSDB.
    pub sort_columns: Vec<String>,
    /// `ALL`, `FIRST` or `LAST`, of the engine TSDB.
    pub keep_duplicates: String,
    /// Functions that thin out the sort key's values, one per column of it, as their source.
    pub sort_key_mapping: Vec<String>,
    /// Whether deleted rows are only marked.
    pub soft_delete: bool,
    /// The primary key of the engine PKEY, where the server tells it.
    pub primary_key: Vec<String>,
    /// How it is encrypted; `plaintext` when it is not.
    pub encryption: String,
    /// Its comment.
    pub comment: String,
    /// What the server tells of it that is no part of a design.
    pub beyond: Vec<String>,
}

/// A column of a table that is to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnDesign {
    /// Its name and type.
    pub def: ColumnDef,
    /// How its files are compressed.
    pub compression: String,
    /// Its comment.
    pub comment: String,
}
