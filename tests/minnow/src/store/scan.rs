//! Reading the rows of selected partitions.
use std::sync::Arc;

use super::chunks::{Chunk, ChunkKey};
use super::unique::{row_keys, survivors};
use super::{KeepDuplicates, PartitionedTable, Selection};
use crate::error::Result;
use crate::value::{Table, Vector};

impl PartitionedTable {
    /// The `wanted` columns of the selected partitions as of one commit.
    pub fn scan(&self, wanted: &[usize], select: &Selection) -> Result<Table> {
        let chunks = self.stored.chunks.snapshot(select);
        if let Some((keys, keep)) = self.unique() {
            return self.scan_unique(&chunks, wanted, &keys, keep);
        }
        let segments = || chunks.iter().flat_map(|(_, chunk)| &chunk.segments);
        let rows: usize = segments().map(|segment| segment.rows as usize).sum();
        let mut columns = self.no_rows(wanted, rows);
        for segment in segments() {
            self.stored.chunks.read(segment, wanted, &mut columns)?;
        }
        Ok(self.named(wanted, columns))
    }

    /// As [`PartitionedTable::scan`], without the rows that others of their partition stand for.
    fn scan_unique(
        &self,
        chunks: &[(ChunkKey, Chunk)],
        wanted: &[usize],
        keys: &[usize],
        keep: KeepDuplicates,
    ) -> Result<Table> {
        let mut positions = wanted.to_vec();
        positions.extend(keys.iter().filter(|key| !wanted.contains(key)));
        let mut outcome = self.no_rows(wanted, 0);
        for (_, chunk) in chunks {
            let mut part = self.no_rows(&positions, chunk.rows());
            for segment in &chunk.segments {
                self.stored.chunks.read(segment, &positions, &mut part)?;
            }
            let part: Vec<Arc<Vector>> = part.into_iter().map(Arc::new).collect();
            let place = |key: &usize| positions.iter().position(|own| own == key);
            let own: Vec<Arc<Vector>> = keys.iter().filter_map(place).map(|at| part[at].clone()).collect();
            let rows = survivors(row_keys(&own, chunk.rows()), keep);
            for (whole, column) in outcome.iter_mut().zip(&part) {
                whole.append(&column.gather(&rows))?;
            }
        }
        Ok(self.named(wanted, outcome))
    }

    fn no_rows(&self, wanted: &[usize], capacity: usize) -> Vec<Vector> {
        wanted.iter().map(|position| Vector::empty(self.columns()[*position].1, capacity)).collect()
    }

    fn named(&self, wanted: &[usize], columns: Vec<Vector>) -> Table {
        Table {
            names: wanted.iter().map(|position| self.columns()[*position].0.clone()).collect(),
            columns: columns.into_iter().map(Arc::new).collect(),
        }
    }
}
