//! Which rows go to which chunk.
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::chunks::ChunkKey;
use super::coerce::coerce;
use super::level::{self, NULL_KEY, OUTSIDE};
use super::{MissingPartitions, NewValuePolicy, PartitionedTable};
use crate::error::{Error, Result};
use crate::value::{Table, Vector};

/// The rows of each chunk.
pub type Parts = Vec<(ChunkKey, Vec<u32>)>;

impl PartitionedTable {
    /// The rows as the table's columns take them, and which of them go to which chunk.
    pub(super) fn split(&self, rows: &Table) -> Result<(Vec<Arc<Vector>>, Parts)> {
        let columns = coerce(rows, &self.shape, self.policies.decimal_scale)?;
        let parts = split(rows.rows(), &self.assign(&columns)?);
        Ok((columns, parts))
    }

    /// The partition number of each row per level, as the new-value policy has it.
    fn assign(&self, columns: &[Arc<Vector>]) -> Result<Vec<Vec<u32>>> {
        let mut assigned = Vec::new();
        for (number, (level, position)) in self.levels().iter().zip(self.partition_columns()).enumerate() {
            let keys = &columns[*position];
            let mut rows = level.assign(keys)?;
            if rows.contains(&NULL_KEY) {
                return Err(level::null_key());
            }
            if level.can_take_new_values() && rows.contains(&OUTSIDE) {
                match self.policies.new_values {
                    NewValuePolicy::Skip => (),
                    NewValuePolicy::Fail => return Err(level::new_value_refused()),
                    NewValuePolicy::Add => {
                        let (grown, _) = self.domain.grow(number, keys)?;
                        rows = grown.levels[number].assign(keys)?;
                    }
                }
            }
            // A handle that is older than the scheme may know partitions that are no more.
            let now = self.domain.database();
            let gone = now.levels[number].gone();
            if !gone.is_empty() {
                rows.iter_mut().filter(|row| gone.contains(row)).for_each(|row| *row = OUTSIDE);
            }
            if self.policies.missing_partitions == MissingPartitions::Refuse && rows.contains(&OUTSIDE) {
                return Err(Error::runtime(format!(
                    "A row of {self:?} belongs to no partition, and allowMissingPartitions is false."
                )));
            }
            assigned.push(rows);
        }
        Ok(assigned)
    }
}

/// The numbers of all rows, ordered by these columns.
pub fn sorted_rows(columns: &[Arc<Vector>], by: &[usize]) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..columns[0].len() as u32).collect();
    rows.sort_by(|a, b| {
        let orders = by.iter().map(|at| columns[*at].compare(*a as usize, &columns[*at], *b as usize));
        orders.fold(Ordering::Equal, Ordering::then)
    });
    rows
}

/// Rows outside the scheme are in no part.
fn split(rows: usize, levels: &[Vec<u32>]) -> Parts {
    let mut parts = Parts::new();
    let mut positions = HashMap::new();
    for row in 0..rows {
        let mut key = [0; 3];
        levels.iter().zip(&mut key).for_each(|(numbers, place)| *place = numbers[row]);
        if key.contains(&OUTSIDE) {
            continue;
        }
        let position = *positions.entry(key).or_insert_with(|| {
            parts.push((key, Vec::new()));
            parts.len() - 1
        });
        parts[position].1.push(row as u32);
    }
    parts
}
