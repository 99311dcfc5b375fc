//! Names of databases and tables.
use std::fmt;

/// A table of a distributed database.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableName {
    /// The database, such as `dfs://db1`.
    pub db: String,
    /// The table's name within it.
    pub table: String,
}

impl TableName {
    /// The table `table` of the database `db`.
    pub fn new(db: impl Into<String>, table: impl Into<String>) -> Self {
        TableName { db: db.into(), table: table.into() }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.db, self.table)
    }
}
