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

impl DatabaseDesign {
    /// What of `other` would hold rows otherwise, in words. Partitions may have been added to it.
    pub fn unlike(&self, other: &DatabaseDesign) -> Option<String> {
        let kinds = |design: &DatabaseDesign| -> Vec<_> {
            let kind = |level: &LevelDesign| (level.ty, level.split.kind());
            design.levels.iter().map(kind).collect()
        };
        let pairs = [
            ("the partitionings", kinds(self) == kinds(other)),
            ("the engines", self.engine == other.engine),
            ("the levels of atomicity", self.atomic == other.atomic),
            ("the chunk granularities", self.granularity == other.granularity),
        ];
        differing(&pairs)
    }
}

impl Split {
    /// Its kind, and how many buckets there are: what does not change.
    fn kind(&self) -> (&'static str, usize) {
        match self {
            Split::Value(_) | Split::Run(..) => ("VALUE", 0),
            Split::Range(_) => ("RANGE", 0),
            Split::List(lists) => ("LIST", lists.len()),
            Split::Hash(buckets) => ("HASH", *buckets),
        }
    }
}

impl TableDesign {
    /// What of `other` is built otherwise, in words. Comments may differ.
    pub fn unlike(&self, other: &TableDesign) -> Option<String> {
        let built = |design: &TableDesign| -> Vec<_> {
            design.columns.iter().map(|column| (column.def.clone(), column.compression.clone())).collect()
        };
        let spelt = |design: &TableDesign| -> Vec<String> {
            let bare = |source: &String| source.split_whitespace().collect();
            design.sort_key_mapping.iter().map(bare).collect()
        };
        let pairs = [
            ("the columns", built(self) == built(other)),
            ("the partitioning columns", self.partitioned_by == other.partitioned_by),
            ("the sort columns", self.sort_columns == other.sort_columns),
            ("the values of keepDuplicates", self.keep_duplicates == other.keep_duplicates),
            ("the sort key's functions", spelt(self) == spelt(other)),
            ("the values of softDelete", self.soft_delete == other.soft_delete),
            ("the primary keys", other.primary_key.is_empty() || self.primary_key == other.primary_key),
            ("the engines", self.engine == other.engine),
        ];
        differing(&pairs)
    }
}

fn differing(pairs: &[(&str, bool)]) -> Option<String> {
    let names: Vec<&str> = pairs.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
