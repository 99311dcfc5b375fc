//! A partitioned or dimension table.
use std::sync::Arc;

use super::{Comparison, Database, Level, Selection};
use crate::error::{Error, Result};
use crate::value::{Table, Type, Vector};

/// A handle as loadTable gives it: the scheme as it was then, the data as they are now.
#[derive(Debug)]
pub struct PartitionedTable {
    database: Arc<Database>,
    name: String,
    columns: Vec<(String, Type)>,
    partition_columns: Vec<usize>,
}

impl PartitionedTable {
    pub fn database(&self) -> &Arc<Database> {
        &self.database
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn columns(&self) -> &[(String, Type)] {
        &self.columns
    }

    /// Empty for a dimension table.
    pub fn levels(&self) -> &[Level] {
        if self.partition_columns.is_empty() { &[] } else { &self.database.levels }
    }

    /// The position of each level's column.
    pub fn partition_columns(&self) -> &[usize] {
        &self.partition_columns
    }

    /// Drops from `selection` the partitions that cannot hold a row whose `column` compares so
    /// with the constants. Never drops too much, so the caller filters the rows afterwards.
    pub fn prune(&self, _selection: &mut Selection, _column: usize, _how: Comparison, _constants: &Vector) {}

    /// The `wanted` columns of the selected partitions as of one commit.
    pub fn scan(&self, _wanted: &[usize], _select: &Selection) -> Result<Table> {
        Err(Error::runtime("not yet"))
    }

    /// Stores rows, columns by position, as one transaction; returns how many were kept.
    pub fn append(&self, _rows: &Table) -> Result<usize> {
        Err(Error::runtime("not yet"))
    }

    /// Removes the rows of the selected partitions for which `doomed` says so, given whole rows;
    /// returns how many.
    pub fn delete(
        &self,
        _select: &Selection,
        _doomed: &mut dyn FnMut(&Table) -> Result<Vec<bool>>,
    ) -> Result<usize> {
        Err(Error::runtime("not yet"))
    }
}
