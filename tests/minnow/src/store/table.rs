//! A partitioned or dimension table as scripts hold it.
use std::fmt;
use std::sync::Arc;

use super::describe;
use super::domain::{Domain, Stored};
use super::{Comparison, Database, Level, Policies, Selection, TableShape, check};
use crate::error::{Error, Result};
use crate::value::{Type, Vector};

/// A handle as loadTable gives it: the scheme and the columns as they were then, the data as they are
/// now.
pub struct PartitionedTable {
    pub(super) database: Arc<Database>,
    pub(super) domain: Arc<Domain>,
    pub(super) stored: Arc<Stored>,
    pub(super) shape: Arc<TableShape>,
    pub(super) policies: Policies,
}

impl PartitionedTable {
    pub fn database(&self) -> &Arc<Database> {
        &self.database
    }

    pub fn name(&self) -> &str {
        &self.shape.name
    }

    pub fn shape(&self) -> &TableShape {
        &self.shape
    }

    pub fn columns(&self) -> &[(String, Type)] {
        &self.shape.columns
    }

    /// Empty for a dimension table.
    pub fn levels(&self) -> &[Level] {
        if self.partition_columns().is_empty() { &[] } else { &self.database.levels }
    }

    /// The position of each level's column; empty for a dimension table.
    pub fn partition_columns(&self) -> &[usize] {
        &self.shape.partition_columns
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

    /// Distinguishes the tables of a database in chunk paths.
    pub fn number(&self) -> u32 {
        self.stored.number
    }

    /// How many partitions are selected if these are more than `most`.
    pub fn exceeds(&self, select: &Selection, most: usize) -> Option<usize> {
        self.stored.chunks.exceeds(select, most)
    }

    /// What the table looks like now.
    pub fn current_shape(&self) -> Arc<TableShape> {
        self.stored.shape()
    }

    /// The same handle with the columns that the table has now: what is written must fill them all.
    pub(super) fn refreshed(&self) -> PartitionedTable {
        PartitionedTable {
            database: self.database.clone(),
            domain: self.domain.clone(),
            stored: self.stored.clone(),
            shape: self.stored.shape(),
            policies: self.policies,
        }
    }

    /// Adds columns at the end. Rows that are there have NULLs in them; handles that exist do not see
    /// them (the manual's addColumn).
    pub fn add_columns(&self, new: Vec<(String, Type)>) -> Result<()> {
        self.domain.alter(&self.stored, |shape| {
            shape.compression.extend(new.iter().map(|_| "lz4".to_owned()));
            shape.columns.extend(new);
            check::columns(&self.database, &shape.columns)
        })
    }

    pub fn set_comment(&self, comment: &str) -> Result<()> {
        self.domain.alter(&self.stored, |shape| {
            shape.comment = comment.to_owned();
            Ok(())
        })
    }

    /// Comments of columns by name; names that the table does not have are passed over, as in the
    /// manual's own example.
    pub fn set_column_comments(&self, comments: &[(String, String)]) -> Result<()> {
        self.domain.alter(&self.stored, |shape| {
            shape.column_comments.resize(shape.columns.len(), String::new());
            for ((name, _), own) in shape.columns.iter().zip(&mut shape.column_comments) {
                if let Some((_, comment)) = comments.iter().find(|(of, _)| of.eq_ignore_ascii_case(name)) {
                    own.clone_from(comment);
                }
            }
            Ok(())
        })
    }

    /// Refuses to take what a table of this description held: another engine or scheme; of VALUE levels
    /// the elements must be there, unless they will be added (dolphindb-semantics §1.7). The sentence is
    /// ours `[U]`.
    pub fn check_origin(&self, description: &[u8], adds_values: bool) -> Result<()> {
        let (origin, shape) = describe::decode(description)?;
        let (here, there) = (self.levels(), &origin.levels[..]);
        let there = if shape.partition_columns.is_empty() { &[] } else { there };
        let mut fits = origin.engine == self.database.engine && here.len() == there.len();
        for (own, other) in here.iter().zip(there) {
            let grows = adds_values && own.can_take_new_values() && other.can_take_new_values();
            fits &= if grows { own.ty() == other.ty() } else { own.covers(other)? };
        }
        let text =
            "The engine and the partition scheme of the backup must be those of the table to restore to.";
        if fits { Ok(()) } else { Err(Error::runtime(text)) }
    }

    /// The database and the table as bytes, from which [`super::Store::recreate`] makes them again.
    pub fn description(&self) -> Vec<u8> {
        describe::encode(&self.domain.database(), self.shape())
    }
}

impl fmt::Debug for PartitionedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.database.url, self.name())
    }
}
