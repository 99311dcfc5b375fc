//! The structure of a table, as far as a sync needs it.
use crate::data::{Column, Type};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnDef {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// How one level of a database is partitioned.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// One partition per value, in the order the server lists them (which carries no meaning).
    Value(Column),
    /// Half-open ranges between neighbouring boundaries.
    Range(Column),
    /// One partition per list of values.
    List(Vec<Column>),
    /// A number of hash buckets.
    Hash(usize),
}

/// One partitioning level of a table.
#[derive(Clone, Debug)]
pub struct Level {
    /// The column that decides.
    pub column: String,
    /// The type of the scheme, which may be coarser than the column's.
    pub ty: Type,
    /// How its values map to partitions.
    pub scheme: Scheme,
}

/// How the server keeps a table's rows, as far as it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storage {
    /// The engine, such as `OLAP` or `TSDB`; old servers do not say.
    pub engine: Option<String>,
    /// What happens to rows with the same sort columns: `ALL`, `FIRST` or `LAST`.
    pub keep_duplicates: Option<String>,
    /// The sort columns.
    pub sort_columns: Vec<String>,
    /// Whether tables share chunks: `TABLE` or `DATABASE`.
    pub granularity: Option<String>,
}

/// A table's columns and partitioning.
#[derive(Clone, Debug, Default)]
pub struct TableSchema {
    /// Columns in the table's order.
    pub columns: Vec<ColumnDef>,
    /// Levels from the outermost; empty for a dimension table.
    pub levels: Vec<Level>,
    /// How its rows are kept.
    pub storage: Storage,
}

impl TableSchema {
    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&ColumnDef> {
        self.columns.iter().find(|column| column.name == name)
    }
}
