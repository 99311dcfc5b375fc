//! One pass over units of a table, and how far it has come.
use super::lane::Job;
use crate::plan::{Draft, Look};

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    /// Units that are done.
    pub(super) units: u64,
    /// Partitions of which something is done.
    pub(super) partitions: u64,
    /// Units without rows.
    pub(super) empty: u64,
    /// Rows of those.
    pub(super) rows: u64,
    /// Bytes of those.
    pub(super) bytes: u64,
}

impl Moved {
    /// Units that need nothing more.
    pub(super) fn settled(&self) -> u64 {
        self.units + self.empty
    }
}

/// One pass over units of a table.
pub(super) struct Round<'a> {
    /// The table.
    pub(super) draft: &'a Draft,
    /// The numbers of the units that are read and worked on.
    pub(super) units: &'a [usize],
    /// What both sides are known to hold of every unit.
    pub(super) looks: &'a [Look],
    /// What is done with each.
    pub(super) job: &'a dyn Job,
}
