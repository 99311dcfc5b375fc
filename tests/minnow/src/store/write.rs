//! Changing the rows of a table: each call is one transaction, but for `append` where the database
//! says that every chunk is one.
use std::collections::BTreeSet;
use std::time::Duration;

use super::chunks::ChunkKey;
use super::coerce::whole;
use super::split::Parts;
use super::transaction::Transaction;
use super::{PartitionedTable, Selection};
use crate::error::{Error, Result};
use crate::value::Table;

/// How often a chunk that has another writer is tried again where chunks are transactions of their
/// own (dolphindb-semantics §3.1). How long a server waits in between is not documented.
const TRIES: usize = 250;
const PAUSE: Duration = Duration::from_millis(2);

impl PartitionedTable {
    pub(super) fn begin(&self, keys: Vec<ChunkKey>) -> Result<Transaction<'_>> {
        self.stored.chunks.begin(keys, &|key| self.path(key))
    }

    /// Stores rows, columns by position. Returns how many were kept: rows outside the scheme are
    /// not (dolphindb-semantics §3.2).
    pub fn append(&self, rows: &Table) -> Result<usize> {
        self.refreshed().append_now(rows)
    }

    fn append_now(&self, rows: &Table) -> Result<usize> {
        let (columns, parts) = self.split(rows)?;
        let kept = parts.iter().map(|(_, rows)| rows.len()).sum();
        let add = |parts: &[(ChunkKey, Vec<u32>)]| {
            let mut transaction = self.begin(parts.iter().map(|(key, _)| *key).collect())?;
            for (key, rows) in parts {
                self.require_few_symbols(key, &columns, rows)?;
                transaction.add(*key, &columns, rows)?;
            }
            transaction.commit()
        };
        match self.domain.database().atomic == "CHUNK" {
            true => by_chunk(parts, add)?,
            false => add(&parts)?,
        }
        Ok(kept)
    }

    /// Puts what `change` makes of a partition's rows in their place, for every selected partition;
    /// `None` leaves it as it is. A row must stay in its partition, and a partition that loses all
    /// rows stays, too.
    pub fn rewrite(
        &self,
        select: &Selection,
        change: &mut dyn FnMut(&Table) -> Result<Option<Table>>,
    ) -> Result<()> {
        self.refreshed().rewrite_now(select, change)
    }

    fn rewrite_now(
        &self,
        select: &Selection,
        change: &mut dyn FnMut(&Table) -> Result<Option<Table>>,
    ) -> Result<()> {
        let keys: Vec<ChunkKey> = self.stored.chunks.snapshot(select).iter().map(|(key, _)| *key).collect();
        let mut transaction = self.begin(keys.clone())?;
        let everything: Vec<usize> = (0..self.columns().len()).collect();
        for key in keys {
            let rows = self.scan(&everything, &Selection::chunk(&key))?;
            let Some(changed) = change(&rows)? else { continue };
            let (columns, parts) = self.split(&changed)?;
            let stayed = parts.iter().find(|(own, _)| *own == key).map_or(0, |(_, rows)| rows.len());
            if stayed != changed.rows() {
                return Err(Error::runtime("The partition of a row cannot be changed by an update."));
            }
            transaction.replace(key, &columns, &(0..changed.rows() as u32).collect::<Vec<_>>())?;
        }
        transaction.commit()
    }

    /// Removes the rows of the selected partitions for which `doomed` says so, given whole rows of
    /// one partition; returns how many.
    pub fn delete(
        &self,
        select: &Selection,
        doomed: &mut dyn FnMut(&Table) -> Result<Vec<bool>>,
    ) -> Result<usize> {
        let mut removed = 0;
        self.rewrite(select, &mut |rows| {
            let doomed = doomed(rows)?;
            let kept: Vec<u32> = (0..rows.rows() as u32).filter(|row| !doomed[*row as usize]).collect();
            removed += rows.rows() - kept.len();
            let gather = || Table {
                names: rows.names.clone(),
                columns: rows.columns.iter().map(|column| column.gather(&kept).into()).collect(),
            };
            Ok((kept.len() < rows.rows()).then(gather))
        })?;
        Ok(removed)
    }

    /// Removes the partitions of any of the selections; returns how many there were.
    pub fn drop_chunks(&self, selections: &[Selection]) -> Result<usize> {
        let chosen = selections.iter().flat_map(|select| self.stored.chunks.snapshot(select));
        let keys: Vec<ChunkKey> = chosen.map(|(key, _)| key).collect::<BTreeSet<_>>().into_iter().collect();
        let mut transaction = self.begin(keys.clone())?;
        keys.iter().for_each(|key| transaction.clear(*key));
        transaction.commit()?;
        Ok(keys.len())
    }

    /// Puts `rows` in the place of what one partition holds. All of them must belong there.
    pub fn replace(&self, rows: &Table) -> Result<usize> {
        whole(rows, &self.shape)?;
        let (columns, parts) = self.split(rows)?;
        let mut transaction = self.begin(parts.iter().map(|(key, _)| *key).collect())?;
        for (key, rows) in &parts {
            transaction.replace(*key, &columns, rows)?;
        }
        transaction.commit()?;
        Ok(parts.iter().map(|(_, rows)| rows.len()).sum())
    }

    /// Runs `work` while nobody else can write to the table; readers go on.
    pub fn locked<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let _transaction = self.stored.chunks.begin_all(&|key| self.path(key))?;
        work()
    }
}

/// One transaction per chunk. Chunks that stay locked fail the call, and the others stay written
/// (dolphindb-semantics §3.1).
fn by_chunk(mut parts: Parts, add: impl Fn(&[(ChunkKey, Vec<u32>)]) -> Result<()>) -> Result<()> {
    let mut refused = None;
    for round in 0..=TRIES {
        if round > 0 {
            std::thread::sleep(PAUSE);
        }
        let mut left = Parts::new();
        for part in parts {
            match add(std::slice::from_ref(&part)) {
                Ok(()) => (),
                Err(error) if error.text.starts_with("<ChunkInTransaction>") => {
                    refused = Some(error);
                    left.push(part);
                }
                Err(error) => return Err(error),
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        parts = left;
    }
    refused.map_or(Ok(()), Err)
}
