//! What a table is going to cost, as far as its last run tells.
use super::folder::Past;
use super::progress::Progress;
use super::writer::now;
use crate::model::TableName;

/// How large rows were, and how fast they went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Bytes of a row.
    pub row: f64,
    /// Bytes per second, where the run was long enough to tell.
    pub rate: Option<f64>,
}

impl Cost {
    /// Bytes of so many rows.
    pub fn bytes(&self, rows: u64) -> f64 {
        self.row * rows as f64
    }

    /// Seconds for so many rows.
    pub fn seconds(&self, rows: u64) -> Option<f64> {
        Some(self.bytes(rows) / self.rate.filter(|rate| *rate > 0.0)?)
    }
}

impl Past {
    /// Of the source's `table`, by the last run that sent rows of it.
    pub fn cost(&self, table: &TableName) -> Option<Cost> {
        self.0.iter().rev().find_map(|entry| {
            let is_own = |db: &str, own: &str| (db, own) == (&*table.db, &*table.table);
            let tables = entry.run.tables.iter().map(|own| &own.plan.identity);
            let number = tables.into_iter().position(|own| is_own(&own.db, &own.table))?;
            let Progress { rows, bytes, rate, .. } = Progress::of_table(&entry.run, number, now());
            (rows > 0 && bytes > 0).then(|| Cost { row: bytes as f64 / rows as f64, rate })
        })
    }
}
