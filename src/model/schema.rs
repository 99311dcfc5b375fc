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

/// A table's columns and partitioning.
#[derive(Clone, Debug)]
pub struct TableSchema {
    /// Columns in the table's order.
    pub columns: Vec<ColumnDef>,
    /// Levels from the outermost; empty for a dimension table.
    pub levels: Vec<Level>,
}

impl TableSchema {
    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&ColumnDef> {
        self.columns.iter().find(|column| column.name == name)
    }
}
