//! Rows with equal keys that count as one: TSDB tables keep the first or the last of equal sort
//! columns, PKEY tables the last of equal primary keys (dolphindb-semantics §4.3). The disk holds
//! them all, and so do the row counts of chunks; queries see one. Partitions don't know of each
//! other.
use std::collections::HashMap;
use std::sync::Arc;

use super::{KeepDuplicates, PartitionedTable, cells};
use crate::value::Vector;

/// A row's cells of some columns as bytes. Equal cells, NULL included, are equal bytes.
pub type RowKey = Box<[u8]>;

impl PartitionedTable {
    /// The columns that make a row unique, and which of equal rows counts; `None` if all do.
    pub(super) fn unique(&self) -> Option<(Vec<usize>, KeepDuplicates)> {
        let shape = self.shape();
        let (names, keep) = match shape.primary_key.is_empty() {
            false => (&shape.primary_key, KeepDuplicates::Last),
            true => (&shape.sort_columns, shape.keep),
        };
        let positions = names.iter().filter_map(|name| self.position(name)).collect();
        (keep != KeepDuplicates::All).then_some((positions, keep))
    }
}

/// The key of each row.
pub fn row_keys(columns: &[Arc<Vector>], rows: usize) -> Vec<RowKey> {
    let key = |row: u32| {
        let mut key = Vec::new();
        columns.iter().for_each(|column| cells::encode(column, &[row], &mut key));
        key.into_boxed_slice()
    };
    (0..rows as u32).map(key).collect()
}

/// The rows that count, in their order.
pub fn survivors(keys: Vec<RowKey>, keep: KeepDuplicates) -> Vec<u32> {
    let mut chosen: HashMap<RowKey, u32> = HashMap::with_capacity(keys.len());
    for (key, row) in keys.into_iter().zip(0..) {
        match keep {
            KeepDuplicates::First => {
                chosen.entry(key).or_insert(row);
            }
            _ => {
                chosen.insert(key, row);
            }
        }
    }
    let mut rows: Vec<u32> = chosen.into_values().collect();
    rows.sort_unstable();
    rows
}
