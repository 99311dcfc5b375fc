//! A partitioned or dimension table as scripts hold it.
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::chunks::{Chunk, ChunkKey};
use super::describe;
use super::domain::{Domain, Stored};
use super::{ChunkMeta, Comparison, Database, Level, NewValuePolicy, Selection, TableShape};
use crate::error::Result;
use crate::value::{Table, Type, Vector};

/// A handle as loadTable gives it: the scheme as it was then, the data as they are now.
pub struct PartitionedTable {
    pub(super) database: Arc<Database>,
    pub(super) domain: Arc<Domain>,
    pub(super) stored: Arc<Stored>,
    pub(super) new_values: NewValuePolicy,
}

impl PartitionedTable {
    pub fn database(&self) -> &Arc<Database> {
        &self.database
    }

    pub fn name(&self) -> &str {
        &self.stored.shape.name
    }

    pub fn shape(&self) -> &TableShape {
        &self.stored.shape
    }

    pub fn columns(&self) -> &[(String, Type)] {
        &self.stored.shape.columns
    }

    /// Empty for a dimension table.
    pub fn levels(&self) -> &[Level] {
        if self.partition_columns().is_empty() { &[] } else { &self.database.levels }
    }

    /// The position of each level's column; empty for a dimension table.
    pub fn partition_columns(&self) -> &[usize] {
        &self.stored.shape.partition_columns
    }

    /// Drops from `selection` the partitions that cannot hold a row whose `column` compares so
    /// with the constants. Never drops too much, so the caller filters the rows afterwards.
    pub fn prune(&self, selection: &mut Selection, column: usize, how: Comparison, constants: &Vector) {
        for (number, level) in self.levels().iter().enumerate() {
            if self.partition_columns()[number] == column
                && let Some(touched) = level.touched(self.columns()[column].1, how, constants)
            {
                selection.keep(number, &touched);
            }
        }
    }

    /// The path of each selected chunk that holds rows, and how many.
    pub fn chunks(&self, select: &Selection) -> Vec<(String, usize)> {
        let chunks = self.stored.chunks.snapshot(select).into_iter();
        chunks.map(|(key, chunk)| (self.path(&key), chunk.rows())).filter(|(_, rows)| *rows > 0).collect()
    }

    /// Rows that a query of the whole table sees.
    pub fn rows(&self) -> Result<usize> {
        if self.unique().is_some() {
            return self.scan(&[0], &Selection::all()).map(|rows| rows.rows());
        }
        Ok(self.chunks(&Selection::all()).iter().map(|(_, rows)| rows).sum())
    }

    /// The position of a column by name, without regard to case, as the server compares names.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns().iter().position(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    /// What is known of each selected chunk, those without rows included.
    pub fn metadata(&self, select: &Selection) -> Vec<ChunkMeta> {
        let levels = self.levels().len();
        let describe = |(key, chunk): (ChunkKey, Chunk)| ChunkMeta {
            id: self.stored.id.of_chunk(&key),
            path: self.path(&key),
            partition: key[..levels].to_vec(),
            rows: chunk.rows(),
            bytes: chunk.bytes(),
            version: chunk.version,
            cid: chunk.cid,
            updated: chunk.updated,
        };
        self.stored.chunks.snapshot(select).into_iter().map(describe).collect()
    }

    /// Distinguishes the tables of a database in chunk paths.
    pub fn number(&self) -> u32 {
        self.stored.number
    }

    /// Stores rows, columns by position, as one transaction. Returns how many were kept: rows
    /// outside the scheme are not (dolphindb-semantics §3.2).
    pub fn append(&self, rows: &Table) -> Result<usize> {
        let (columns, parts) = self.split(rows)?;
        let kept = parts.iter().map(|(_, rows)| rows.len()).sum();
        let keys = parts.iter().map(|(key, _)| *key).collect();
        let mut transaction = self.stored.chunks.begin(keys, &|key| self.path(key))?;
        for (key, rows) in &parts {
            transaction.add(*key, &columns, rows)?;
        }
        transaction.commit()?;
        Ok(kept)
    }

    /// Removes the rows of the selected partitions for which `doomed` says so, given whole rows of
    /// one partition; returns how many. A partition that loses all of them stays.
    pub fn delete(
        &self,
        select: &Selection,
        doomed: &mut dyn FnMut(&Table) -> Result<Vec<bool>>,
    ) -> Result<usize> {
        let keys: Vec<ChunkKey> = self.stored.chunks.snapshot(select).iter().map(|(key, _)| *key).collect();
        let mut transaction = self.stored.chunks.begin(keys.clone(), &|key| self.path(key))?;
        let everything: Vec<usize> = (0..self.columns().len()).collect();
        let mut removed = 0;
        for key in keys {
            let rows = self.scan(&everything, &Selection::chunk(&key))?;
            let doomed = doomed(&rows)?;
            let kept: Vec<u32> = (0..rows.rows() as u32).filter(|row| !doomed[*row as usize]).collect();
            if kept.len() == rows.rows() {
                continue;
            }
            removed += rows.rows() - kept.len();
            transaction.clear(key);
            transaction.add(key, &rows.columns, &kept)?;
        }
        transaction.commit()?;
        Ok(removed)
    }

    /// Removes the partitions of any of the selections; returns how many there were.
    pub fn drop_chunks(&self, selections: &[Selection]) -> Result<usize> {
        let chosen = selections.iter().flat_map(|select| self.stored.chunks.snapshot(select));
        let keys: Vec<ChunkKey> = chosen.map(|(key, _)| key).collect::<BTreeSet<_>>().into_iter().collect();
        let mut transaction = self.stored.chunks.begin(keys.clone(), &|key| self.path(key))?;
        keys.iter().for_each(|key| transaction.clear(*key));
        transaction.commit()?;
        Ok(keys.len())
    }

    /// Puts `rows` in the place of what one partition holds, as one transaction. All of them must
    /// belong there.
    pub fn replace(&self, rows: &Table) -> Result<usize> {
        let (columns, parts) = self.split(rows)?;
        let keys = parts.iter().map(|(key, _)| *key).collect();
        let mut transaction = self.stored.chunks.begin(keys, &|key| self.path(key))?;
        for (key, rows) in &parts {
            transaction.clear(*key);
            transaction.add(*key, &columns, rows)?;
        }
        transaction.commit()?;
        Ok(parts.iter().map(|(_, rows)| rows.len()).sum())
    }

    /// Runs `work` while nobody else can write to the table's partitions; readers go on.
    pub fn locked<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let keys = self.stored.chunks.snapshot(&Selection::all()).into_iter().map(|(key, _)| key).collect();
        let _transaction = self.stored.chunks.begin(keys, &|key| self.path(key))?;
        work()
    }

    /// The database and the table as bytes, from which [`super::Store::recreate`] makes them again.
    pub fn description(&self) -> Vec<u8> {
        describe::encode(&self.domain.database(), self.shape())
    }

    /// The chunk's path as messages show it: the table's physical index ends it
    /// (dolphindb-semantics §2.3).
    pub(super) fn path(&self, key: &ChunkKey) -> String {
        let database = self.domain.database();
        let mut path = database.url.trim_start_matches("dfs:/").to_owned();
        for (level, number) in database.levels.iter().zip(key).take(self.levels().len()) {
            path.push('/');
            path.push_str(&level.label(*number));
        }
        format!("{path}/{}", self.stored.number)
    }
}

impl fmt::Debug for PartitionedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.database.url, self.name())
    }
}
