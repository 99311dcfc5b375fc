//! How many different SYMBOLs a partition takes.
use std::collections::HashSet;
use std::sync::Arc;

use super::chunks::ChunkKey;
use super::{PartitionedTable, Selection};
use crate::error::{Error, Result};
use crate::value::{Type, Vector};

/// One more is S00003 (dolphindb-semantics §4.4, §11.3).
const DISTINCT: usize = 2_097_152;

impl PartitionedTable {
    /// Refuses the `rows` of `columns` if the partition `key` would hold too many different SYMBOLs
    /// with them. Its writer has it locked.
    pub(super) fn require_few_symbols(
        &self,
        key: &ChunkKey,
        columns: &[Arc<Vector>],
        rows: &[u32],
    ) -> Result<()> {
        let symbols: Vec<usize> = (0..columns.len()).filter(|at| columns[*at].ty == Type::Symbol).collect();
        let here = Selection::chunk(key);
        let held: usize = self.stored.chunks.snapshot(&here).iter().map(|(_, chunk)| chunk.rows()).sum();
        if symbols.is_empty() || held + rows.len() <= DISTINCT {
            return Ok(());
        }
        let held = self.scan(&symbols, &here)?;
        for (at, old) in symbols.into_iter().zip(&held.columns) {
            let old_texts = (0..held.rows()).map(|row| old.text(row));
            let new_texts = rows.iter().map(|row| columns[at].text(*row as usize));
            let distinct: HashSet<_> = old_texts.chain(new_texts).collect();
            if distinct.len() > DISTINCT {
                return Err(too_many(&self.columns()[at].0));
            }
        }
        Ok(())
    }
}

/// Of the server's sentence only its number is known.
fn too_many(name: &str) -> Error {
    let text = format!(
        "The column [{name}] would hold more than {DISTINCT} different symbols in one partition. RefId:S00003"
    );
    Error::runtime(text)
}
