//! What a sync of one table is going to do, decided before anything is written.
//!
//! [`compare()`] is pure: two structures in, everything that does not fit out. [`prepare()`] reads
//! both sides, asks it, and returns a [`Plan`] or one error with all findings at once. A plan prints
//! itself.
mod compare;
mod prepare;
#[cfg(test)]
mod tests;

use std::fmt;

pub use compare::{Finding, compare};
pub use prepare::prepare;

use crate::model::{TableName, Unit};

/// The sync of one table, partition by partition.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The table, of the same name on both sides.
    pub table: TableName,
    /// How messages name the target.
    pub target: String,
    /// Every column, in the target's order.
    pub columns: Vec<String>,
    /// The condition that source rows must pass, if any.
    pub filter: Option<String>,
    /// The partitions to look at, those without rows included.
    pub units: Vec<Unit>,
    /// How many rows of the source passed when the plan was made.
    pub rows: u64,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { table, target, columns, filter, units, rows } = self;
        write!(f, "append {rows} rows x {} columns of {table}", columns.len())?;
        if let Some(filter) = filter {
            write!(f, " where {filter}")?;
        }
        write!(f, " to the empty partitions of {target}, {} partitions to look at", units.len())
    }
}

/// The first five of `names`, and how many more there are.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 5;
    match names.len() {
        0..=SHOWN => names.join(", "),
        all => format!("{} and {} more", names[..SHOWN].join(", "), all - SHOWN),
    }
}
